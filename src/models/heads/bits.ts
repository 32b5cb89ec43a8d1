import { bernoulliNll, greater, mean, notEqual, reshape, type Shape, sigmoid, sizeOf, sum, type Tensor } from "../../graph/index.ts"; // biome-ignore format: one line
import type { Head } from "../head.ts";
import { checkedInput } from "../size.ts";

export interface BitsOptions {
  /** The field that holds the bits (default: "y"); "x" for a network that says what it has read. */
  readonly field?: string | undefined;
}

/**
 * Bits: its input are log-odds [B, …shape] of independent bits, the loss is −log p(bits), summed over an example's bits, in nats, which selects the
 * epoch. Targets between 0 and 1 count as probabilities. The share of bits that are wrong at p > ½ is reported too.
 * Throws UserError for a shape that isn't one.
 */
export function bits(shape: number | Shape, { field = "y" }: BitsOptions = {}): Head<"nll" | "error"> {
  const input = checkedInput(shape, "bits");
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
      error: mean(notEqual(greater(rows(output), 0), greater(rows(batch[field]!), 0.5)), 1),
    }),
    predict: (output) => ({ probability: sigmoid(output) }),
  };
}
