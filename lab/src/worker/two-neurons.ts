import { array, constant, mul, softplus, sub, sum, type Tensor } from "../../../src/graph/index.ts";
import type { Problem } from "../../../src/measure/problem.ts";

/**
 * Two binary neurons and the smallest network behind them: an output neuron that receives y = w (h₁ + 2 h₂ − 1) and should fire. The
 * loss is its cross-entropy L = −ln σ(y) = ln(1 + e^−y), as in a classifier. It is curved, so that what one neuron's decision changes
 * depends on the other's, the more so the larger w is. The truth is enumerated.
 */
export function twoNeurons(a: readonly [number, number], w: number): Problem {
  const weights = constant(array(Float32Array.of(w, 2 * w), { shape: [1, 2] }));
  const downstream = () => (h: Tensor) => softplus(sub(w, sum(mul(h, weights), 1)));
  return {
    name: `two neurons, w = ${w}`,
    examples: 1,
    units: 2,
    inputs: { a: array(Float32Array.from(a), { shape: [1, 2] }), rest: {} },
    downstream,
    expected: { laterUnits: 0, downstream },
  };
}
