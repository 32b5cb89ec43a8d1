import { expect, test } from "vitest";
import type { EstimatorConfig } from "../../../estimators/index.ts";
import { estimatorFor } from "../../../estimators/index.ts";
import { type SparsityConfig, sparsityFor } from "../../../gating/sparsity/index.ts";
import { learnsFromOpen } from "./learns-from-open.ts";

const learns = (gate: EstimatorConfig, ...controls: SparsityConfig[]): boolean =>
  learnsFromOpen(estimatorFor(gate), controls.map(sparsityFor), 12);

test("gates that rectify, and those that are trained where they are open, learn nothing where they are closed", () => {
  for (const gate of ["rectifier", "noisy-rectifier", "straight-through-open", "smooth-times-stochastic"] as const)
    expect([gate, learns(gate)]).toEqual([gate, true]);
});

test("a score function tells closed gates what their silence was worth, straight-through what they would have sent", () => {
  for (const gate of ["score-function", "disarm", "straight-through", "top-k"] as const)
    expect([gate, learns(gate)]).toEqual([gate, false]);
});

test("gates that are never exactly 0 have nothing to leave out", () => {
  for (const gate of ["sigmoid", "noisy-sigmoid", "concrete"] as const)
    expect([gate, learns(gate)]).toEqual([gate, false]);
});

test("controls that act on gates' rates reach closed ones, others don't", () => {
  const target = 0.1;
  expect(learns("noisy-rectifier", { name: "adaptive-l1", target })).toBe(true);
  expect(learns("straight-through-open", { name: "balance", target }, { name: "beta-noise", target })).toBe(true);
  expect(learns("straight-through-open", { name: "kl", target, weight: 1 })).toBe(false);
  expect(learns("noisy-rectifier", { name: "adaptive-l1", target }, { name: "kl", target, weight: 1 })).toBe(false);
});
