import { expect, test } from "vitest";
import { mul, sum } from "../graph/index.ts";
import { matrix } from "../laws/exact.ts";
import { step } from "../laws/step.ts";
import { replayKey } from "../random/index.ts";
import { sigmoid } from "../statistics/sigmoid.ts";
import { arm } from "./arm.ts";
import { squaresOf } from "./testing/problem.ts";

test("arm: at p = ¾, L = 4h + 1, the gradient is (L' − L)(u − ½), 0 where the pair agrees", () => {
  const key = replayKey({ uniform: [matrix([[0.1], [0.5], [0.9]])] });
  const a = Math.log(3);
  const { gradient, loss } = step(arm, matrix([[a], [a], [a]]), (h) => sum(mul(h, 4).add(1), 1), { key });
  expect([...loss.data]).toEqual([5, 5, 1]);
  [(1 - 5) * -0.4, 0, (5 - 1) * 0.4].forEach((g, i) => expect(gradient.data[i]).toBeCloseTo(g, 14));
});

test("arm: one unit has E[ĝ²] = ⅔ [⅛ − (½ − q)³] (L₁ − L₀)² with q = min(p, 1 − p)", () => {
  for (const a of [-2.3, 0.4, 1.7]) {
    const q = sigmoid(-Math.abs(a));
    const [square] = squaresOf(arm, { a: [a, 0.6], table: [0.7, 2.2, 0.7, 2.2] });
    expect(square).toBeCloseTo((2 / 3) * (1 / 8 - (0.5 - q) ** 3) * 1.5 ** 2, 12);
  }
});
