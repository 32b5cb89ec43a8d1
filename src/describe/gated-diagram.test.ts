import { expect, it, describe as suite } from "vitest";
import { gatedMlp } from "../models/gated-mlp.ts";
import { describe } from "./describe.ts";

const words = (svg: string): string[] =>
  [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) =>
    text!.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code))),
  );
const said = (options: Omit<Parameters<typeof gatedMlp>[0], "input" | "classes">): string[] =>
  words(describe(gatedMlp({ input: [2, 3], classes: 4, ...options })).svg);

suite("the diagram of gated blocks", () => {
  it("draws gater and blocks side by side, with the dimensions and derivatives of each", () => {
    const found = said({
      gated: [{ blocks: 8, width: 3, gater: { name: "dense", hidden: 5 }, gate: "straight-through" }],
    });
    expect(found).toEqual(
      expect.arrayContaining([
        "G₁  [5 × 6] = weight [6, 5],  d₁ = bias [5]",
        "∂L/∂G₁ = ∂L/∂r₁′ xᵀ,  ∂L/∂d₁ = ∂L/∂r₁′",
        "∂L/∂r₁′ = ∂L/∂r₁ ⊙ φ′(r₁′)",
        "x  [n] = 6",
        "a  [8]",
        "∂L/∂a ≈ ∂L/∂g",
        "straight-through, fresh noise",
        "g  [8]",
        "of closed gates as well",
        "W  [24 × 6] = weight [8, 3, 6],  b = bias [8, 3]",
        "u  [24]",
        "∂L/∂u = g ⊙ Vᵀ ∂L/∂y",
        "V  [4 × 24] = out [8, 3, 4],  c  [4] = offset",
        "∂L/∂y = p − t",
      ]),
    );
    expect(found.filter((line) => line.startsWith("∂L/∂x"))).toEqual([]);
  });

  it("numbers the letters of several layers, puts the trunk first, and says which blocks training skips", () => {
    const found = said({
      trunk: [{ units: 7, estimator: "rectifier" }],
      gated: [
        { blocks: 8, gater: { name: "low-rank", rank: 2 }, gate: "noisy-rectifier", output: 5 },
        { blocks: 6, gater: { name: "dense", hidden: [] }, gate: "disarm" },
      ],
    });
    expect(found).toEqual(
      expect.arrayContaining([
        "[m₁ × n] = 7 × 6",
        "∂L/∂h₁′ = ∂L/∂h₁ ⊙ 1[h₁′>0]",
        "G₂₁  [2 × 7] = weight [7, 2]",
        "∂L/∂r₂₁ = G₂₂ᵀ ∂L/∂a₂",
        "∂L/∂h₁ += W₂ᵀ ∂L/∂u₂′",
        "of open gates alone",
        "∂L/∂y₂ += W₃ᵀ ∂L/∂u₃′",
        "∂L/∂y₃ = p − t",
      ]),
    );
    expect(found.join("\n")).toContain("they are skipped in training too");
  });

  it("lists a tree's tables in place of a map", () => {
    const found = said({
      gated: [{ blocks: 8, gater: { name: "tree" }, gate: { name: "categorical-straight-through", classes: 8 } }],
    });
    expect(found).toContain("tree");
    expect(found.some((line) => line.startsWith("∂L/∂G"))).toBe(false);
  });
});
