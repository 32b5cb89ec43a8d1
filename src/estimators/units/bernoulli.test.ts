import { expect, test } from "vitest";
import { broadcastTo, constant, evaluate } from "../../graph/index.ts";
import { matrix } from "../../laws/exact.ts";
import { key as keyOf, replayKey } from "../../random/index.ts";
import { bernoulli } from "./bernoulli.ts";

test("bernoulli: 1 exactly where the uniform draw is below σ(a), 0 elsewhere, the boundary included", () => {
  const a = matrix([[0, 0, 0, Math.log(3)]]);
  const key = replayKey({ uniform: [matrix([[0.4999, 0.5, 0.5001, 0.7499]])] });
  expect([...evaluate([bernoulli.sample(a, key)])[0]!.data]).toEqual([1, 0, 0, 1]);
});

test("bernoulli: its readout and its rate are σ(a)", () => {
  const a = matrix([[0, Math.log(3), -Math.log(3)]]);
  for (const p of evaluate([bernoulli.readout(a), bernoulli.rate!(a)]))
    [0.5, 0.75, 0.25].forEach((x, i) => expect(p.data[i]).toBeCloseTo(x, 14));
});

test("bernoulli: sends nothing but 0 and 1, and both", () => {
  const [h] = evaluate([bernoulli.sample(broadcastTo(constant(0.3), [50, 20]), keyOf(1))]);
  expect(new Set(h!.data)).toEqual(new Set([0, 1]));
});
