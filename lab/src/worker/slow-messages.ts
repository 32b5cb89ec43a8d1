import type { Outcome, Point } from "../../../src/experiments/slowness/trial.ts";

/** A network of the experiment to train; another request ends the one before. */
export interface SlowRequest {
  readonly arm: string;
  readonly rate: number;
  readonly seed: number;
  /** The address of the folder with the files of MNIST. */
  readonly data: string;
}

export type SlowNews =
  | { readonly kind: "point"; readonly request: SlowRequest; readonly point: Point }
  | { readonly kind: "step"; readonly request: SlowRequest; readonly step: number }
  | { readonly kind: "done"; readonly request: SlowRequest; readonly outcome: Outcome }
  | { readonly kind: "error"; readonly message: string };
