import { expect, it, describe as suite } from "vitest";
import { matmul, maximum } from "../graph/index.ts";
import {
  autoencoder,
  defineStage,
  dense,
  gated,
  gaussian,
  type Head,
  latent,
  type Model,
  network,
  values,
} from "../models/index.ts";
import { mlp } from "../models/mlp.ts";
import { recurrentNetwork } from "../models/recurrent.ts";
import { describe } from "./describe.ts";
import { tableText } from "./table.ts";
import { expectSaid, textsOf, unreadable } from "./testing/texts.ts";

const one = mlp({ input: [2, 3], hidden: [{ units: 5, estimator: "straight-through" }], classes: 4 });
const two = mlp({
  input: 7,
  hidden: [
    { units: 5, estimator: "score-function" },
    { units: 3, estimator: "rectifier" },
  ],
  classes: 2,
});
const maxout = defineStage("maxout", ({ units }: { units: number }, { input }) => ({
  units,
  estimator: "disarm",
  parameters: { one: [input[0]!, units], two: [input[0]!, units] },
  apply: ({ one, two }, x) => maximum(matmul(x, one!), matmul(x, two!)),
}));
const linear = autoencoder({ mean: [0.2, 0.5, 0.3], network: "linear", latents: 2, estimator: "rebar" });
const deep = autoencoder({ mean: [0.2, 0.5, 0.3], network: "nonlinear", latents: 2, layers: 2, estimator: "disarm" });
const regression = network({
  input: 20,
  stages: [dense({ units: 6, estimator: "tanh" }), maxout({ units: 8 }), dense({})],
  head: values(3),
});
const mixed = network({
  input: 12,
  stages: [
    latent({ units: 5, estimator: "disarm" }),
    gated({ blocks: 4, width: 2, gate: "straight-through", gater: { name: "dense", hidden: 3 }, output: 7 }),
    maxout({ units: 8 }),
  ],
  head: gaussian(8),
});
/** What the drawing says, line by line. */
const words = (svg: string): string[] => textsOf(svg).map(({ text }) => text);

