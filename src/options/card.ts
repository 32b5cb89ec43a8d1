/** What a page says about a member of a family, beside its options. Cards are read by pages alone: bundles drop them. */
export interface PartCard {
  /** One line, in lower case. */
  readonly title: string;
  /** What it does and when it helps, in a sentence or two. */
  readonly summary: string;
  /** In TeX. */
  readonly formula: string;
  /** Authors, year, title and address; absent where it is nobody's in particular. */
  readonly source?: string;
}
