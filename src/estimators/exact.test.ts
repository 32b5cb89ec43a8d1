import { expect, test } from "vitest";
import { UserError } from "../errors.ts";
import { mul, sum } from "../graph/index.ts";
import { exact } from "./exact.ts";
import { matrix } from "./testing/exact.ts";
import { step } from "./testing/step.ts";

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

test("exact: more than 16 units are an error that says so", () => {
  const wide = matrix([Array.from({ length: 17 }, () => 0)]);
  expect(() => step(exact, wide, (h) => sum(h, 1))).toThrow(UserError);
  expect(() => step(exact, wide, (h) => sum(h, 1))).toThrow("at most 16 units, received a layer of 17");
});
