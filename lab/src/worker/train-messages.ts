import type { EpochMetrics, TrainResult } from "../../../src/train/index.ts";

/** What the station asks of the worker that trains. */
export type TrainRequest =
  /** A config as of the command line; the address of the folder with the files of MNIST; units whose weights are drawn. */
  | { readonly kind: "start"; readonly config: unknown; readonly data: string; readonly drawn: number }
  | { readonly kind: "pause" }
  | { readonly kind: "resume" }
  /** One step, then a pause. */
  | { readonly kind: "step" }
  | { readonly kind: "stop" }
  /** The weights as they are, or those of the selected epoch once the training has ended, as a model file. */
  | { readonly kind: "save" };

/** What the worker tells. */
export type TrainNews =
  | { readonly kind: "loading"; readonly what: string }
  | {
      readonly kind: "begun";
      /** What it runs on, in words. */
      readonly machine: string;
      /** Why it has one thread, or what else a user should know. */
      readonly note: string | undefined;
      readonly examples: number;
      readonly parameters: number;
      /** Steps of the whole training, and of an epoch. */
      readonly steps: number;
      readonly inEpoch: number;
    }
  /** The losses of the steps since the last news, and the speed since the last validation. */
  | { readonly kind: "losses"; readonly step: number; readonly losses: Float32Array; readonly speed: number }
  | { readonly kind: "epoch"; readonly metrics: EpochMetrics }
  /** The first layer's weights as a PNG. */
  | { readonly kind: "weights"; readonly png: Uint8Array<ArrayBuffer>; readonly step: number; readonly units: number }
  | { readonly kind: "paused"; readonly step: number }
  | { readonly kind: "resumed" }
  | { readonly kind: "stopped"; readonly step: number }
  | { readonly kind: "done"; readonly result: TrainResult; readonly selectedEpoch: number }
  | { readonly kind: "file"; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: "error"; readonly message: string };
