import { expect, test } from "vitest";
import { UserError } from "../errors.ts";
import { mul, sum } from "../graph/index.ts";
import { matrix } from "../laws/exact.ts";
import { step } from "../laws/step.ts";
import { exact } from "./exact.ts";

test("exact: the value is the expected loss, the gradient p(1 − p)(L₁ − L₀)", () => {
  const a = Math.log(3); // p = ¾
  const { loss, gradient } = step(exact, matrix([[a], [-a]]), (h) => sum(mul(h, 4).add(1), 1));
  [4, 2].forEach((x, i) => expect(loss.data[i]).toBeCloseTo(x, 13));
  [0.75, 0.75].forEach((x, i) => expect(gradient.data[i]).toBeCloseTo(x, 13));
});

test("exact: the weights that read the units get the mean of their gradients", () => {
  const w = matrix([[2]]);
  const { others } = step(exact, matrix([[Math.log(3)]]), (h) => sum(mul(h, w), 1), { wrt: [w] });
  expect(others[0]!.data[0]).toBeCloseTo(0.75, 13);
});

test("exact: 16 units are enumerated, more are an error that says so before anything is", () => {
  const enumerate = (units: number) => () =>
    step(exact, matrix([Array.from({ length: units }, () => 0)]), () => {
      throw new Error("begins");
    });
  expect(enumerate(16)).toThrow("begins");
  expect(enumerate(17)).toThrow(UserError);
  expect(enumerate(17)).toThrow("at most 16 units, received a layer of 17");
});
