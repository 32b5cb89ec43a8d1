import { expect, it, describe as suite } from "vitest";
import { gatedMlp } from "../models/gated-mlp.ts";
import { describe } from "./describe.ts";
import { expectSaid, unreadable } from "./testing/texts.ts";

const drawn = (options: Omit<Parameters<typeof gatedMlp>[0], "input" | "classes">): string =>
  describe(gatedMlp({ input: [2, 3], classes: 4, ...options })).svg;

suite("the diagram of gated blocks", () => {
  it("draws the gater, then the blocks on the same input, with the dimensions and derivatives of each", () => {
    const found = drawn({
      gated: [{ blocks: 8, width: 3, gater: { name: "dense", hidden: 5 }, gate: "straight-through" }],
    });
    expectSaid(found, [
      "G₁  [5 × 6] = weight [6, 5] d₁ = bias [5]",
      "∂L/∂G₁ = ∂L/∂r₁′ xᵀ ∂L/∂d₁ = ∂L/∂r₁′",
      "∂L/∂r₁′ = ∂L/∂r₁ ⊙ φ′(r₁′)",
      "x  [n] = 6",
      "a  [8]",
      "∂L/∂a ≈ ∂L/∂g",
      "straight-through",
      "g = 1[u < σ(a)]",
      "g  [8]",
      "of closed gates as well",
      "W  [24 × 6] = weight [8, 3, 6] b = bias [8, 3]",
      "u  [24]",
      "∂L/∂u = g ⊙ Vᵀ ∂L/∂y",
      "V  [4 × 24] = out [8, 3, 4] c  [4] = offset",
      "∂L/∂y = p − t",
    ]);
    expect(found).not.toContain("∂L/∂x");
  });

  it("numbers the letters of several layers, puts the trunk first, and says which blocks training skips", () => {
    const found = drawn({
      trunk: [{ units: 7, estimator: "rectifier" }],
      gated: [
        { blocks: 8, gater: { name: "low-rank", rank: 2 }, gate: "noisy-rectifier", output: 5 },
        { blocks: 6, gater: { name: "dense", hidden: [] }, gate: "disarm" },
      ],
    });
    expectSaid(found, [
      "[m₁ × n] = 7 × 6",
      "∂L/∂h₁′ = ∂L/∂h₁ ⊙ 1[h₁′>0]",
      "G₂₁  [2 × 7] = weight [7, 2]",
      "∂L/∂r₂₁ = G₂₂ᵀ ∂L/∂a₂",
      "∂L/∂h₁ += W₂ᵀ ∂L/∂u₂′",
      "of open gates alone",
      "∂L/∂y₂ += W₃ᵀ ∂L/∂u₃′",
      "∂L/∂y₃ = p − t",
    ]);
    expectSaid(found, ["they are skipped in training too."]);
  });

  it("lists a tree's tables in place of a map", () => {
    const found = drawn({
      gated: [{ blocks: 8, gater: { name: "tree" }, gate: { name: "categorical-straight-through", classes: 8 } }],
    });
    expectSaid(found, ["tree"]);
    expect(found).not.toContain("∂L/∂G");
    expect(unreadable(found)).toEqual([]);
  });
});
