import { expect, test } from "vitest";
import { evaluate, square, sum, type Tensor } from "../graph/index.ts";
import { matrix } from "../laws/exact.ts";
import { step } from "../laws/step.ts";
import { replayKey } from "../random/index.ts";
import { sigmoid } from "../statistics/sigmoid.ts";
import { concrete } from "./concrete.ts";
import { bernoulli } from "./units/bernoulli.ts";

const A = [[0.3, -0.8, 1.9]];
const U = [[0.1, 0.9, 0.8]];
const key = () => replayKey({ uniform: [matrix(U)] });
const relaxed = (temperature: number) =>
  A[0]!.map((a, i) => sigmoid((a - Math.log(U[0]![i]! / (1 - U[0]![i]!))) / temperature));

test("concrete: sends σ((a + logistic)/τ), and its gradient is h(1 − h)/τ times the loss's", () => {
  const h = relaxed(0.4);
  const { loss, gradient } = step(concrete({ temperature: 0.4 }), matrix(A), (x) => sum(square(x), 1), { key: key() });
  expect(loss.data[0]).toBeCloseTo(
    h.reduce((t, x) => t + x * x, 0),
    13,
  );
  h.forEach((x, i) => expect(gradient.data[i]).toBeCloseTo((2 * x * x * (1 - x)) / 0.4, 13));
});

test("concrete: is the bit of the same draw as the temperature falls, and above ½ where that is 1 at any", () => {
  const [bits, cold, warm] = evaluate([
    bernoulli.sample(matrix(A), key()),
    concrete({ temperature: 1e-3 }).unit.sample(matrix(A), key()),
    concrete({ temperature: 5 }).unit.sample(matrix(A), key()),
  ]);
  bits!.data.forEach((b, i) => {
    expect(cold!.data[i]).toBeCloseTo(b, 12);
    expect(warm!.data[i]! > 0.5).toBe(b === 1);
  });
});

test("concrete: b and b² are one loss on bits, and two on what it outputs", () => {
  const of = (loss: (h: Tensor) => Tensor) => step(concrete(), matrix(A), loss, { key: key() });
  const [once, twice] = [of((h) => sum(h, 1)), of((h) => sum(square(h), 1))];
  expect(Math.abs(once.loss.data[0]! - twice.loss.data[0]!)).toBeGreaterThan(0.05);
  relaxed(2 / 3).forEach((h, i) => expect(twice.gradient.data[i]! / once.gradient.data[i]!).toBeCloseTo(2 * h, 12));
});

test("concrete: at test it outputs σ(a)", () => {
  evaluate([concrete().unit.readout(matrix(A))])[0]!.data.forEach((p, i) =>
    expect(p).toBeCloseTo(sigmoid(A[0]![i]!), 14),
  );
});
