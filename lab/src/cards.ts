import { cards, others } from "virtual:cards";

/** What the page says of an estimator. It is made of the estimator's own card when the page is built. */
export interface PageCard {
  readonly name: string;
  readonly title: string;
  readonly family: string;
  readonly summary: string;
  /** ĝ, the estimate of the gradient with respect to a pre-activation, in MathML. */
  readonly formula: string;
  readonly source: string;
  readonly unbiased: boolean | "up to scale";
  readonly bias: string;
  /** Whether it estimates the gradient of the expected loss of binary neurons. */
  readonly ofBits: boolean;
  /** Whether its units say how often they fire: what a sparsity of gates needs. */
  readonly hasRate: boolean;
  /** Whether one pass downstream is all that it takes: what the gates of a cell need along a sequence. */
  readonly local: boolean;
  /** Whether it estimates the gradient of one binary neuron, without a state that it learns. */
  readonly ofOneNeuron: boolean;
  /** The least temperature τ that it may have; absent where it has none. */
  readonly leastTemperature?: number | undefined;
  /** Whether the draw that decides the bit is the only one that it makes. */
  readonly oneDraw: boolean;
}

/** The card of an estimator; undefined for a name that there isn't. Options behind a colon don't matter. */
export const cardOf = (label: string): PageCard | undefined =>
  cards.find(({ name }) => name === label.replace(/:.*$/s, ""));

export { cards, others };
