import { expect, test } from "vitest";
import { evaluate, sum, type Tensor } from "../graph/index.ts";
import { matrix } from "../laws/exact.ts";
import { step } from "../laws/step.ts";
import { replayKey } from "../random/index.ts";
import { noisyRectifier } from "./noisy-rectifier.ts";

const numbers = (x: Tensor): number[] => [...evaluate([x])[0]!.data];
const close = (received: readonly number[], wanted: readonly number[], digits = 13) =>
  wanted.forEach((x, i) => expect(received[i]).toBeCloseTo(x, digits));

test("noisy-rectifier: max(0, a + sd·z), with gradient 1 where it is on and 0 where it is off", () => {
  const key = replayKey({ normal: [matrix([[1], [-1]])] });
  const { loss, gradient } = step(noisyRectifier({ sd: 0.5 }), matrix([[0.4], [0.4]]), (h) => sum(h, 1), { key });
  close([...loss.data], [0.9, 0]);
  expect([...gradient.data]).toEqual([1, 0]);
});

test("noisy-rectifier: with logistic noise P(h > 0) = σ(a) and E[h] = softplus(a)", () => {
  const { unit } = noisyRectifier({ noise: "logistic", readout: "mean" });
  const a = matrix([[-2, 0, Math.log(3)]]);
  close(numbers(unit.rate!(a)), [1 / (1 + Math.exp(2)), 0.5, 0.75]);
  close(numbers(unit.readout(a)), [Math.log1p(Math.exp(-2)), Math.LN2, Math.log(4)]);
});

test("noisy-rectifier: with Gaussian noise P(h > 0) = Φ(a) and E[h] = aΦ(a) + φ(a)", () => {
  const { unit } = noisyRectifier({ readout: "mean" });
  close(numbers(unit.rate!(matrix([[1, 0]]))), [0.8413447460685429, 0.5], 6);
  close(numbers(unit.readout(matrix([[1, 0]]))), [1.0833154705876864, 1 / Math.sqrt(2 * Math.PI)], 6);
});

test("noisy-rectifier: the readout is noise-free unless the mean is asked for", () => {
  expect(numbers(noisyRectifier({ noise: "logistic" }).unit.readout(matrix([[-1, 2]])))).toEqual([0, 2]);
});

test("noisy-rectifier: a multiplicative mask of sd 1 is dropout of a half, doubled where it is kept", () => {
  const { unit } = noisyRectifier({ noise: "bernoulli", injection: "multiplicative", readout: "mean" });
  const a = matrix([[3, 3, -3]]);
  expect(numbers(unit.sample(a, replayKey({ uniform: [matrix([[0.49, 0.51, 0.1]])] })))).toEqual([6, 0, 0]);
  expect(numbers(unit.rate!(a))).toEqual([0.5, 0.5, 0]);
  expect(numbers(unit.readout(a))).toEqual([3, 3, 0]);
});
