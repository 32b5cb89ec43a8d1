/** What a page says about a member of a family, beside its options. Pages alone read cards, so bundles drop them. */
export interface PartCard {
  /** One line, in lower case. */
  readonly title: string;
  /** What it does and when it helps, in a sentence or two. */
  readonly summary: string;
  /** In TeX, as a plain string: a bundler keeps what String.raw makes. */
  readonly formula: string;
  /** Authors, year, title and address; absent where it is nobody's in particular. */
  readonly source?: string;
}
