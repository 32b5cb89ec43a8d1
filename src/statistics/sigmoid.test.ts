import { expect, test } from "vitest";
import { sigmoid } from "./sigmoid.ts";

test("sigmoid: ½ at 0, ¾ at log 3, its complement at the other sign, and 0 and 1 far out", () => {
  expect(sigmoid(0)).toBe(0.5);
  expect(sigmoid(Math.log(3))).toBeCloseTo(0.75, 15);
  expect(sigmoid(-2.5)).toBeCloseTo(1 - sigmoid(2.5), 15);
  expect([sigmoid(-800), sigmoid(800)]).toEqual([0, 1]);
});
