/** What the station asks: how a network of one layer reads one test digit. */
export interface LayerQuestion {
  /** The network, as a model file; absent where it is the one of the question before. */
  readonly file?: Uint8Array<ArrayBuffer>;
  /** The address of the folder with the files of MNIST. */
  readonly data: string;
  /** The place of the digit among the test examples. */
  readonly example: number;
  /** Whether the weights are those before training; else those that training left. */
  readonly untrained: boolean;
  readonly seed: number;
  /** Which draws: 0 are the first `DRAWS`, 1 those that follow. */
  readonly round: number;
  /** A neuron whose weights are shown. */
  readonly unit: number;
}

/** Draws of a round. */
export const DRAWS = 64;

/** The layer as it reads the digit, and a round of draws. */
export interface LayerPicture {
  readonly kind: "picture";
  readonly question: Omit<LayerQuestion, "file">;
  /** The pixels, 0 to 1, [height · width]. */
  readonly image: Float32Array;
  readonly label: number;
  /** Pre-activations [H] and the probabilities to fire [H]. */
  readonly a: Float32Array;
  readonly p: Float32Array;
  /** What each neuron outputs in each draw, 0 or 1, [DRAWS · H]. */
  readonly h: Uint8Array;
  /** Probabilities of the classes in each draw, [DRAWS · C]. */
  readonly classes: Float32Array;
  /** Those of the deterministic readout, [C]. */
  readonly deterministic: Float32Array;
  /** Incoming weights of the neuron, [height · width]. */
  readonly weights: Float32Array;
}

export type LayerAnswer = LayerPicture | { readonly kind: "error"; readonly message: string };
