import { UserError } from "../errors.ts";
import type { NdArray, Shape } from "../graph/ndarray.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { PartCard } from "../options/index.ts";
import type { Key } from "../random/key.ts";
import { checkKeys, type NumberRule, show } from "../rules.ts";
import type { LayerParams, LayerSummary, Readout } from "./model.ts";

/** A batch of examples: one array [B, …] for each field of the data. */
export type Batch<T> = { readonly [field: string]: T };

/** What a field of the data must be like for a head to read it. */
export interface FieldNeed {
  /** Without the examples' axis. */
  readonly shape: Shape;
  /** The dtype that the field must have. */
  readonly dtype: "float32" | "int32";
  /** Labels are in 0 … classes − 1. */
  readonly classes?: number;
  /** Values are in [0, 1]. */
  readonly range?: readonly [number, number];
}

/** A number that says how good a network is on a set of examples: `of` the mean over examples of `scale` times what `score` gives. */
export interface Metric<M extends string = string> {
  /** Its key in scores, such as "nll". */
  readonly name: M;
  /** Its name in sentences and tables, such as "NLL" (default: its name). */
  readonly title?: string;
  /** "nats", "nats/step", "%", or "" for the unit of the data. */
  readonly unit: string;
  /** Whether lower or higher is better. */
  readonly better: "lower" | "higher";
  /** 100 for a share in per cent (default: 1). */
  readonly scale?: number;
  /** From the mean over examples to the metric; the mean itself where absent. */
  of?(mean: number): number;
  /** "step": of sequences it is the sum over examples of what `score` gives, divided by that of the head's `steps` (default: a mean over examples). */
  readonly per?: "step";
  /** Whether its mean in training is that of the step's losses; where absent it is that of `score` for the step's own outputs. */
  readonly isLoss?: boolean;
}

/**
 * A head's loss on paper, for diagrams. In its formulas `a` stands for what the head reads, `p` for its prediction (`a` itself where its activation is
 * linear), `t` for the target and `q` for the number of values.
 */
export interface HeadFormula {
  /** The loss of one example: "−Σ t ⊙ log p". */
  readonly loss: string;
  /** What the target is, in words: "the class, one-hot". */
  readonly target?: string;
  /** What the q values are, in words: "classes". */
  readonly values?: string;
  /** ∂L/∂a, by what the head reads: "p − t". */
  readonly slope?: string;
  /** ∂L/∂p, by the prediction. */
  readonly predictionSlope?: string;
  /** Letters of the head's own parameters, and the derivatives of the loss by them. */
  readonly parameters?: { readonly [name: string]: { readonly letter: string; readonly slope: string } };
}

/** What a page says about a head. Sizes are B examples, C classes, D values, T steps, M components, H units. */
export interface HeadCard extends PartCard {
  /** The shape that it reads: "[B, C]". */
  readonly reads: string;
  /** What it predicts, by name, with shapes. */
  readonly predicts: { readonly [name: string]: string };
}

/** What a head looks at to score examples. */
export interface Scored {
  /** [B, …]: what the last stage sent. */
  readonly output: Tensor;
  /** The fields of the batch, [B, …] each. */
  readonly batch: Batch<Tensor>;
  /** The head's own parameters. */
  readonly own: LayerParams<Tensor>;
  /** [B]: the sum of the stages' own losses, where there are such. */
  readonly losses: Tensor | undefined;
}

/** How sequences are drawn step by step from a head that predicts each step's target from the steps before it. */
export interface Draws {
  /** "strokes": rows of dx, dy and pen; "classes": one-hot rows; "values": rows of numbers. */
  readonly what: "strokes" | "classes" | "values";
  /** What makes draws more or less certain, its value where nothing is said, and which values it may have. */
  readonly sharpness: { readonly name: "temperature" | "bias"; readonly usual: number; readonly rule: NumberRule };
  /** I: numbers of a row that is drawn, which is what the next step reads. */
  readonly row: number;
  /** One step's output [B, …] → rows [B, I]; `sharpness` is []. */
  draw(output: Tensor, key: Key, sharpness: Tensor): Tensor;
}

/** What the last stage's output means: a loss for each example, predictions, and how they are scored. */
export interface Head<M extends string = string> {
  /** Its name in configs, such as "classes". */
  readonly kind: string;
  /** What it was made from, as JSON. */
  readonly config: { readonly kind: string; readonly [option: string]: unknown };
  /** The shape that it reads, without the batch axis; undefined: any. */
  readonly input: Shape | undefined;
  /** The fields of the data that its loss and its scores read. */
  readonly fields: { readonly [name: string]: FieldNeed };
  /** The function that turns its input into predictions, for tables and diagrams: "softmax". */
  readonly activation: string;
  /** Its input in words: "the class scores". */
  readonly reads: string;
  /** Its loss on paper, for diagrams. */
  readonly formula?: HeadFormula;
  /** What it scores, in the order of tables. */
  readonly metrics: readonly Metric<M>[];
  /** The metric and readout by which the best epoch is chosen. */
  readonly select: { readonly metric: M; readonly readout: Readout };
  /** How units are read when examples are scored; both where absent. */
  readonly readouts?: readonly Readout[];
  /** The loss of a prediction that knows nothing, for advice where a training diverges. */
  readonly guess?: number;
  /** Parameters of its own as a row of the table, such as a learned variance. */
  readonly row?: LayerSummary;
  /** Its first parameters, where it has some. */
  init?(): LayerParams<NdArray>;
  /** [R, …] → [R]. Absent: the stages' own losses are all. */
  loss?(output: Tensor, batch: Batch<Tensor>, own: LayerParams<Tensor>): Tensor;
  /** One number for each metric and example, [B] each. */
  score(scored: Scored): { readonly [K in M]: Tensor };
  /** [B]: the steps that count of each example, for metrics with `per: "step"`. */
  steps?(batch: Batch<Tensor>): Tensor;
  /** What is predicted from an output, by name, [B, …] each. */
  predict(output: Tensor, own: LayerParams<Tensor>): { readonly [name: string]: Tensor };
  /** How sequences are drawn, where the head predicts steps. */
  readonly draws?: Draws;
}

/** A metric of `count` examples, or steps for a metric of those, from the sum of what `score` gives for each example. */
export function metricOf({ scale = 1, of = (mean) => mean }: Metric, sum: number, count: number): number {
  return of((scale * sum) / count);
}

export const titleOf = ({ title, name }: Metric): string => title ?? name;

/** A metric's title with its unit: "error (%)". */
export const titleWithUnit = (metric: Metric): string =>
  metric.unit ? `${titleOf(metric)} (${metric.unit})` : titleOf(metric);

/** Whether the first value of a metric is better than the second. */
export const isBetter = ({ better }: Metric, value: number, than: number): boolean =>
  better === "lower" ? value < than : value > than;

/** Throws UserError for an option that a head doesn't have, and for a field whose name is no text. */
export function checkHeadOptions(kind: string, options: object, known: readonly string[]): void {
  checkKeys(kind, options, known);
  const { field } = options as { readonly field?: unknown };
  if (field !== undefined && (typeof field !== "string" || field === ""))
    throw new UserError(`${kind}: field must be the name of a field of the data, received ${show(field)}`);
}
