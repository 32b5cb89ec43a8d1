import { expect, it, describe as suite } from "vitest";
import {
  classes,
  conv,
  dense,
  dropout,
  flatten,
  globalPool,
  type Model,
  network,
  normalise,
  pool,
  residual,
  resnet,
} from "../../models/index.ts";
import { describe } from "../describe.ts";
import { tableText } from "../table.ts";
import { expectSaid, textsOf, unreadable } from "../testing/texts.ts";

const made = network({
  input: [9, 8, 3],
  stages: [
    conv({ features: 6, size: [5, 3], stride: 2, bias: false }),
    normalise({ estimator: "rectifier" }),
    conv({ features: 6, groups: 3, estimator: "straight-through" }),
    pool({ size: [2, 1] }),
    dropout({ rate: 0.25, each: "channel" }),
    pool({ reduce: "mean", size: 1 }),
    flatten(),
    dense({}),
  ],
  head: classes(4),
}) as Model;
const deep = resnet({ input: [8, 8], classes: 3, features: 4, depth: 3, estimator: "straight-through" }) as Model;
const first = network({
  input: [5],
  stages: [
    residual({
      stages: [
        dense({ units: 5, estimator: "tanh" }),
        residual({ stages: [dense({ units: 4 })], estimator: "score-function" }),
      ],
    }),
    normalise({ over: "layer" }),
    dense({}),
  ],
  head: classes(2),
}) as Model;
const around = network({
  input: [4, 4],
  stages: [residual({ stages: [conv({ features: 2, estimator: "tanh" })] }), globalPool({ reduce: "max" }), dense({})],
  head: classes(2),
}) as Model;

/** The ways around of a drawing: from where to where the black ones go, and how many derivatives go back. */
const waysIn = (svg: string) => ({
  around: [...svg.matchAll(/<path d="M216 ([\d.]+)H([\d.]+)V([\d.]+)H235"/g)].map((found) =>
    found.slice(1).map(Number),
  ),
  back: [...svg.matchAll(/<path d="M235 [\d.]+H[\d.]+V[\d.]+H232"/g)].length,
  frames: [...svg.matchAll(/<path d="M4 ([\d.]+)H466V([\d.]+)H4Z"/g)].map((found) => found.slice(1).map(Number)),
});

