import fc from "fast-check";
import { expect, test } from "vitest";
import { mul, sum } from "../graph/index.ts";
import { matrix } from "../laws/exact.ts";
import { step } from "../laws/step.ts";
import { key, replayKey } from "../random/index.ts";
import { bitflip } from "./bitflip.ts";
import { localExpectation } from "./local-expectation.ts";
import { lossOf, problems, squaresOf } from "./testing/problem.ts";

const unit = fc.double({ min: 0, max: 0.9999, noNaN: true });

test("bitflip: its mean over which unit is turned over is local expectation's estimate of the same sample", () => {
  fc.assert(
    fc.property(problems, unit, unit, (problem, u, v) => {
      const run = (estimator: typeof bitflip, choices: number[]) =>
        step(estimator, matrix(choices.map(() => problem.a)), lossOf(problem), {
          key: replayKey({ uniform: [matrix(choices.map(() => [u, v])), matrix(choices.map((choice) => [choice]))] }),
        }).gradient.data;
      const [all] = [run(localExpectation, [0])];
      const each = run(bitflip, [0.2, 0.7]);
      expect(each[0]).toBeCloseTo(2 * all![0]!, 12);
      expect(each[3]).toBeCloseTo(2 * all![1]!, 12);
      expect([Math.abs(each[1]!), Math.abs(each[2]!)]).toEqual([0, 0]);
    }),
  );
});

test("bitflip: E[ĝ²] is H times local expectation's", () => {
  fc.assert(
    fc.property(problems, (problem) => {
      const [one, all] = [squaresOf(bitflip, problem), squaresOf(localExpectation, problem)];
      one.forEach((x, i) => expect(x).toBeCloseTo(2 * all[i]!, 11));
    }),
    { numRuns: 20 },
  );
});

test("bitflip: every unit is turned over equally often: 30,000 examples of 3 units, each count within 6 standard deviations", () => {
  const examples = 30_000;
  const a = matrix(Array.from({ length: examples }, () => [0, 0, 0]));
  const { gradient } = step(bitflip, a, (h) => sum(mul(h, 4), 1), { key: key(5) });
  const turned = Array.from(gradient.data);
  const counts = [0, 1, 2].map((i) => turned.filter((g, at) => g !== 0 && at % 3 === i).length);
  expect(counts.reduce((t, n) => t + n)).toBe(examples);
  for (const n of counts) expect(Math.abs(n - examples / 3)).toBeLessThan(6 * Math.sqrt((examples * 2) / 9));
});
