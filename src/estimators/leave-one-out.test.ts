import fc from "fast-check";
import { expect, test } from "vitest";
import { array, constant, mul, sum } from "../graph/index.ts";
import { matrix } from "../laws/exact.ts";
import { step } from "../laws/step.ts";
import { replayKey } from "../random/index.ts";
import { leaveOneOut } from "./leave-one-out.ts";
import { PATTERNS, probabilities, problems, squaresOf } from "./testing/problem.ts";

const draws = () => replayKey({ uniform: [matrix([[0.2]]), matrix([[0.7]]), matrix([[0.4]])] });

test("leave-one-out: samples 1, 0, 1 with the losses 5, 1, 5 give Σ (L − 11/3)(b − ½)/2 = 4/3", () => {
  const { gradient, loss } = step(leaveOneOut({ samples: 3 }), matrix([[0]]), (h) => sum(mul(h, 4).add(1), 1), {
    key: draws(),
  });
  expect(loss.data[0]).toBe(5);
  expect(gradient.data[0]).toBeCloseTo(4 / 3, 14);
});

test("leave-one-out: `live` all has the mean loss as its value, and all samples train the rest", () => {
  const w = constant(array([[4]], { dtype: "float64" }));
  const run = (live: "one" | "all") =>
    step(leaveOneOut({ samples: 3, live }), matrix([[0]]), (h) => sum(mul(h, w).add(1), 1), {
      key: draws(),
      wrt: [w],
    });
  const [one, all] = [run("one"), run("all")];
  expect([one.loss.data[0], one.others[0]!.data[0]]).toEqual([5, 1]);
  expect(all.loss.data[0]).toBeCloseTo(11 / 3, 14);
  expect(all.others[0]!.data[0]).toBeCloseTo(2 / 3, 14);
  expect(all.gradient).toEqual(one.gradient);
});

test("leave-one-out: two samples have E[ĝ²] = ¼ E[(L − L')² 1[b ≠ b']]", () => {
  fc.assert(
    fc.property(problems, (problem) => {
      const P = probabilities(problem);
      const L = problem.table;
      const expected = [0, 1].map((i) =>
        PATTERNS.reduce(
          (t, b, k) =>
            t +
            PATTERNS.reduce((s, c, m) => s + P[k]! * P[m]! * 0.25 * (L[k]! - L[m]!) ** 2 * Number(b[i] !== c[i]), 0),
          0,
        ),
      );
      const received = squaresOf(leaveOneOut({ samples: 2 }), problem);
      received.forEach((x, i) => expect(x).toBeCloseTo(expected[i]!, 11));
    }),
    { numRuns: 20 },
  );
});

test("leave-one-out: equal losses cancel exactly, however large, in single precision", () => {
  const a = constant(array([[0.3, -1]]));
  const { gradient } = step(leaveOneOut({ samples: 3 }), a, (h) => sum(mul(h, 0), 1).add(123456.7));
  expect([...gradient.data].map(Math.abs)).toEqual([0, 0]);
});

test("leave-one-out: one sample has no others to be centred by", () => {
  expect(() => leaveOneOut({ samples: 1 })).toThrow(
    "leave-one-out: samples must be a whole number at least 2 and at most 10000, received 1",
  );
});
