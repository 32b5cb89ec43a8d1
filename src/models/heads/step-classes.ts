import { argmax, crossEntropy, div, max, oneHot, softmax, type Tensor } from "../../graph/index.ts";
import { checkChoice, checkNumber } from "../../rules.ts";
import { type Batch, checkHeadOptions, type Head, type HeadCard } from "../head.ts";
import { wrongClass } from "./classes.ts";
import { drawClass } from "./draw-class.ts";
import { checkSteps, counted, countOfSteps, lengthsNeed, lengthsOf, perStep, stepLoss, stepScore } from "./steps.ts";

/** Units of the negative log-likelihood of a step. */
export const stepUnits = ["nats", "bits"] as const;

/** Options of the head `stepClasses`. */
export interface StepClassesOptions<U extends "nats" | "bits" = "nats" | "bits"> {
  /** C, at least 2. */
  readonly classes: number;
  /** The field that holds a label for each step (default: "label"). */
  readonly field?: string | undefined;
  /** The field that holds the sequences' lengths: steps at and beyond it don't count (default: all steps count). */
  readonly lengths?: string | undefined;
  /** "bits": the metric `nll` becomes `bits`, in bits a step; of characters, bits per character (default: "nats"). The loss stays in nats. */
  readonly unit?: U | undefined;
}

/** What pages say about it. */
export const card: HeadCard = {
  title: "a class at each step",
  summary:
    "Tells a class at each of T steps, such as the next character. The loss is a mean over the steps that count.",
  formula: "L = -\\tfrac1T\\sum_t \\log p_{t,\\mathrm{label}_t},\\; p_t = \\mathrm{softmax}(a_t)",
  reads: "[B, T, C]",
  predicts: { probabilities: "[B, T, C]", label: "[B, T]" },
};

/**
 * A class for each of T steps: its input are scores (logits) [B, T, C], the loss of a step is the cross-entropy with its int32 label, labels [B, T].
 *
 *     L = Σ over steps that count of −log softmax(scores)[label] / (mean number of them in a sequence of the batch)
 *
 * So a batch's mean loss is the mean over its steps, in nats a step. The mean and not the sum is taken so that rates and penalties keep their
 * meaning when sequences get longer; published baselines, such as that of the copy task, are means over steps.
 *
 * Metrics: the NLL of a step, which selects the epoch; the share of steps whose largest score is not the label's; the share of sequences with any
 * wrong step. The first two are means over all steps of all sequences, and not means of the sequences' means.
 *
 *     stepClasses(12, { classes: 2, lengths: "lengths" })
 *
 * Throws UserError unless there are at least 1 step and 2 classes, and for an unknown unit.
 */
export function stepClasses(
  steps: number,
  options: StepClassesOptions<"bits"> & { readonly unit: "bits" },
): Head<"bits" | "error" | "sequenceError">;
export function stepClasses(
  steps: number,
  options: StepClassesOptions<"nats">,
): Head<"nll" | "error" | "sequenceError">;
export function stepClasses(steps: number, options: StepClassesOptions): Head;
export function stepClasses(steps: number, options: StepClassesOptions): Head {
  checkHeadOptions("step-classes", options, ["classes", "field", "lengths", "unit"]);
  const { classes, field = "label", lengths, unit = "nats" } = options;
  checkSteps("step-classes", steps);
  checkNumber("step-classes: classes", classes, { whole: true, atLeast: 2 });
  checkChoice("step-classes: unit", unit, stepUnits);
  const likelihood = unit === "bits" ? "bits" : "nll";
  const lengthsIn = (batch: Batch<Tensor>) => lengthsOf(batch, lengths);
  const nll = (scores: Tensor, batch: Batch<Tensor>): Tensor => crossEntropy(scores, batch[field]!);
  return {
    kind: "step-classes",
    config: {
      ...{ kind: "step-classes", steps, classes, ...(field !== "label" && { field }) },
      ...{ ...(lengths !== undefined && { lengths }), ...(unit !== "nats" && { unit }) },
    },
    input: [steps, classes],
    fields: { [field]: { shape: [steps], dtype: "int32", classes }, ...lengthsNeed(lengths, steps) },
    activation: "softmax",
    reads: "the class scores",
    formula: {
      ...{ loss: "−Σ t ⊙ log p / T", target: "each step's class, one-hot", values: "classes at each of T steps" },
      ...{ slope: "(p − t) / T", predictionSlope: "−t ⊘ p / T" },
    },
    metrics: [
      {
        ...{ name: likelihood, title: "NLL", unit: `${unit}/step`, better: "lower", ...perStep(lengths) },
        ...(unit === "bits" && { scale: 1 / Math.LN2 }),
        ...(lengths === undefined && { isLoss: true }),
      },
      { name: "error", unit: "%", better: "lower", scale: 100, ...perStep(lengths) },
      { name: "sequenceError", title: "sequence error", unit: "%", better: "lower", scale: 100 },
    ],
    select: { metric: likelihood, readout: "deterministic" },
    guess: Math.log(classes),
    ...countOfSteps(lengths),
    loss: (scores, batch) => stepLoss(nll(scores, batch), lengthsIn(batch)),
    score({ output, batch }) {
      const wrong = wrongClass(output, batch[field]!);
      return {
        [likelihood]: stepScore(nll(output, batch), lengthsIn(batch)),
        error: stepScore(wrong, lengthsIn(batch)),
        sequenceError: max(counted(wrong, lengthsIn(batch)), 1),
      };
    },
    predict: (scores) => ({ probabilities: softmax(scores), label: argmax(scores) }),
    draws: {
      what: "classes",
      sharpness: { name: "temperature", usual: 1, rule: { above: 0 } },
      row: classes,
      draw: (scores, key, temperature) => oneHot(drawClass(div(scores, temperature), key), classes),
    },
  };
}
