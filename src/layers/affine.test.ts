import { expect, test } from "vitest";
import { array, constant, evaluate } from "../graph/index.ts";
import { key } from "../random/index.ts";
import { affine, affineInit, affineShapes } from "./affine.ts";

test("dense is x W + b", () => {
  const weight = constant(
    array([
      [1, 2, 3],
      [4, 5, 6],
    ]),
  );
  const [y] = evaluate([
    affine(
      { weight, bias: constant(array([10, 20, 30])) },
      constant(
        array([
          [1, 0],
          [-1, 2],
        ]),
      ),
    ),
  ]);
  expect(y!.toNested()).toEqual([
    [11, 22, 33],
    [17, 28, 39],
  ]);
});

test("affineInit has the variance of a uniform distribution on ±gain·√(6/(in + out)), mean 0", () => {
  const { weight, bias } = affineInit(key(4), 200, 100, 2);
  const values = Array.from(weight.data);
  const bound = 2 * Math.sqrt(6 / 300);
  const mean = values.reduce((a, b) => a + b) / values.length;
  const variance = values.reduce((a, b) => a + b * b, 0) / values.length;
  // Five standard errors of 20,000 draws.
  expect(Math.abs(mean)).toBeLessThan((5 * bound) / Math.sqrt(3 * values.length));
  expect(Math.abs(variance / (bound ** 2 / 3) - 1)).toBeLessThan(5 * Math.sqrt(0.8 / values.length));
  expect(Array.from(bias.data)).toEqual(new Array(100).fill(0));
  expect(affineShapes(200, 100)).toEqual([
    { name: "weight", shape: weight.shape },
    { name: "bias", shape: bias.shape },
  ]);
});
