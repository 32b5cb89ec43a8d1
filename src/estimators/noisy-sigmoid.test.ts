import { expect, test } from "vitest";
import { sum } from "../graph/index.ts";
import { matrix } from "../laws/exact.ts";
import { step } from "../laws/step.ts";
import { replayKey } from "../random/index.ts";
import { sigmoid } from "../statistics/sigmoid.ts";
import { noisySigmoid } from "./noisy-sigmoid.ts";

const run = (estimator: ReturnType<typeof noisySigmoid>, noise: Parameters<typeof replayKey>[0]) => {
  const { loss, gradient } = step(estimator, matrix([[0.4]]), (h) => sum(h, 1), { key: replayKey(noise) });
  return [loss.data[0]!, gradient.data[0]!];
};
const close = (received: number[], wanted: number[]) =>
  wanted.forEach((x, i) => expect(received[i]).toBeCloseTo(x, 14));

test("noisy-sigmoid: σ(a + sd·z), differentiated with z fixed", () => {
  const p = sigmoid(0.4 + 0.5 * 1.2);
  close(run(noisySigmoid({ sd: 0.5 }), { normal: [matrix([[1.2]])] }), [p, p * (1 - p)]);
});

test("noisy-sigmoid: multiplicative noise gives σ(a)(1 + sd·z)", () => {
  const p = sigmoid(0.4);
  const unit = noisySigmoid({ sd: 0.5, injection: "multiplicative" });
  close(run(unit, { normal: [matrix([[1.2]])] }), [p * 1.6, p * (1 - p) * 1.6]);
});

test("noisy-sigmoid: standard logistic noise unless sd is given", () => {
  const p = sigmoid(0.4 + Math.log(3));
  close(run(noisySigmoid({ noise: "logistic" }), { uniform: [matrix([[0.75]])] }), [p, p * (1 - p)]);
});
