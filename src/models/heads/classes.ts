import { argmax, cast, crossEntropy, max, maximum, mul, notEqual, softmax, type Tensor } from "../../graph/index.ts";
import { checkNumber } from "../../rules.ts";
import { checkHeadOptions, type Head, type HeadCard } from "../head.ts";

/** Options of the head `classes`. */
export interface ClassesOptions {
  /** The field that holds the labels (default: "label"). */
  readonly field?: string | undefined;
  /** Names the number of classes in errors. */
  readonly subject?: string | undefined;
}

/** What pages say about it. */
export const card: HeadCard = {
  title: "one class of C",
  summary: "Tells classes apart. The epoch is selected by the share of wrong classes.",
  formula: "L = -\\log p_{\\mathrm{label}},\\; p = \\mathrm{softmax}(a)",
  reads: "[B, C]",
  predicts: { probabilities: "[B, C]", label: "[B]" },
};

/**
 * Classes: its input are scores (logits) [B, C], the loss is the cross-entropy with an int32 label, −log softmax(scores)[label].
 * Metrics: the NLL in nats, and the share of examples whose largest score is not the label's, which selects the epoch.
 * Throws UserError unless there are at least 2 classes.
 */
export function classes(classes: number, options: ClassesOptions = {}): Head<"nll" | "error"> {
  checkHeadOptions("classes", options, ["field", "subject"]);
  const { field = "label", subject = "classes: classes" } = options;
  checkNumber(subject, classes, { whole: true, atLeast: 2 });
  return {
    kind: "classes",
    config: { kind: "classes", ...{ classes, ...(field !== "label" && { field }) } },
    input: [classes],
    fields: { [field]: { shape: [], dtype: "int32", classes } },
    activation: "softmax",
    reads: "the class scores",
    formula: {
      ...{ loss: "−Σ t ⊙ log p", target: "the class, one-hot", values: "classes" },
      ...{ slope: "p − t", predictionSlope: "−t ⊘ p" },
    },
    metrics: [
      { name: "nll", title: "NLL", unit: "nats", better: "lower", isLoss: true },
      { name: "error", unit: "%", better: "lower", scale: 100 },
    ],
    select: { metric: "error", readout: "deterministic" },
    guess: Math.log(classes),
    loss: (scores, batch) => crossEntropy(scores, batch[field]!),
    score: ({ output, batch }) => ({
      nll: crossEntropy(output, batch[field]!),
      error: wrongClass(output, batch[field]!),
    }),
    predict: (scores) => ({ probabilities: softmax(scores), label: argmax(scores) }),
  };
}

/**
 * 1 where the class of the largest score is not the label (the first of equals), else 0. An example whose largest score isn't a finite
 * number has no class, and counts as wrong: NaN would otherwise stand for the class at its place.
 * @param scores [B, C]
 * @param labels [B]  int32
 * @returns      [B]
 */
export function wrongClass(scores: Tensor, labels: Tensor): Tensor {
  const other = cast(notEqual(argmax(scores), labels), "float32");
  // x·0 is 0 for every finite x, and NaN otherwise.
  return maximum(other, cast(notEqual(mul(max(scores, -1), 0), 0), "float32"));
}
