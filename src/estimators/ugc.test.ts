import { expect, test } from "vitest";
import { array, constant, matmul, square, sum } from "../graph/index.ts";
import { matrix } from "../laws/exact.ts";
import { step } from "../laws/step.ts";
import { replayKey } from "../random/index.ts";
import { bitflip } from "./bitflip.ts";
import { disarm } from "./disarm.ts";
import { squaresOf } from "./testing/problem.ts";
import { ugc } from "./ugc.ts";

test("ugc: of 3 units those with min(p, 1 − p) below 1/6 get BitFlip-1's estimate, the others DisARM's, of the same noise", () => {
  // min(p, 1 − p) is .17, .16 and .5.
  const a = [Math.log(0.17 / 0.83), Math.log(0.84 / 0.16), 0];
  const rows = [0.1, 0.5, 0.9].flatMap((u) => [0.05, 0.6, 0.95].map((v) => [u, v, 1 - u]));
  for (const chosen of [0.1, 0.5, 0.9]) {
    const run = (estimator: typeof ugc) =>
      step(
        estimator,
        matrix(rows.map(() => a)),
        (h) => square(sum(matmul(h, constant(array([[2], [-1], [0.5]], { dtype: "float64" }))), 1).add(1)),
        {
          key: replayKey({
            uniform: [matrix(rows), matrix(rows.map(() => [chosen]))],
          }),
        },
      ).gradient.data;
    const [both, flips, pairs] = [run(ugc), run(bitflip), run(disarm)];
    both.forEach((g, at) => expect(g).toBeCloseTo((at % 3 === 1 ? flips : pairs)[at]!, 13));
  }
});

test("ugc: less variance than DisARM where a unit is nearly certain and its effect doesn't depend on the other", () => {
  const problem = { a: [-3, 0.2], table: [0.3, 2.1, -1, 0.8] } as const;
  const [clipped, pairs] = [squaresOf(ugc, problem), squaresOf(disarm, problem)];
  expect(clipped[0]).toBeLessThan(pairs[0]! / 2);
  expect(clipped[1]).toBeCloseTo(pairs[1]!, 13);
});

test("ugc: not for every loss: one that is the same at b and at its opposite has no variance under DisARM's pair", () => {
  const problem = { a: [-3, 0], table: [0.25, -0.25, -0.25, 0.25] } as const; // (b₁ − ½)(b₂ − ½)
  expect(squaresOf(disarm, problem)[0]).toBe(0);
  expect(squaresOf(ugc, problem)[0]).toBeGreaterThan(1e-4);
});
