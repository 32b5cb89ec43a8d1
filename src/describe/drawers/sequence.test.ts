import { expect, it, describe as suite } from "vitest";
import { classes, dense, encode, type Model, network, overTime, perStep, recurrent } from "../../models/index.ts";
import { describe } from "../describe.ts";
import { expectSaid, textsOf, unreadable } from "../testing/texts.ts";

const both = network({
  input: [28, 30],
  stages: [
    recurrent({ cell: { name: "lstm", peepholes: true }, units: 128, output: "sequence", direction: "both" }),
    recurrent({ cell: { name: "gru" }, units: 64, direction: "backward" }),
    dense({}),
  ],
  head: classes(10),
});
const spiking = network({
  input: 20,
  stages: [
    encode({ steps: 8, coding: "rate" }),
    recurrent({ cell: { name: "lif", spike: "disarm" }, units: 12, output: "sequence", lengths: "lengths" }),
    perStep({ units: 10 }),
    overTime({ reduce: "mean" }),
  ],
  head: classes(10),
});
const said = (model: Model): string[] => textsOf(describe(model).svg).map(({ text }) => text);

suite("the diagram of sequences", () => {
  it("unfolds each recurrent stage into neurons, with the network's numbers in every shape", () => {
    const words = said(both as Model);
    expectSaid(describe(both as Model).svg, [
      ...["recurrent1.forward: lstm, step t of T = 28", "Wf [30, 128]", "Uf [128, 128]", "pf [128]", "∂L/∂Wf = xtᵀ δf"],
      ...[
        "recurrent2: gru, step t of T = 28",
        "Wz [256, 64]",
        "h₁  [28, 256]",
        "h₂  [64]",
        "the state goes to step t − 1",
      ],
      "recurrent1.backward has the same neurons with parameters of its own; both outputs stand side by side.",
    ]);
    expect(words.filter((text) => text === "forget" || text === "update")).toEqual(["forget", "update"]);
  });

  it("names what follows a cell by letters that no cell has, and what a sequence is made of", () => {
    const words = said(both as Model);
    expectSaid(describe(both as Model).svg, [
      ...["Wₚ", "bₚ", "y*", "∂L/∂y′ = y − y*", "L = −Σ y* ⊙ log y, one number"],
      "+= adds to the derivative that the other way back brought.",
      "n = 840: 28 steps of 30 values, q = 10 classes; ⊙ and ⊘ go element by element, ᵀ transposes.",
    ]);
    expect(words.filter((text) => ["V", "c", "t"].includes(text))).toEqual(["c"]);
    const beside = describe(network({ input: 6, stages: [dense({})], head: classes(3) }) as Model);
    expectSaid(beside.svg, ["V", "c", "t", "L = −Σ t ⊙ log y, one number"]);
  });

  it("draws codings, maps at each step and what ends a sequence, with their derivatives", () => {
    expectSaid(describe(spiking as Model).svg, [
      ...["rate coding", "8 steps", "s₁  [8, 20]", "WI [20, 12]", "decides: DisARM (U2G)"],
      ...["W₃, b₃", "weight [12, 10]", "∂L/∂W₃ = Σₜ h₂ₜᵀ ∂L/∂yₜ", "the mean over steps", "y₃  [8, 10]"],
      ...[
        "∂L/∂y₃ = ∂L/∂y₄ divided by the steps that count",
        "Steps at and beyond lengths change nothing, and output 0.",
      ],
    ]);
  });

  it.each([both, spiking])("draws nothing outside of the picture, and no text over another one", (model) =>
    expect(unreadable(describe(model as Model).svg)).toEqual([]),
  );
});
