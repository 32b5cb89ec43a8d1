import { expect, it, describe as suite } from "vitest";
import { type CellConfig, cellFor } from "../../cells/index.ts";
import { cases } from "../../cells/testing/cases.ts";
import { textsOf, unreadable } from "../testing/texts.ts";
import { cellPicture, unfolded } from "./index.ts";
import { sized } from "./sizes.ts";

const configs: readonly CellConfig[] = [
  ...cases.map(([config]) => config),
  { name: "leaky", spike: { name: "threshold", slope: "arctan" } },
];
const words = (svg: string): string[] => textsOf(svg).map(({ text }) => text);
/** As it is drawn: without the marks of letters below and above the line. */
const bare = (text: string): string =>
  text
    .replace(/ (?=[_^])|[_^]/gu, "")
    .replace(/[ᵢₖₙ]/gu, (c) => ({ ᵢ: "i", ₖ: "k", ₙ: "n" })[c]!)
    .replace(/ +/g, " ");

suite("a cell as neurons", () => {
  it.each(configs)("%j: each neuron and each parameter stands there once, with the parameter's shape", (config) => {
    const cell = cellFor(config, { inputs: 7919, units: 7907 });
    const texts = textsOf(cellPicture(config));
    const titles = texts.filter(({ bold }) => bold).map(({ text }) => text);
    for (const { name } of cell.neurons!)
      expect(
        titles.filter((title) => title === name),
        name,
      ).toHaveLength(1);
    const arrows = unfolded(config).neurons.flatMap((neuron) => neuron.arrows);
    expect(arrows.flatMap(({ parameter }) => parameter ?? [])).toEqual(cell.parameters.map(({ name }) => name));
    for (const { name, shape } of cell.parameters) {
      const { weight, times } = arrows.find(({ parameter }) => parameter === name)!;
      const label = bare(
        `${weight} [${shape.map(sized).join(", ")}]${times === undefined ? "" : ` ⊙ ${times}`}`,
      ).replace(/ₜ$/u, "t");
      expect(
        texts.map(({ text }) => bare(text)).filter((text) => text === label),
        `${name} ${label}`,
      ).toHaveLength(1);
    }
  });

  it.each(configs)("%j: nothing reaches out of either picture, and no text lies over another", (config) => {
    expect(unreadable(cellPicture(config))).toEqual([]);
    expect(unreadable(cellPicture(config, "textbook"))).toEqual([]);
  });

  it.each(configs)("%j: the textbook's form has a box for each neuron, and all equations", (config) => {
    const { neurons, equations, cell } = unfolded(config);
    const svg = cellPicture(config, "textbook");
    const said = words(svg);
    const boxes = [...svg.matchAll(/<path d="M[^"]*h46v38h-46Z"/g)];
    expect(boxes).toHaveLength(cell.neurons!.length);
    for (const { symbol } of neurons) expect(said.map(bare).join("\n")).toContain(bare(symbol).replace(/ₜ/gu, "t"));
    for (const equation of equations) expect(said.join("").replace(/\s/g, "")).toContain(bare(equation).slice(0, 1));
  });

  it("places the gates of an LSTM with peepholes, and says what flows back to each", () => {
    const { neurons, back } = unfolded({ name: "lstm", peepholes: true });
    expect(neurons.map(({ name, place, isGate, seesUnit }) => [name, place, isGate, seesUnit])).toEqual([
      ["input", "dendrite", true, true],
      ["forget", "soma", true, true],
      ["candidate", "dendrite", false, false],
      ["output", "axon", true, true],
    ]);
    expect(neurons[1]!.slopes).toEqual(["∂L/∂fₜ = ∂L/∂cₜ ⊙ cₜ₋₁", "δ_f = ∂L/∂fₜ ⊙ fₜ ⊙ (1 − fₜ)"]);
    expect(back[0]).toBe("∂L/∂cₜ₋₁ = ∂L/∂cₜ ⊙ fₜ + pᵢ ⊙ δᵢ + p_f ⊙ δ_f");
  });

  it("draws couplings: 1 − f in place of the input gate, the reset gate into the candidate, the voltage into the spike", () => {
    const coupled = unfolded({ name: "lstm", inputGate: "coupled" }).neurons;
    expect(coupled.map(({ name, complements }) => [name, complements])).toEqual([
      ["forget", true],
      ["candidate", false],
      ["output", false],
    ]);
    for (const reset of ["before", "after"] as const) {
      const [gate, , candidate] = unfolded({ name: "gru", reset }).neurons;
      expect([gate!.touches, candidate!.seesNeurons]).toEqual([false, ["reset"]]);
    }
    expect(unfolded({ name: "lif" }).neurons[1]).toMatchObject({ name: "spike", place: "axon", seesUnit: true });
  });

  it("names what differs from the cell's defaults, and follows the reader's ground", () => {
    const svg = cellPicture({ name: "gru", reset: "before" });
    expect(words(svg)).toContain("gated recurrent unit, reset=before");
    expect(svg).toContain("@media (prefers-color-scheme: dark)");
  });
});
