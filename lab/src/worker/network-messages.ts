// What the station "See the network" asks of its worker, and what the worker tells.
import type { ComparedTiming } from "../../../src/cost/timings.ts";
import type { SkippedWork } from "../../../src/report/gather/work.ts";

export type NetworkRequest =
  /** A model file, the config that it was trained with, and the address of the folder with the files of MNIST. */
  | {
      readonly kind: "network";
      readonly file: Uint8Array<ArrayBuffer>;
      readonly config: unknown;
      readonly data: string;
    }
  /** A test example by its place, and what decides the draws. The latest one is answered. */
  | { readonly kind: "example"; readonly place: number; readonly seed: number }
  /** Times it again. */
  | { readonly kind: "time" };

/** Numbers with how often they occur. */
export interface Numbers {
  /** The numbers themselves; empty where there are more than `MOST_SENT`, of parameters `MOST_OF_PARAMETERS`. */
  readonly data: Float32Array;
  readonly least: number;
  readonly most: number;
  /** How many lie in each of some equal bins from the least to the most. */
  readonly counts: Float32Array;
}
export const MOST_SENT = 65_536;
export const MOST_OF_PARAMETERS = 8192;

/** Something with values: on an arrow, or in a box. */
export interface Valued {
  /** Stands in the address: "h1". */
  readonly id: string;
  /** Its letter, and the number of its layer; 0 for none. */
  readonly letter: string;
  readonly layer: number;
  readonly words: string;
  readonly shape: readonly number[];
}

/** A step of the diagram, from top to bottom. */
export type Step =
  | (Valued & {
      readonly kind: "value";
      /** What it is made of, shown with it: what a neuron of a cell receives. */
      readonly parts: readonly Valued[];
      /** Whether it is one of several that a cell computes at each step, and not the only one on the way. */
      readonly isInside?: true;
    })
  | {
      readonly kind: "map";
      readonly id: string;
      /** What it does, on paper. */
      readonly formula: string;
      readonly words: string;
      readonly parameters: readonly Valued[];
      /** The estimator that goes back through it. */
      readonly estimator: string | undefined;
      /** Whether it reads what stands before its gates, too. */
      readonly readsAgain: boolean;
    };

export interface Begun {
  readonly kind: "begun";
  readonly classes: readonly string[];
  /** Height and width of the images. */
  readonly image: readonly [height: number, width: number];
  readonly examples: number;
  readonly steps: readonly Step[];
  readonly hasGates: boolean;
  /** What the names of the library's tables are called here: "hidden1" is "hidden layer". */
  readonly names: Readonly<Record<string, string>>;
  /** Why something isn't told of this network; absent where it is. */
  readonly absent: { readonly probabilities?: string; readonly weights?: string };
}

export interface Example {
  readonly kind: "example";
  readonly place: number;
  readonly seed: number;
  readonly label: number;
  readonly predicted: number;
  readonly loss: number;
  /** By the ids of the steps and of their parameters. */
  readonly values: Readonly<Record<string, Numbers>>;
  readonly slopes: Readonly<Record<string, Numbers>>;
}

/** What neurons output for some examples, row by row. */
export interface RasterPicture {
  readonly layer: string;
  readonly noun: "units" | "gates";
  readonly units: number;
  readonly rows: number;
  readonly groups: readonly { readonly name: string; readonly columns: number }[];
  readonly cells: Float32Array;
  /** What the columns of a group are: examples of a class, or the steps of one example. */
  readonly along: "examples" | "steps";
}

/** The probabilities of one layer's neurons, after training and before it. */
export interface Decided {
  readonly layer: string;
  readonly examples: number;
  readonly units: number;
  readonly after: { readonly counts: Float64Array; readonly undecided: number };
  readonly before: { readonly counts: Float64Array; readonly undecided: number };
}

export interface WeightImages {
  /** [units · height · width], of the size that `Weights` says */
  readonly images: Float32Array;
  /** Euclidean length of each image, and the neurons from the longest on. */
  readonly norms: Float32Array;
  readonly order: Int32Array;
}

export interface Weights {
  readonly kind: "weights";
  /** The name of what they belong to. */
  readonly of: string;
  readonly units: number;
  readonly size: readonly [height: number, width: number];
  /** What each image belongs to. */
  readonly noun: "gate" | "neuron" | "feature map";
  readonly now: WeightImages;
  /** What training added to them. */
  readonly changes: WeightImages;
  /** [classes · units]: the mean probability, or the share of examples that open the gate; undefined where neither is known. */
  readonly byClass: Float32Array | undefined;
  readonly byClassIs: "p" | "open";
}

export interface GatesPicture {
  readonly layer: string;
  readonly blocks: number;
  /** [classes · blocks], the blocks in `order`. */
  readonly shares: Float32Array;
  /** Blocks beside each other that open most for the same class. */
  readonly order: Int32Array;
}

export type NetworkNews =
  | Begun
  | Example
  | { readonly kind: "rasters"; readonly rasters: readonly RasterPicture[] }
  | { readonly kind: "decided"; readonly layers: readonly Decided[] }
  | { readonly kind: "read"; readonly error: number; readonly gates: readonly GatesPicture[] }
  | Weights
  | ({ readonly kind: "work" } & SkippedWork)
  | { readonly kind: "times"; readonly inference: ComparedTiming; readonly training: ComparedTiming }
  /** All questions are answered. */
  | { readonly kind: "done" }
  | { readonly kind: "error"; readonly message: string };
