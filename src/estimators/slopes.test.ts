import { expect, test } from "vitest";
import { evaluate, exp, mul, sum, type Tensor } from "../graph/index.ts";
import { matrix } from "../laws/exact.ts";
import { step } from "../laws/step.ts";
import { estimatorFor } from "./index.ts";
import type { SlopeName } from "./slopes.ts";

const A = [
  [0.3, -0.8, 0],
  [1.9, -0.04, -2.5],
];
/** ∂L/∂h of L = Σ (i + 1) e^{h/2}, i the place of the unit. */
const loss = (h: Tensor): Tensor => sum(mul(exp(mul(h, 0.5)), matrix([[1, 2, 3]])), 1);
const lossSlope = (h: number, i: number) => 0.5 * (i + 1) * Math.exp(h / 2);

/** The slopes in plain numbers, each in another form than the source's. */
const logisticDensity = (x: number) => 1 / (4 * Math.cosh(x / 2) ** 2);
const cauchyDensity = (x: number, scale: number) => scale / (Math.PI * (x * x + scale * scale));
const expected: Readonly<Record<SlopeName, (a: number, k: number) => number>> = {
  sigmoid: (a, k) => k * logisticDensity(k * a),
  "fast-sigmoid": (a, k) => (1 / (1 / k + Math.abs(a)) / k) ** 2,
  arctan: (a, k) => cauchyDensity(a, 2 / (Math.PI * k)),
  triangle: (a, k) => (Math.abs(a) < 1 / k ? 1 - k * Math.abs(a) : 0),
};

for (const [slope, psi] of Object.entries(expected) as [SlopeName, (a: number, k: number) => number][]) {
  test(`threshold: goes backward by the ${slope} slope, of any steepness and dampening`, () => {
    for (const [k, dampening] of [
      [1, 1],
      [2.5, 1],
      [1, 0.3],
      [7, 0.3],
    ] as const) {
      const { gradient, loss: value } = step(estimatorFor({ name: "threshold", slope, steepness: k, dampening }), matrix(A), loss); // biome-ignore format: one step
      A.forEach((row, b) => {
        row.forEach((a, i) => {
          const wanted = lossSlope(a > 0 ? 1 : 0, i) * dampening * psi(a, k);
          expect(gradient.data[b * 3 + i], `a ${a}, k ${k}`).toBeCloseTo(wanted, 14);
        });
        expect(value.data[b]).toBeCloseTo(
          row.reduce((t, a, i) => t + (i + 1) * Math.exp(a > 0 ? 0.5 : 0), 0),
          13,
        );
      });
    }
  });

  test(`straight-through-slope: the spike is drawn with P = σ(a), and the slope is ${slope}'s`, () => {
    const a = matrix(A);
    const options = { slope, steepness: 3, dampening: 0.5 };
    const [hard, drawn] = [estimatorFor({ name: "threshold", ...options }), estimatorFor({ name: "straight-through-slope", ...options })]; // biome-ignore format: two
    const linear = (h: Tensor) => sum(mul(h, matrix([[1, 2, 3]])), 1);
    const [one, other] = [hard, drawn].map((estimator) => step(estimator, a, linear).gradient.data);
    other!.forEach((g, i) => expect(g).toBeCloseTo(one![i]!, 14));
    expect([...evaluate([drawn.unit.readout(a)])[0]!.data]).toEqual([...evaluate([a.sigmoid()])[0]!.data]);
  });
}

test("the steepness is that of each slope's source where none is given", () => {
  for (const [slope, k] of [
    ["sigmoid", 1],
    ["fast-sigmoid", 25],
    ["arctan", 2],
    ["triangle", 1],
  ] as const) {
    const { gradient } = step(estimatorFor({ name: "threshold", slope }), matrix([[0.02, -0.3]]), (h) => sum(h, 1)); // biome-ignore format: one step
    [0.02, -0.3].forEach((a, i) => expect(gradient.data[i]).toBeCloseTo(expected[slope](a, k), 14));
  }
});

test("a slope that isn't there names those that are", () => {
  expect(() => estimatorFor({ name: "threshold", slope: "atan" } as never)).toThrow(/slope must be one of sigmoid, fast-sigmoid, arctan, triangle.*received "atan"/); // biome-ignore format: one
  expect(() => estimatorFor({ name: "threshold", steepness: 0 })).toThrow(/steepness/);
});
