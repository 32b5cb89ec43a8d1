/** Which optimizer, as JSON. `rate` is the learning rate before any schedule. */
export type OptimizerConfig =
  | { readonly name: "sgd"; readonly rate: number }
  | { readonly name: "momentum"; readonly rate: number; readonly momentum?: number | undefined }
  | { readonly name: "nesterov"; readonly rate: number; readonly momentum?: number | undefined }
  | {
      readonly name: "adam";
      readonly rate: number;
      readonly beta1?: number | undefined;
      readonly beta2?: number | undefined;
      readonly epsilon?: number | undefined;
    };
export type OptimizerName = OptimizerConfig["name"];

/** The same with optimizers of their own for parameters by name, such as { prior: { name: "sgd", rate: 0.01 } }. */
export type GroupedOptimizerConfig = OptimizerConfig & {
  readonly parameters?: { readonly [name: string]: OptimizerConfig } | undefined;
};

/**
 * How the rate changes with time t, counted in epochs (a step is a fraction of one), as JSON. With `warmup` epochs the rate
 * first grows linearly from 0; the rest of the schedule runs on the same clock.
 */
export type ScheduleConfig = { readonly warmup?: number | undefined } & (
  | { readonly name: "constant" }
  /** rate · factor^⌊t / every⌋ */
  | { readonly name: "step-decay"; readonly every: number; readonly factor: number }
  /** rate · factor^t */
  | { readonly name: "exponential"; readonly factor: number }
  /** From the rate to `final` times the rate (0 when left out) along half a cosine, over all epochs. */
  | { readonly name: "cosine"; readonly final?: number | undefined }
);
export type ScheduleName = ScheduleConfig["name"];

/**
 * Weight decay of matrices (biases are left alone), as JSON.
 * "l2": λ·w is added to the gradient, so that momentum and Adam see it. "decoupled": w shrinks by rate·λ·w beside the update,
 * as in AdamW.
 */
export interface WeightDecayConfig {
  readonly kind: "l2" | "decoupled";
  readonly rate: number; // λ
}

/** Gradient clipping, as JSON: by value first, then by the norm over all parameters. */
export interface ClipConfig {
  readonly value?: number | undefined;
  readonly norm?: number | undefined;
}
