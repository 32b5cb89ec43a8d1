/** One part of a data set: an example is a row of `inputs` and the label at the same place. */
export interface Split {
  readonly name: "train" | "valid" | "test";
  readonly size: number;
  /** [size, features], every value in [0, 1]; features is the product of the data set's `inputShape`. */
  readonly inputs: Float32Array;
  /** [size], every value in 0..classes-1. */
  readonly labels: Int32Array;
}

/** Labelled examples of one shape, split for training, for choosing by validation error, and for the final test. */
export interface Dataset {
  readonly name: string;
  readonly classes: number;
  /** [classes] */
  readonly classNames: readonly string[];
  /** Shape of one example, [28, 28] for MNIST. */
  readonly inputShape: readonly number[];
  /** One sentence: which examples went into which split. */
  readonly splitNote: string;
  /** What was odd about the files and cannot be seen in the splits; none where there was nothing. */
  readonly warnings?: readonly string[];
  readonly train: Split;
  readonly valid: Split;
  readonly test: Split;
}

export interface LoadOptions {
  /** Folder with the four IDX files. */
  readonly dir?: string | undefined;
  /**
   * Train on `limit` training examples only; validation and test stay whole. MNIST and Fashion-MNIST give their first
   * ones; of a folder they are drawn, each class in proportion to its count.
   */
  readonly limit?: number | undefined;
  /** Number of classes of a folder of the user's own; 10 if not given. */
  readonly classes?: number | undefined;
  /** What a folder's validation examples and its limit are drawn by: an integer in 0..2³²-1 (default: 0). */
  readonly splitSeed?: number | undefined;
}

/** A data set that can be asked for by name. */
export interface DataSource {
  readonly name: string;
  /** One line for help texts. */
  readonly summary: string;
  /** Throws UserError when the files are missing, damaged or inconsistent. */
  load(options: LoadOptions): Promise<Dataset>;
}

/** The number of values in one example. */
export function featuresOf(dataset: Pick<Dataset, "inputShape">): number {
  return dataset.inputShape.reduce((product, size) => product * size, 1);
}