suite("describe", () => {
  it("counts what a hand counts: 6·5 + 5 + 5·4 + 4 parameters, 6·5 + 5·4 multiply-adds", () => {
    const { rows, totals } = describe(one);
    expect(rows.map((row) => [row.layer, row.parameters, row.multiplyAdds])).toEqual([
      ["hidden1", 35, 30],
      ["output", 24, 20],
    ]);
    expect(totals).toEqual({ parameters: 59, multiplyAdds: 50, bytes: 236 });
  });

  it("prints aligned columns with every shape and the totals", () => {
    expect(describe(one).table).toBe(
      [
        "layer    kind                      input  output  shapes                   parameters  multiply-adds",
        "────────────────────────────────────────────────────────────────────────────────────────────────────",
        "hidden1  dense + straight-through  [6]    [5]     weight [6, 5], bias [5]          35             30",
        "output   dense                     [5]    [4]     weight [5, 4], bias [4]          24             20",
        "────────────────────────────────────────────────────────────────────────────────────────────────────",
        "total                                                                              59             50",
      ].join("\n"),
    );
  });

  it("breaks a layer's parameters into lines where the table would be wider than a terminal", () => {
    const { rows, totals, table } = describe(
      recurrentNetwork({ input: [5, 3], cell: { name: "lstm", peepholes: true }, units: 4, classes: 2 }),
    );
    const widest = (text: string) => Math.max(...text.split("\n").map((line) => line.length));
    const whole = tableText(rows, totals, 10_000);
    expect(widest(whole)).toBeGreaterThan(300);
    expect(widest(table)).toBeLessThanOrEqual(100);
    expect(widest(tableText(rows, totals, 90))).toBeLessThanOrEqual(90);
    const words = (text: string) =>
      text
        .replace(/[\s─]+/g, " ")
        .split(" ")
        .sort();
    expect(words(table)).toEqual(words(whole));
  });

  it("draws one hidden layer in the letters of the field, each arrow with its dimensions and its derivative", () => {
    expectSaid(describe(one).svg, [
      "x  [n] = 6",
      "[m × n] = 5 × 6",
      "∂L/∂W = ∂L/∂h′ xᵀ",
      "Wx  [m] = 5",
      "∂L/∂(Wx) = ∂L/∂h′",
      "[m] = 5",
      "∂L/∂b = ∂L/∂h′",
      "h′  [m] = 5",
      "∂L/∂h′ ≈ ∂L/∂h",
      "h  [m] = 5",
      "∂L/∂h = Vᵀ ∂L/∂y′",
      "[q × m] = 4 × 5",
      "∂L/∂V = ∂L/∂y′ hᵀ",
      "∂L/∂c = ∂L/∂y′",
      "y′  [q] = 4",
      "∂L/∂y′ = y − t",
      "y  [q] = 4",
      "∂L/∂y = −t ⊘ y",
      "weight [6, 5]",
      "bias [4]",
      "h = 1[u < σ(h′)]",
      "u: uniform in [0, 1), a fresh draw for each unit and example.",
    ]);
  });

  it("numbers the letters from two hidden layers on, and says each estimator's formula in them", () => {
    expectSaid(describe(two).svg, [
      "[m₂ × m₁] = 3 × 5",
      "∂L/∂W₂ = ∂L/∂h₂′ h₁ᵀ",
      "∂L/∂h₁′ ≈ (h₁−σ(h₁′)) L",
      "∂L/∂h₂′ = ∂L/∂h₂ ⊙ 1[h₂′>0]",
      "[q × m₂] = 2 × 3",
    ]);
  });

  it("says which derivative nobody needs: the input's, and the one above an estimator that reads the loss alone", () => {
    expectSaid(describe(two).svg, [
      "∂L/∂x = W₁ᵀ ∂L/∂h₁′ not needed: the input is given",
      "∂L/∂h₁ = W₂ᵀ ∂L/∂h₂′ not needed: the estimator above reads L alone",
      "∂L/∂h₂ = Vᵀ ∂L/∂y′ × V",
    ]);
  });

  it("draws a network without hidden layers", () => {
    expectSaid(describe(mlp({ input: 6, hidden: [], classes: 4 })).svg, [
      "[q × n] = 4 × 6",
      "∂L/∂V = ∂L/∂y′ xᵀ",
      "Vx  [q] = 4",
    ]);
  });

  it("draws an autoencoder: encoder, units, decoder and prior, with the loss of each layer of latents", () => {
    expectSaid(describe(linear).svg, [
      ...["W(x − x̄) + b", "a  [m] = 2", "h  [m] = 2", "V(2h − 1) + d", "z  [n] = 3", "prior [2]"],
      ...["∂L/∂h = 2Vᵀ ∂L/∂z + a − c", "∂L/∂z = σ(z) − x", "∂L/∂c = σ(c) − h"],
      "ℓ = log q(h | x) − log p(x | h) − log p(h)",
      "L = ℓ = −ELBO for one sample, one number",
    ]);
    expectSaid(describe(deep).svg, [
      "W₁₂r₁₁ + b₁₂",
      "∂L/∂r₁₁′ = ∂L/∂r₁₁ ⊙ φ′(r₁₁′)",
      "ℓ₁ = log q(h₁ | x) − log p(x | h₁)",
      "∂L/∂h₁ += 2W₂₁ᵀ ∂L/∂r₂₁′ − z₂",
      "ℓ₂ = log q(h₂ | h₁) − log p(h₁ | h₂) − log p(h₂)",
      "L = ℓ₁ + ℓ₂ = −ELBO for one sample, one number",
    ]);
  });

  it("draws a stage of the user's own as a box with its shapes, its parameters and its units, and the head's loss", () => {
    expectSaid(describe(regression).svg, [
      ...["maxout1", "[6] → [8]", "θ₂", "one [6, 8]", "two [6, 8]", "96 numbers", "∂L/∂θ₂"],
      ...["∂L/∂h₁ = (∂h₂′/∂h₁)ᵀ ∂L/∂h₂′", "DisARM (U2G)", "h₂ = 1[u < σ(h₂′)]"],
      ...["∂L/∂y = 2(y − t) / q", "L = Σ (y − t)² / q, one number", "the values"],
    ]);
    expect(words(describe(regression).svg)).not.toContain("s");
  });

  it("draws stages of all kinds in one picture, each in letters with its place, and adds their losses to the head's", () => {
    expectSaid(describe(mixed).svg, [
      ...["V₁(2h₁ − 1) + d₁", "what the units output", "∂L/∂h₁ += W₂ᵀ ∂L/∂u₂′", "g₂  [4]", "y₂  [7]", "maxout1"],
      ...["L = Σ ½(log 2π + s + (t − h₃)² e⁻ˢ) + ℓ₁, one number", "∂L/∂s = ½(1 − (t − h₃)² e⁻ˢ)"],
    ]);
  });

  it("names the loss of a head of the user's own, by its formula where it has one", () => {
    const plain = values(2);
    const withHead = (head: Head): string => describe(network({ input: 4, stages: [dense({})], head })).svg;
    const own: Head = { ...(plain as Head), kind: "absolute", formula: { loss: "Σ |a − t|" } };
    expectSaid(withHead(own), ["L = Σ |y − t|, one number", "y [2]"]);
    const { formula: _, ...without } = own;
    expectSaid(withHead(without), ["L = the loss of the head absolute, one number"]);
  });

  it("draws nothing outside of the picture, and no text over another one", () => {
    for (const model of [one, two, linear, deep, regression, mixed]) {
      expect(unreadable(describe(model as Model).svg)).toEqual([]);
    }
  });

  it("can be read on a phone: text of 11 pixels or more where it is 400 wide, and colours for a dark page", () => {
    for (const model of [one, two, linear, deep, regression, mixed]) {
      const { svg } = describe(model as Model);
      const width = Number(/width="(\d+)"/.exec(svg)![1]);
      const sizes = [...svg.matchAll(/font-size="([\d.]+)"/g)].map(([, size]) => Number(size));
      expect((Math.min(...sizes) * 400) / width).toBeGreaterThanOrEqual(11);
      expect(svg).toContain("@media (prefers-color-scheme: dark)");
    }
  });

  it("is titled by the sizes of its layers", () => {
    expect(words(describe(one).svg)[0]).toBe("mlp 6-5-4");
  });
});
