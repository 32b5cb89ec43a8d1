import { expect, test } from "vitest";
import { sum } from "../graph/index.ts";
import { matrix } from "../laws/exact.ts";
import { step } from "../laws/step.ts";
import { replayKey } from "../random/index.ts";
import { sigmoid } from "../statistics/sigmoid.ts";
import { gappedStraightThrough } from "./gapped-straight-through.ts";

const slope = (m: number, temperature = 1): number => {
  const z = sigmoid(m / temperature);
  return (z * (1 - z)) / temperature;
};
// Bits 1, 1, 0, 0: both with a pre-activation that agrees with the bit and one that doesn't.
const A = [2.5, -0.4, -2.5, 0.4];
const key = () => replayKey({ uniform: [matrix([[0.5, 0.1, 0.5, 0.9]])] });
const gradient = (options: Parameters<typeof gappedStraightThrough>[0]) => {
  const { loss, gradient } = step(gappedStraightThrough(options), matrix([A]), (h) => sum(h.mul(3), 1), { key: key() });
  expect(loss.data[0]).toBe(6);
  return [...gradient.data];
};
const close = (received: readonly number[], wanted: readonly number[]) =>
  wanted.forEach((x, i) => expect(received[i]).toBeCloseTo(x, 13));

test("gapped-straight-through: the slope at max(a, gap) where the bit is 1, at min(a, −gap) where it is 0", () => {
  close(
    gradient({}),
    [2.5, 1, -2.5, -1].map((m) => 3 * slope(m)),
  );
  close(
    gradient({ width: 3, temperature: 0.5 }),
    [3, 3, -3, -3].map((m) => 3 * slope(m, 0.5)),
  );
});

test("gapped-straight-through: a gap by probability is −log(1 − π)/π, π the probability of the bit", () => {
  const gap = (agrees: number) => -Math.log(1 - sigmoid(agrees)) / sigmoid(agrees);
  close(
    gradient({ gap: "probability" }),
    [Math.max(2.5, gap(2.5)), gap(-0.4), Math.max(2.5, gap(2.5)), gap(-0.4)].map((m) => 3 * slope(m)),
  );
});

test("gapped-straight-through: without a gap a bit against the odds has the slope of an undecided unit, 1/4", () => {
  close(gradient({ width: 0 }), [3 * slope(2.5), 0.75, 3 * slope(2.5), 0.75]);
});

test("gapped-straight-through: the gap by probability is 1 for a bit that was all but impossible", () => {
  const options = { key: replayKey({ uniform: [matrix([[0]])] }) };
  const at = (a: number) =>
    step(gappedStraightThrough({ gap: "probability" }), matrix([[a]]), (h) => sum(h, 1), options).gradient.data[0];
  expect(at(-400)).toBeCloseTo(slope(1), 13);
});
