import type { Stroke } from "./pen.ts";

/** Stochastic passes of each image. */
export const PASSES = 200;
/** Digits that are shown of those that the network misreads. */
export const SHOWN = 12;

/** What is on the pad: a test digit, strokes, or strokes on a test digit. */
export interface Picture {
  /** The number of a test digit. */
  readonly digit?: number | undefined;
  readonly strokes: readonly Stroke[];
}

/** What the station asks. */
export type DrawRequest =
  /** Reads all pictures with this network from now on: the bytes of a model file. `data` is the address of the folder of MNIST. */
  | { readonly kind: "network"; readonly file: Uint8Array<ArrayBuffer>; readonly data: string }
  | { readonly kind: "picture"; readonly picture: Picture; readonly seed: number }
  /** The image that was read last, as a PNG file. */
  | { readonly kind: "png" };

/** A layer of neurons in each pass. */
export interface FiredLayer {
  readonly name: string;
  /** Whether it opens blocks. */
  readonly gates: boolean;
  readonly units: number;
  /** [PASSES · units]: 1 where a neuron fires. */
  readonly on: Uint8Array;
}

/** What the network says of a picture. */
export interface DrawAnswer {
  readonly kind: "answer";
  readonly picture: Picture;
  readonly seed: number;
  /** [28 · 28]: what the network sees, 0 to 255. */
  readonly pixels: Uint8Array;
  /** What a test digit is. */
  readonly label: string | undefined;
  readonly names: readonly string[];
  /** Whether the network draws anything: without, all passes are alike. */
  readonly stochastic: boolean;
  /** Probabilities by the deterministic readout, and means over the passes, [C] each. */
  readonly deterministic: Float32Array;
  readonly mean: Float32Array;
  /** Share of the passes that chose each class, [C]. */
  readonly votes: Float32Array;
  /** In nats: of the mean, and what of it is that passes differ. */
  readonly entropy: number;
  readonly mutualInformation: number;
  /** [PASSES · C] */
  readonly passes: Float32Array;
  readonly layers: readonly FiredLayer[];
}

/** A test digit that the deterministic readout takes for another. */
export interface MisreadDigit {
  readonly digit: number;
  readonly label: string;
  readonly read: string;
  /** Of what it is read as. */
  readonly probability: number;
  /** [28 · 28], 0 to 255. */
  readonly pixels: Uint8Array;
}

/** What the worker tells. */
export type DrawNews =
  | DrawAnswer
  /** There is nothing on the pad. */
  | { readonly kind: "empty" }
  /** The most confident mistakes among the test digits that are read so far. */
  | { readonly kind: "misread"; readonly digits: readonly MisreadDigit[]; readonly wrong: number; readonly read: number; readonly of: number } // biome-ignore format: one line
  | { readonly kind: "png"; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: "error"; readonly message: string };
