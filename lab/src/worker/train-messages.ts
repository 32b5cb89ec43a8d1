import type { EpochMetrics, TrainResult } from "../../../src/train/index.ts";
import type { Own } from "./own-files.ts";
import type { SurfaceNews } from "./surface-messages.ts";
import type { WeightsPicture } from "./weights.ts";

/** What a network is judged by: a classifier by the first two, one that predicts numbers by the others. It has either pair. */
export type Metric = "nll" | "error" | "mse" | "rmse";

/** Whether it tells classes apart or predicts numbers. */
export type Judged = "classes" | "values";

/** What the station asks of the worker that trains. */
export type TrainRequest =
  | {
      readonly kind: "start";
      /** Its number, which its news have too. */
      readonly run: number;
      /** As of the command line. */
      readonly config: unknown;
      /** The address of the folder with a folder for each set of images. */
      readonly data: string;
      /** What the user chose, for a config that names a file or a folder. */
      readonly own?: Own | undefined;
      /** Neurons whose weights are drawn. */
      readonly drawn: number;
      /** An epoch of the training before, after which this one continues. */
      readonly from?: number;
    }
  | { readonly kind: "pause" }
  | { readonly kind: "resume" }
  /** One step, then a pause. */
  | { readonly kind: "step" }
  | { readonly kind: "stop" }
  /** Shows the weights after an epoch while the training waits or has ended; undefined: those that it has. */
  | { readonly kind: "view"; readonly epoch: number | undefined }
  /** The weights that are viewed; those that the training has; or those of the selected epoch once it has ended, as a model file. */
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
      readonly judged: Judged;
    }
  /** The losses of the steps since the last news, and the speed since the last validation. */
  | { readonly kind: "losses"; readonly step: number; readonly losses: Float32Array; readonly speed: number }
  /** A validation, and the epochs that can be viewed. */
  | { readonly kind: "epoch"; readonly metrics: EpochMetrics<Metric>; readonly kept: readonly number[] }
  /** The first layer's weights as a PNG. */
  | ({ readonly kind: "weights"; readonly step: number } & WeightsPicture)
  | SurfaceNews
  | { readonly kind: "paused"; readonly step: number }
  | { readonly kind: "resumed" }
  | { readonly kind: "stopped"; readonly step: number }
  | { readonly kind: "done"; readonly result: TrainResult<Metric>; readonly selectedEpoch: number }
  /** What "save" would give, whenever the training waits or ends, or another epoch is viewed. */
  | {
      readonly kind: "trained";
      readonly bytes: Uint8Array<ArrayBuffer>;
      readonly step: number;
      readonly epoch: number | undefined;
    }
  | { readonly kind: "file"; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: "error"; readonly message: string };

/** News with the number of the training that they are of. */
export type NewsOfRun = TrainNews & { readonly run: number };
