import { add, constant, mean, mul, NdArray, reshape, type Shape, sizeOf, square, sub, type Tensor } from "../../graph/index.ts"; // biome-ignore format: one line
import { preprocess, type StandardiseConfig } from "../../layers/preprocess/index.ts";
import { checkHeadOptions, type Head, type HeadCard } from "../head.ts";
import { checkedShape } from "../size.ts";

/** Options of the head `values`. */
export interface ValuesOptions {
  /** The field that holds the targets (default: "y"). */
  readonly field?: string | undefined;
  /** The targets' means and deviations in training, by which losses are scaled (default: not at all). */
  readonly scale?: StandardiseConfig | undefined;
}

/** What pages say about it. */
export const card: HeadCard = {
  title: "values by squared error",
  summary: "Predicts numbers. With preprocessed targets it predicts in their own unit.",
  formula: "L = \\tfrac1D\\sum_d (a_d - y_d)^2",
  reads: "[B, D]",
  predicts: { value: "[B, D]" },
};

/**
 * Values: its input are predictions [B, …shape], the loss is the squared error, averaged over an example's values. Metrics: the mean squared error,
 * and its square root, which is in the unit of the targets and selects the epoch. With a scale the network predicts targets that were scaled, and
 * the loss is that of those; predictions and metrics are in the targets' own unit.
 * Throws UserError for a shape that isn't one.
 */
export function values(shape: number | Shape = 1, options: ValuesOptions = {}): Head<"mse" | "rmse"> {
  checkHeadOptions("values", options, ["field", "scale"]);
  const { field = "y", scale } = options;
  const input = checkedShape(`values: shape`, shape);
  const own = (output: Tensor): Tensor => (scale ? unscaled(scale, output) : output);
  return {
    kind: "values",
    config: { kind: "values", ...{ shape: input, ...(field !== "y" && { field }), ...(scale && { scale }) } },
    input,
    fields: { [field]: { shape: input, dtype: "float32" } },
    activation: "linear",
    reads: "the predictions",
    formula: {
      ...{ loss: "Σ (a − t)² / q", target: "the values", values: "values" },
      slope: "2(a − t) / q",
    },
    metrics: [
      { name: "mse", title: "MSE", unit: "", better: "lower", isLoss: !scale },
      { name: "rmse", title: "RMSE", unit: "", better: "lower", of: Math.sqrt },
    ],
    select: { metric: "rmse", readout: "deterministic" },
    loss: (output, batch) => squaredError(output, scale ? preprocess(scale, batch[field]!) : batch[field]!),
    score({ output, batch }) {
      const mse = squaredError(own(output), batch[field]!);
      return { mse, rmse: mse };
    },
    predict: (output) => ({ value: own(output) }),
  };
}

/** The mean over an example's values of (output − target)². [B, …] → [B] */
export function squaredError(output: Tensor, target: Tensor): Tensor {
  const rows = (x: Tensor): Tensor => reshape(x, [x.shape[0]!, sizeOf(x.shape.slice(1))]);
  return mean(square(sub(rows(output), rows(target))), 1);
}

/** The targets that were scaled to these. x [B, …] → [B, …] */
export function unscaled({ mean, deviation }: StandardiseConfig, x: Tensor): Tensor {
  const row = (numbers: readonly number[]) =>
    constant(new NdArray(Float32Array.from(numbers), [1, ...x.shape.slice(1)]));
  return add(mul(x, row(deviation)), row(mean));
}
