import type { Estimator } from "../estimators/estimator.ts";
import { exact } from "../estimators/exact.ts";
import { bernoulli } from "../estimators/units/bernoulli.ts";
import { array, attachGradient, broadcastTo, constant, gather, type Tensor, tanh } from "../graph/index.ts";
import { key as keyOf } from "../random/index.ts";
import type { Problem } from "./problem.ts";

/** Three examples of four units with a loss that isn't linear in them: tanh(h·w) summed over two outputs, + 0.5. */
export const curved: Problem = {
  name: "curved",
  examples: 3,
  units: 4,
  inputs: {
    a: array([
      [0.3, -0.8, 1.1, 0],
      [-1.5, 0.4, 0.2, 0.9],
      [0.1, 0.1, -0.6, 2],
    ]),
    rest: {
      w: array([
        [0.9, -0.4],
        [-1.1, 0.7],
        [0.5, 0.8],
        [0.2, -1.3],
      ]),
    },
  },
  downstream: (rest) => (h) =>
    tanh(h.matmul((rest as { w: Tensor }).w))
      .sum(1)
      .add(0.5),
  expected: { laterUnits: 0, downstream: (rest) => (h) => curved.downstream(rest, 1, keyOf(0))(h) },
};

/** ∂E[loss]/∂a of `curved` in double precision, by the definition. */
export function curvedGradient(): number[] {
  const { a, rest } = curved.inputs;
  const w = (rest as unknown as { w: { data: ArrayLike<number> } }).w.data;
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  return Array.from({ length: 12 }, (_, at) => {
    const [i, j] = [Math.floor(at / 4), at % 4];
    let total = 0;
    for (let k = 0; k < 16; k++) {
      const bits = [0, 1, 2, 3].map((unit) => (k >> unit) & 1);
      const p = bits.map((b, unit) => sigmoid((b ? 1 : -1) * a.data[i * 4 + unit]!)).reduce((x, y) => x * y);
      const y = [0, 1].map((o) => bits.reduce((t, b, unit) => t + b * w[unit * 2 + o]!, 0));
      total += p * (bits[j]! - sigmoid(a.data[at]!)) * (Math.tanh(y[0]!) + Math.tanh(y[1]!) + 0.5);
    }
    return total;
  });
}

/** An estimator of `curved` whose mean is `scale`·g + `shift` in every component, with normal noise of standard deviation `sd`. */
export const synthetic = (name: string, { scale = 1, shift = 0, sd = 1 }): Estimator => ({
  card: { ...exact.card, name, title: name, passes: 1, backward: 1, unbiased: scale === 1 && shift === 0 },
  unit: bernoulli,
  estimate(a, key, downstream, state) {
    const copies = a.shape[0]! / 3;
    const mean = array(
      curvedGradient().map((g) => scale * g + shift),
      { shape: [1, 3, 4] },
    );
    const g = broadcastTo(constant(mean), [copies, 3, 4]).reshape(a.shape);
    const loss = downstream(bernoulli.sample(a, key));
    return { loss: attachGradient(loss, a, g.add(key.fold(1).normal(a.shape).mul(sd))), state };
  },
});

/** Examples of `fourUnits`, all alike: what keeps batch means then has them of many samples. */
export const ALIKE = 64;

/**
 * Four units with these pre-activations and a loss for each of their 16 patterns (the first unit is the highest bit): found by a fit to
 * variances that are known of some other problem, which these two have in common.
 */
export const fourUnits: Problem = {
  name: "four units",
  examples: ALIKE,
  units: 4,
  inputs: {
    a: array(Array.from({ length: ALIKE }, () => [2.262, 0.491, 0.761, 1.637])),
    rest: {
      losses: array([
        4.306, 1.653, 3.559, 3.049, 2.518, 3.439, 3.179, 3.618, 4.359, 1.958, 4.158, 1.699, 4.561, 1.44, 3.978, 1.222,
      ]),
    },
  },
  downstream: (rest) => (h) =>
    gather(
      (rest as { losses: Tensor }).losses,
      h
        .mul(constant(array([8, 4, 2, 1])))
        .sum(1)
        .cast("int32"),
    ),
  expected: { laterUnits: 0, downstream: (rest) => (h) => fourUnits.downstream(rest, 1, keyOf(0))(h) },
};
