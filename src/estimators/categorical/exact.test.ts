import { expect, test } from "vitest";
import { UserError } from "../../errors.ts";
import { evaluate, matmul, sum, type Tensor } from "../../graph/index.ts";
import { matrix } from "../../laws/exact.ts";
import { step } from "../../laws/step.ts";
import { categoricalExact } from "./exact.ts";

const exact = categoricalExact({ classes: 3 });
const a = [Math.log(2), 0, Math.log(3), 0, 0, 0]; // probabilities 1/3, 1/6, 1/2 and 1/3 each

test("categorical-exact: the value is the expected loss, and the gradient P(c)(E[L | c] − E[L])", () => {
  const w = matrix([[6], [12], [0], [3], [0], [-3]]);
  const { loss, gradient, others } = step(exact, matrix([a]), (h: Tensor) => sum(matmul(h, w), 1), { wrt: [w] });
  expect(loss.data[0]).toBeCloseTo(4, 13);
  [2 / 3, 4 / 3, -2, 1, 0, -1].forEach((x, i) => expect(gradient.data[i]).toBeCloseTo(x, 13));
  [1 / 3, 1 / 6, 1 / 2, 1 / 3, 1 / 3, 1 / 3].forEach((x, i) => expect(others[0]!.data[i]).toBeCloseTo(x, 13));
});

test("categorical-exact: every pattern once, and no more than 8,192 rows a call", () => {
  const calls: Tensor[] = [];
  const wide = matrix(Array.from({ length: 2 }, () => Array.from({ length: 24 }, () => 0)));
  const { loss } = step(exact, wide, (h) => {
    calls.push(h);
    return sum(h, 1);
  });
  loss.data.forEach((x) => expect(x).toBeCloseTo(8, 12));
  expect(calls.map(({ shape }) => shape[0])).toEqual([8192, 2 * 3 ** 8 - 8192]);
  const patterns = evaluate(calls).flatMap(({ data }) =>
    Array.from({ length: data.length / 24 }, (_, k) => data.subarray(24 * k, 24 * k + 24).join("")),
  );
  expect(patterns.every((bits) => /^(100|010|001){8}$/.test(bits))).toBe(true);
  expect(new Set(patterns).size).toBe(3 ** 8);
});

test("categorical-exact: 65,536 patterns are enumerated, more are an error that says so before anything is", () => {
  const enumerate = (units: number, classes: number) => () =>
    step(categoricalExact({ classes }), matrix([Array.from({ length: units }, () => 0)]), () => {
      throw new Error("begins");
    });
  expect(enumerate(32, 4)).toThrow("begins");
  expect(enumerate(36, 4)).toThrow(UserError);
  expect(enumerate(36, 4)).toThrow("at most 65536, received 9 variables of 4 classes");
});
