import fc from "fast-check";
import { expect, test } from "vitest";
import { mul, sum } from "../graph/index.ts";
import { matrix } from "../laws/exact.ts";
import { step } from "../laws/step.ts";
import { replayKey } from "../random/index.ts";
import { cells } from "../statistics/quadrature.ts";
import { sigmoid } from "../statistics/sigmoid.ts";
import { arm } from "./arm.ts";
import { disarm } from "./disarm.ts";
import { lossOf, problems, squaresOf } from "./testing/problem.ts";

test("disarm: at p = ¾, L = 4h + 1, the gradient is ½ (L − L')(b − b')·¾, 0 where the pair agrees", () => {
  const key = replayKey({ uniform: [matrix([[0.1], [0.5], [0.9]])] });
  const a = Math.log(3);
  const { gradient, loss } = step(disarm, matrix([[a], [a], [a]]), (h) => sum(mul(h, 4).add(1), 1), { key });
  expect([...loss.data]).toEqual([5, 5, 1]);
  [1.5, 0, 1.5].forEach((g, i) => expect(gradient.data[i]).toBeCloseTo(g, 14));
});

test("disarm: it is ARM's mean over the noise that gives the same pair, which is ARM in the middle of that noise", () => {
  fc.assert(
    fc.property(problems, (problem) => {
      const middles = problem.a.map((a) => cells([sigmoid(a), sigmoid(-a)]).nodes);
      const noise = middles[0]!.flatMap((u) => middles[1]!.map((v) => [u, v]));
      const run = (estimator: typeof arm) =>
        step(estimator, matrix(noise.map(() => problem.a)), lossOf(problem), {
          key: replayKey({ uniform: [matrix(noise)] }),
        });
      const [one, other] = [run(arm), run(disarm)];
      one.gradient.data.forEach((g, i) => expect(other.gradient.data[i]).toBeCloseTo(g, 12));
    }),
    { numRuns: 40 },
  );
});

test("disarm: its variance is never above ARM's", () => {
  fc.assert(
    fc.property(problems, (problem) => {
      const [less, more] = [squaresOf(disarm, problem), squaresOf(arm, problem)];
      less.forEach((x, i) => expect(x).toBeLessThanOrEqual(more[i]! + 1e-13));
    }),
    { numRuns: 40 },
  );
});
