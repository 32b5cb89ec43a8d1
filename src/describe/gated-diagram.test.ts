import { expect, it, describe as suite } from "vitest";
import { gatedMlp } from "../models/gated-mlp.ts";
import { classes, dense, gatedConv, network, pool } from "../models/index.ts";
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

suite("the diagram of gated convolutions", () => {
  const gated = { features: 8, blocks: 4, gate: "noisy-rectifier", gater: { name: "dense", hidden: [] } } as const;
  const found = describe(
    network({
      ...{ input: [8, 8, 3], head: classes(3) },
      stages: [
        gatedConv(gated),
        pool(),
        gatedConv({ ...gated, features: 16, gate: "straight-through", normalise: true }),
        dense({}),
      ],
    }),
  ).svg;

  it("draws the gater on the mean of each channel, then the convolution of the same image, which meets the gates", () => {
    expectSaid(found, [
      "v₁: the mean of each channel",
      "v₁  [3]",
      "G₁  [4 × 3] = weight [4, 1, 3]",
      "∂L/∂a₁ ≈ ∂L/∂g₁ ⊙ 1[a₁+z>0]",
      "the same input, to the convolution",
      "u₁′ = W₁ ∗ x + b₁ W₁ = weight [3, 3, 3, 8] b₁ = bias [8]",
      "∂L/∂W₁ = x ⋆ ∂L/∂u₁′",
      "y₁ = g₁ ⊙ u₁: a group of 2 features for each gate",
      "∂L/∂g₁ = ⟨u₁, ∂L/∂y₁⟩ in each group, of open gates alone",
      "A gate of exactly 0 closes its group for that image: at test closed groups are skipped.",
    ]);
    expect(found).not.toContain("∂L/∂x");
    expect(unreadable(found)).toEqual([]);
  });

  it("draws a normalisation within, and both ways back to what the stage read", () => {
    expectSaid(found, [
      "∂L/∂h₂ += ∂L/∂v₃ / n at each of n places",
      "∂L/∂v₃ = G₃ᵀ ∂L/∂a₃",
      "∂L/∂h₂ += W₃ᵀ ∗ ∂L/∂z₃",
      "z₃ = W₃ ∗ h₂",
      "u₃′ = γ₃ ⊙ x̂ + β₃ γ₃ = scale [16] β₃ = shift [16]",
      "in each group, of closed gates as well",
      "are over all places of a batch's images whose gate is open, for each channel.",
    ]);
    expect(found).not.toContain("b₃");
  });
});