suite("the diagram of images", () => {
  it("draws each kind of stage with its shapes, its parameters and its derivatives", () => {
    expectSaid(describe(made).svg, [
      ...["x  [9, 8, 3]", "∂L/∂x = W₁ᵀ ∗ ∂L/∂h₁", "not needed: the input is given", "conv 5×3 /2 h₁ = W₁ ∗ x"],
      ...["W₁ weight [5, 3, 3, 6]", "∂L/∂W₁ = x ⋆ ∂L/∂h₁", "h₁  [5, 4, 6]"],
      ...["∂L/∂h₁ = (δ − ⟨δ⟩ − x̂ ⊙ ⟨δ ⊙ x̂⟩) / σ, δ = γ₂ ⊙ ∂L/∂h₂′", "γ₂, β₂ scale [6] shift [6]"],
      ...["h₂′ = γ₂ ⊙ x̂ + β₂", "∂L/∂γ₂ = Σ x̂ ⊙ ∂L/∂h₂′", "∂L/∂h₂′ = ∂L/∂h₂ ⊙ 1[h₂′>0]"],
      ...[
        "conv 3×3, 3 groups h₃′ = W₃ ∗ h₂ + b₃",
        "weight [3, 3, 2, 6] bias [6]",
        "∂L/∂b₃ = ∂L/∂h₃′ summed over places",
      ],
      ...["max pool 2×1", "∂L/∂h₃ = ∂L/∂h₄ at the largest number of each window, 0 elsewhere", "h₄  [2, 4, 6]"],
      ...["dropout 0.25 of channels", "h₅ = m₅ ⊙ h₄ / 0.75", "∂L/∂h₄ = m₅ ⊙ ∂L/∂h₅ / 0.75"],
      ...["m₅: in training 0 with probability 0.25 for each channel of an example, else 1; at test h₅ = h₄."],
      ...["mean pool 1×1", "∂L/∂h₅ = ∂L/∂h₆ divided by n at each of a window's n places"],
      ...["∂L/∂h₆ = ∂L/∂h₇ in the shape [2, 4, 6]", "h₇  [48]", "weight [48, 4]", "x: an image of 9 × 8 × 3 values,"],
    ]);
    const said = textsOf(describe(made).svg).map(({ text }) => text);
    expect(said.filter((text) => text.includes("bias"))).toHaveLength(2);
    expect(waysIn(describe(made).svg)).toEqual({ around: [], back: 0, frames: [] });
  });

  it("draws the way around a residual stage, from what its first stage reads to the sum, and its derivative back", () => {
    const { svg } = describe(around);
    expectSaid(svg, [
      ...["P₂ weight [1, 1, 1, 2] conv 1×1 around", "∂L/∂P₂ = x ⋆ ∂L/∂h₂", "h₂ = h₁ + P₂ ∗ x", "∂L/∂h₁ = ∂L/∂h₂"],
      ...["global max pool", "∂L/∂h₂ = ∂L/∂h₃ at the largest number of each channel, 0 elsewhere"],
    ]);
    const ways = waysIn(svg);
    expect(ways.back).toBe(0); // the derivative by the input isn't needed
    const [[from, , to]] = ways.around as [[number, number, number]];
    const plus = textsOf(svg).find(({ text }) => text === "+")!;
    expect(Math.abs(plus.bottom - 5 - 4 - to)).toBeLessThan(0.01);
    expect(from).toBeLessThan(textsOf(svg).find(({ text }) => text === "∗")!.top);
  });

  it("draws the gate of a residual stage, by chance or learned, and says what it is", () => {
    const gated = (gate: object): string => {
      const stages = [residual({ stages: [conv({ features: 1 })], ...gate }), dense({})];
      return describe(network({ input: [4, 4, 1], stages, head: classes(2) }) as Model).svg;
    };
    expectSaid(gated({ keep: 0.5 }), ["h₂ = g₂ h₁ + x", "∂L/∂h₁ = g₂ ∂L/∂h₂", "1 with the chance keep,"]);
    expectSaid(gated({ gate: "disarm" }), ["h₂ = g₂ h₁ + x", "∂L/∂h₁ = g₂ ∂L/∂h₂", "a gate for each image,"]);
  });

  it("keeps the lines of residual stages that stand in each other apart", () => {
    const { svg } = describe(first);
    expectSaid(svg, [
      "h₃′ = h₂ + P₃ ∗ h₁",
      "around: ∂L/∂h₁ = P₃ᵀ ∗ ∂L/∂h₃′",
      "a matrix around",
      "∂L/∂h₃ = ∂L/∂h₄",
      "h₄ = h₃ + P₄ ∗ x",
    ]);
    const [inner, outer] = waysIn(svg).around as [number[], number[]];
    expect(inner[1]).toBeLessThan(outer[1]! - 14);
    expect(outer[0]).toBeLessThan(inner[0]!);
    expect(inner[2]).toBeLessThan(outer[2]!);
    expect(waysIn(svg).back).toBe(1);
    expectSaid(svg, ["the mean, are over all values of an example."]);
  });

  it("draws residual stages that are alike once, in a frame that says how many there are", () => {
    const { svg } = describe(deep);
    expectSaid(svg, [
      ...[
        "3 × alike: residual1 to residual3",
        "2 × alike: residual5 to residual6",
        "2 × alike: residual8 to residual9",
      ],
      ...[
        "∂L/∂h₂ += W₃ᵀ ∗ ∂L/∂h₃",
        "h₇′ = h₆ + h₂",
        "around: ∂L/∂h₂ = ∂L/∂h₇′",
        "conv 1×1 /2 around",
        "h₁₂′ = h₁₁ + P₁₂ ∗ h₇",
      ],
      "A frame stands for stages that are alike, each with parameters of its own: each reads what the one before it outputs.",
    ]);
    const { around, back, frames } = waysIn(svg);
    expect([around.length, back, frames.length]).toEqual([5, 5, 3]);
    for (const [i, way] of [0, 2, 4].entries()) {
      const [[top, bottom], [from, , to]] = [frames[i]!, around[way]!] as [number[], number[]];
      expect(top).toBeLessThan(from!);
      expect(bottom).toBeGreaterThan(to!);
    }
    const said = textsOf(svg).map(({ text }) => text);
    expect(said.filter((text) => /^conv 3×3( \/2)?$/.test(text))).toHaveLength(11);
  });

  it.each([made, deep, first, around])("draws nothing outside of the picture, and no text over another one", (model) =>
    expect(unreadable(describe(model).svg)).toEqual([]),
  );
});

suite("the table of images", () => {
  it("says each stage in words, and sets in what a residual one goes around", () => {
    const { rows, totals } = describe(deep);
    const lines = tableText(rows, totals, 1000).split("\n");
    expect(lines.slice(2, 9).map((line) => line.replace(/ \[.*/, "").trimEnd())).toEqual([
      "conv1          conv 3×3",
      "normalise1     batch normalisation, gain 3 + straight-through",
      "  conv2        conv 3×3",
      "  normalise2   batch normalisation, gain 3 + straight-through",
      "  conv3        conv 3×3",
      "  normalise3   batch normalisation, gain 3",
      "residual1      residual sum + straight-through",
    ]);
    expect(
      describe(deep)
        .rows.map(({ within }) => within ?? 0)
        .slice(0, 8),
    ).toEqual([0, 0, 1, 1, 1, 1, 0, 1]);
    const kinds = describe(made).rows.map(({ kind }) => kind);
    expect(kinds).toEqual([
      ...["conv 5×3 /2", "batch normalisation + rectifier", "conv 3×3, 3 groups + straight-through", "max pool 2×1"],
      ...["dropout 0.25 of channels", "mean pool 1×1", "flatten", "dense"],
    ]);
    expect(describe(first).rows.map(({ kind }) => kind)).toEqual([
      ...["dense + tanh", "dense", "residual sum, a matrix around + score-function", "residual sum, a matrix around"],
      ...["layer normalisation", "dense"],
    ]);
  });
});
