import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cellNames } from "../cells/index.ts";
import { textsOf } from "../describe/testing/texts.ts";
import { main } from "./main.ts";
import { fakeTerminal, heaviside } from "./testing.ts";

describe("cells", () => {
  it("lists all of them", async () => {
    const { code, out } = await heaviside("cells");
    expect(code).toBe(0);
    const lines = out.split("\n");
    cellNames.forEach((name, i) => expect(lines[i + 1]).toMatch(new RegExp(`^${name} `)));
  });

  it("prints a card: equations, neurons with place and what they see, parameters with shapes, options, source", async () => {
    const { code, out } = await heaviside("cells", "lstm");
    expect(code).toBe(0);
    for (const line of [
      "lstm: long short-term memory",
      "  fₜ = σ(xₜ W_f + hₜ₋₁ U_f + b_f)",
      "  cₜ = fₜ ⊙ cₜ₋₁ + iₜ ⊙ gₜ",
      "  output     o       axon      x, h  sigmoid",
      "  forget.recurrent     [H, H]",
      "option peepholes",
      "  c [H], h [H]",
    ])
      expect(out.split("\n")).toContain(line);
    expect(out).toContain("\n\nsource\n  Hochreiter and Schmidhuber 1997");
  });

  it("prints the cell that options come to", async () => {
    const { out } = await heaviside("cells", "lstm:peepholes=true,gates=straight-through,seesInput=forget");
    expect(out).toContain("  oₜ = straight-through(hₜ₋₁ U_o + p_o ⊙ cₜ + b_o)\n");
    expect(out).toMatch(/ {2}forget +f +soma +x, h, c of its own unit +decides:\n {48,}straight-through\n/);
    expect(out).toMatch(/ {2}forget\.peephole +\[H\]\n/);
    const inner = await heaviside("cells", "skip:cell=gru(reset=before)");
    expect(inner.out).toContain("(rₜ ⊙ hₜ₋₁) Uₙ");
  });

  it("--json gives the cards as data", async () => {
    const all = JSON.parse((await heaviside("cells", "--json")).out);
    expect(all.map(({ name }: { name: string }) => name)).toEqual(cellNames);
    const one = JSON.parse((await heaviside("cells", "ltc", "--json")).out);
    expect(one).toMatchObject({ title: "liquid time-constant", state: ["v [H]"] });
  });

  it("keeps within a terminal's columns", async () => {
    const { terminal, written } = fakeTerminal({ columns: 80 });
    for (const name of cellNames) await main(["cells", name], terminal);
    for (const line of written.out.split("\n"))
      if (!line.includes("https://")) expect(Array.from(line).length, line).toBeLessThanOrEqual(80);
  });

  it("prints the cell as neurons: what each sees, its place on the unit's body, and what flows back", async () => {
    const { out } = await heaviside("cells", "lstm:peepholes=true");
    for (const line of [
      "      hₜ₋₁ [H] ── U_f [H, H] ─┼─(σ)── fₜ [H] ─────────────────────⊙─█",
      "      δ_f = ∂L/∂fₜ ⊙ fₜ ⊙ (1 − fₜ)                                  █",
      "    ∂L/∂cₜ₋₁ = ∂L/∂cₜ ⊙ fₜ + pᵢ ⊙ δᵢ + p_f ⊙ δ_f",
    ])
      expect(out.split("\n")).toContain(line);
  });

  it("--svg draws the cell alone, as neurons or in the textbook's form", async () => {
    const folder = await mkdtemp(join(tmpdir(), "heaviside-cells-"));
    for (const [form, title] of [
      ["neurons", "gru: a nest of neurons"],
      ["textbook", "gru: the textbook’s form"],
    ] as const) {
      const file = join(folder, `${form}.svg`);
      const { code, out } = await heaviside("cells", "gru", "--svg", file, "--form", form);
      expect([code, out.split("\n").at(-2)]).toEqual([0, `drawn as ${form}: ${file}`]);
      expect(textsOf(await readFile(file, "utf8"))[0]).toMatchObject({ text: title, bold: true });
    }
    await rm(folder, { recursive: true });
  });

  it("says what a drawing needs, and writes nothing then", async () => {
    const folder = await mkdtemp(join(tmpdir(), "heaviside-cells-"));
    const file = join(folder, "x.svg");
    for (const [args, said] of [
      [["--svg", file], "name it, as in npx heaviside cells lstm --svg lstm.svg"],
      [["gru", "--svg", file, "--form", "neuron"], "did you mean neurons?"],
      [["gru", "--form", "neurons"], "give --svg too"],
      [["gru", "--svg", join(folder, "x.png")], "--svg writes SVG"],
      [["gru:reset=soon", "--svg", file], "reset must be one of after, before"],
    ] as const) {
      const { code, err } = await heaviside("cells", ...args);
      expect(code, err).toBe(1);
      expect(err).toContain(said);
    }
    expect(await readdir(folder)).toEqual([]);
    await rm(folder, { recursive: true });
  });

  it("says which name or option was meant", async () => {
    const { code, out, err } = await heaviside("cells", "lsmt");
    expect([code, out]).toEqual([1, ""]);
    expect(err).toMatch(/^heaviside: cells: name must be one of lstm, .*did you mean lstm\?.*received "lsmt"\n$/);
    expect((await heaviside("cells", "LSTM")).err).toContain("did you mean lstm?");
    const option = await heaviside("cells", "lstm:peephole=true");
    expect(option.err).toContain("did you mean peepholes?");
    const value = await heaviside("cells", "lstm:peepholes=yes");
    expect(value.err).toContain('peepholes must be true or false, received "yes"');
  });
});
