import { bernoulliNll, greater, maximum, mean, mul, notEqual, reshape, type Shape, sigmoid, sizeOf, sum, type Tensor } from "../../graph/index.ts"; // biome-ignore format: one line
import { checkHeadOptions, type Head, type HeadCard } from "../head.ts";
import { checkedShape } from "../size.ts";

/** Options of the head `bits`. */
export interface BitsOptions {
  /** The field that holds the bits (default: "y"); "x" for a network that says what it has read. */
  readonly field?: string | undefined;
}

/** What pages say about it. */
export const card: HeadCard = {
  title: "independent bits",
  summary: "Predicts bits, such as the pixels of a binary image or several labels of one example.",
  formula: "L = -\\sum_d \\big(y_d \\log p_d + (1-y_d)\\log(1-p_d)\\big),\\; p = \\sigma(a)",
  reads: "[B, D]",
  predicts: { probability: "[B, D]" },
};

/**
 * Bits: its input are log-odds [B, …shape] of independent bits, the loss is −log p(bits), summed over an example's bits, in nats, which selects the
 * epoch. Targets between 0 and 1 count as probabilities. The share of bits that are wrong at p > ½ is reported too.
 * Throws UserError for a shape that isn't one.
 */
export function bits(shape: number | Shape, options: BitsOptions = {}): Head<"nll" | "error"> {
  checkHeadOptions("bits", options, ["field"]);
  const { field = "y" } = options;
  const input = checkedShape(`bits: shape`, shape);
  const size = sizeOf(input);
  const rows = (x: Tensor): Tensor => reshape(x, [x.shape[0]!, size]);
  const nll = (output: Tensor, target: Tensor): Tensor => sum(bernoulliNll(rows(output), rows(target)), 1);
  return {
    kind: "bits",
    config: { kind: "bits", ...{ shape: input, ...(field !== "y" && { field }) } },
    input,
    fields: { [field]: { shape: input, dtype: "float32", range: [0, 1] } },
    activation: "sigmoid",
    reads: "the log-odds",
    formula: {
      ...{ loss: "−Σ [t ⊙ log p + (1−t) ⊙ log(1−p)]", target: "the bits", values: "bits" },
      ...{ slope: "p − t", predictionSlope: "(p − t) ⊘ (p(1−p))" },
    },
    metrics: [
      { name: "nll", title: "NLL", unit: "nats", better: "lower", isLoss: true },
      { name: "error", unit: "%", better: "lower", scale: 100 },
    ],
    select: { metric: "nll", readout: "deterministic" },
    guess: size * Math.log(2),
    loss: (output, batch) => nll(output, batch[field]!),
    score: ({ output, batch }) => ({
      nll: nll(output, batch[field]!),
      error: mean(wrongBits(rows(output), rows(batch[field]!)), 1),
    }),
    predict: (output) => ({ probability: sigmoid(output) }),
  };
}

/** 1 where the likelier bit is another than the target's, and where log-odds aren't a finite number: such say no bit. [B, D] → [B, D] */
function wrongBits(logOdds: Tensor, target: Tensor): Tensor {
  const other = notEqual(greater(logOdds, 0), greater(target, 0.5));
  // x·0 is 0 for every finite x, and NaN otherwise.
  return maximum(other, notEqual(mul(logOdds, 0), 0));
}
