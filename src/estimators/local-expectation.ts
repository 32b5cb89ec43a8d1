import {
  abs,
  arange,
  attachGradient,
  expandDims,
  mul,
  oneHot,
  reshape,
  sigmoid,
  sub,
  transpose,
} from "../graph/index.ts";
import type { Estimator } from "./estimator.ts";
import { bernoulli } from "./units/bernoulli.ts";

/** ĝ_i = p_i(1 − p_i)(L(b_i = 1) − L(b_i = 0)) for every unit i, the other units at their sampled values. */
export const localExpectation: Estimator = {
  card: {
    name: "local-expectation",
    title: "local expectation",
    family: "local expectation",
    summary: "Turns over each unit in turn: the exact expectation over that unit, given a sample of the others.",
    formula: String.raw`p_i(1-p_i)\left(L(b_i{=}1)-L(b_i{=}0)\right)`,
    source:
      "Titsias and Lázaro-Gredilla 2015, Local expectation gradients for black box variational inference, https://arxiv.org/abs/1503.01494",
    unbiased: true,
    passes: "H + 1",
    backward: 1,
    readsPath: false,
    readsLoss: true,
    bias: "None.",
    use: "In narrow layers, and as a reference of little noise in layers that are too wide to enumerate.",
    avoid: "In wide layers: a step costs H + 1 passes, and memory for H copies of the batch.",
  },
  unit: bernoulli,
  estimate(a, key, downstream, state) {
    const [examples, units] = a.shape as readonly [number, number];
    const b = key.bernoulli(sigmoid(a));
    const loss = downstream(b);
    const chosen = expandDims(oneHot(arange(units), units, a.dtype), 1); // [H, 1, H]
    const flips = reshape(abs(sub(expandDims(b, 0), chosen)), [units * examples, units]); // copy i: unit i turned over
    const others = transpose(reshape(downstream(flips, "detached"), [units, examples])); // [B, H]
    const slope = mul(sigmoid(a), sigmoid(a.neg()));
    const g = mul(mul(slope, sub(mul(b, 2), 1)), sub(expandDims(loss, 1), others));
    return { loss: attachGradient(loss, a, g), state };
  },
};
