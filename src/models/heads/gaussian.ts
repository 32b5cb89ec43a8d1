import { add, broadcastTo,  constant, exp, mul, NdArray, reshape, type Shape, sizeOf, square, sub, sum, type Tensor } from "../../graph/index.ts"; // biome-ignore format: one line
import { preprocess } from "../../layers/preprocess/index.ts";
import { checkHeadOptions, type Head, type HeadCard } from "../head.ts";
import { checkedShape } from "../size.ts";
import { squaredError, unscaled, type ValuesOptions } from "./values.ts";

const HALF_LOG_2PI = 0.5 * Math.log(2 * Math.PI);

/** What pages say about it. */
export const card: HeadCard = {
  title: "values with a learned variance",
  summary: "Predicts numbers, and how far they are off: one variance for each value, the same for all examples.",
  formula: "L = \\sum_d \\tfrac12\\big(\\log 2\\pi + s_d + (y_d - a_d)^2 e^{-s_d}\\big)",
  reads: "[B, D]",
  predicts: { mean: "[B, D]", variance: "[B, D]" },
};

/**
 * Values with a learned variance: its input are the means μ [B, …shape] of a normal distribution whose variance exp(s) is a parameter for each value,
 * 1 at first. The loss is −log p(y) = Σ ½ (log 2π + s + (y − μ)² e^−s), in nats, which selects the epoch; the root mean squared error is reported too.
 * Throws UserError for a shape that isn't one. Nix and Weigend 1994, Estimating the mean and variance of the target probability distribution;
 * there the variance is a function of the input.
 */
export function gaussian(shape: number | Shape = 1, options: ValuesOptions = {}): Head<"nll" | "rmse"> {
  checkHeadOptions("gaussian", options, ["field", "scale"]);
  const { field = "y", scale } = options;
  const input = checkedShape(`gaussian: shape`, shape);
  const size = sizeOf(input);
  // Of targets scaled by d the density is d times that of the targets themselves.
  const logScale = scale ? scale.deviation.reduce((sum, d) => sum + Math.log(d === 0 ? 1 : d), 0) : 0;
  const nll = (output: Tensor, given: Tensor, logVariance: Tensor): Tensor => {
    const target = scale ? preprocess(scale, given) : given;
    const rows = (x: Tensor): Tensor => reshape(x, [x.shape[0]!, size]);
    const squares = mul(square(sub(rows(target), rows(output))), exp(mul(logVariance, -1)));
    const losses = sum(add(mul(add(squares, logVariance), 0.5), HALF_LOG_2PI), 1);
    return logScale === 0 ? losses : add(losses, logScale);
  };
  return {
    kind: "gaussian",
    config: { kind: "gaussian", ...{ shape: input, ...(field !== "y" && { field }), ...(scale && { scale }) } },
    input,
    fields: { [field]: { shape: input, dtype: "float32" } },
    activation: "linear",
    reads: "the means",
    formula: {
      ...{ loss: "Σ ½(log 2π + s + (t − a)² e⁻ˢ)", target: "the values", values: "values" },
      slope: "(a − t) ⊙ e⁻ˢ",
      parameters: { logVariance: { letter: "s", slope: "½(1 − (t − a)² e⁻ˢ)" } },
    },
    metrics: [
      { name: "nll", title: "NLL", unit: "nats", better: "lower", isLoss: true },
      { name: "rmse", title: "RMSE", unit: "", better: "lower", of: Math.sqrt },
    ],
    select: { metric: "nll", readout: "deterministic" },
    row: {
      ...{ name: "variance", kind: "log-variance of each value", input: [size], output: [size] },
      ...{ parameters: [{ name: "logVariance", shape: [size], incoming: [] }], multiplyAdds: 0, activation: "exp" },
    },
    init: () => ({ logVariance: NdArray.zeros([size]) }),
    loss: (output, batch, own) => nll(output, batch[field]!, own.logVariance!),
    score: ({ output, batch, own }) => ({
      nll: nll(output, batch[field]!, own.logVariance!),
      rmse: squaredError(scale ? unscaled(scale, output) : output, batch[field]!),
    }),
    predict(output, own) {
      // The same for every example.
      const variance = broadcastTo(exp(own.logVariance!), output.shape);
      if (!scale) return { mean: output, variance };
      const squares = constant(
        new NdArray(
          Float32Array.from(scale.deviation, (d) => d * d),
          [size],
        ),
      );
      return { mean: unscaled(scale, output), variance: mul(variance, squares) };
    },
  };
}
