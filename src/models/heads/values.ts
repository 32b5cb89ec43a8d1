import { mean, reshape, type Shape, sizeOf, square, sub, type Tensor } from "../../graph/index.ts";
import type { Head } from "../head.ts";
import { checkedInput } from "../size.ts";

export interface ValuesOptions {
  /** The field that holds the targets (default: "y"). */
  readonly field?: string | undefined;
}

/**
 * Values: its input are predictions [B, …shape], the loss is the squared error, averaged over an example's values. Metrics: the mean squared error,
 * and its square root, which is in the unit of the targets and selects the epoch.
 * Throws UserError for a shape that isn't one.
 */
export function values(shape: number | Shape = 1, { field = "y" }: ValuesOptions = {}): Head<"mse" | "rmse"> {
  const input = checkedInput(shape, "values");
  return {
    kind: "values",
    config: { kind: "values", ...{ shape: input, ...(field !== "y" && { field }) } },
    input,
    fields: { [field]: { shape: input, dtype: "float32" } },
    activation: "linear",
    reads: "the predictions",
    formula: {
      ...{ loss: "Σ (a − t)² / q", target: "the values", values: "values" },
      slope: "2(a − t) / q",
    },
    metrics: [
      { name: "mse", title: "MSE", unit: "", better: "lower", isLoss: true },
      { name: "rmse", title: "RMSE", unit: "", better: "lower", of: Math.sqrt },
    ],
    select: { metric: "rmse", readout: "deterministic" },
    loss: (output, batch) => squaredError(output, batch[field]!),
    score({ output, batch }) {
      const mse = squaredError(output, batch[field]!);
      return { mse, rmse: mse };
    },
    predict: (output) => ({ value: output }),
  };
}

/** The mean over an example's values of (output − target)². [B, …] → [B] */
export function squaredError(output: Tensor, target: Tensor): Tensor {
  const rows = (x: Tensor): Tensor => reshape(x, [x.shape[0]!, sizeOf(x.shape.slice(1))]);
  return mean(square(sub(rows(output), rows(target))), 1);
}
