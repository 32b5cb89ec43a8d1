/** What the page says of a cell with a membrane. It is made of the cell's own card when the page is built. */
export interface MembraneCard {
  readonly name: string;
  readonly title: string;
  readonly summary: string;
  /** MathML, one each. */
  readonly equations: readonly string[];
  readonly source: string;
}

/** An LSTM's step, one equation in MathML each. */
export interface LstmCard {
  readonly equations: readonly string[];
  readonly source: string;
}
