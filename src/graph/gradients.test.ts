import { readdirSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { howMany } from "../../test/support/full.ts";
import { applyElementwise, elementwise } from "./elementwise.ts";
import { mul, type Tensor } from "./index.ts";
import { cases, exempt } from "./testing/cases.ts";
import { type Domain, gradientError, spread } from "./testing/finite-differences.ts";

/**
 * Central differences of step h = 1e-5 in float64 are off by h²/6·|f‴| and by rounding, ε·|f|/h = 2e-11·|f|. The worst of the table
 * is 1/x near 0.3, at 2e-9; a wrong derivative is off by far more than the 1e-8 that is allowed.
 */
const TOLERANCE = 1e-8;

/** How many random applications of each op are tried. */
const RUNS = howMany(50, 15);

const files = readdirSync(new URL("ops", import.meta.url))
  .filter((file) => !file.endsWith(".test.ts"))
  .map((file) => file.replace(/\.ts$/, ""));

for (const { op, about, applications, domain = [-2, 2] as Domain, runs = RUNS } of cases)
  describe(`${op}${about ? ` ${about}` : ""}`, () => {
    for (const order of [1, 2] as const)
      test(`has the ${order === 1 ? "gradient" : "second derivatives"} of float64 finite differences`, () => {
        fc.assert(
          fc.property(applications, fc.nat(), ({ shapes, f }, seed) => {
            expect(gradientError(f, spread(shapes, domain, seed), order)).toBeLessThan(TOLERANCE);
          }),
          { seed: 20 + order, numRuns: Math.min(runs, RUNS) },
        );
      });
  });

test("every op's file is in the table, or exempt with a reason, and not both", () => {
  const listed = new Set([...cases.map((c) => c.op), ...Object.keys(exempt)]);
  expect([...listed].sort()).toEqual(files.toSorted());
  expect(cases.map((c) => c.op).filter((op) => op in exempt)).toEqual([]);
});

describe("the check itself", () => {
  const wrong = (derivative: (x: Tensor, g: Tensor) => Tensor) => {
    const op = elementwise("wrong", { f: (x) => x ** 2, derivative: ({ inputs: [x] }, g) => [derivative(x!, g)] });
    return (x: Tensor) => applyElementwise(op, x);
  };
  const values = spread([[3]], [-2, 2], 1);

  test("finds a derivative that is wrong by one part in a thousand", () => {
    expect(gradientError(wrong((x, g) => mul(g, mul(x, 2))) as never, values)).toBeLessThan(TOLERANCE);
    expect(gradientError(wrong((x, g) => mul(g, mul(x, 2.002))) as never, values)).toBeGreaterThan(100 * TOLERANCE);
  });

  test("finds a NaN", () => {
    expect(gradientError(wrong((_, g) => mul(g, Number.NaN)) as never, values)).toBe(Number.POSITIVE_INFINITY);
  });
});
