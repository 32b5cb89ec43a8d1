import { expect, it, describe as suite } from "vitest";
import { mlp } from "../models/mlp.ts";
import { describe } from "./describe.ts";

const one = mlp({ input: [2, 3], hidden: [{ units: 5, estimator: "straight-through" }], classes: 4 });
const two = mlp({
  input: 7,
  hidden: [
    { units: 5, estimator: "score-function" },
    { units: 3, estimator: "rectifier" },
  ],
  classes: 2,
});
/** What the drawing says, without the drawing. */
const words = (svg: string): string[] =>
  [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) =>
    text!.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code))),
  );

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

  it("draws one hidden layer in the letters of the field, each arrow with its dimensions and its derivative", () => {
    const said = words(describe(one).svg);
    expect(said).toEqual(
      expect.arrayContaining([
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
      ]),
    );
  });

  it("numbers the letters from two hidden layers on, and says each estimator's formula in them", () => {
    const said = words(describe(two).svg);
    expect(said).toEqual(
      expect.arrayContaining([
        "[m₂ × m₁] = 3 × 5",
        "∂L/∂W₂ = ∂L/∂h₂′ h₁ᵀ",
        "∂L/∂h₁′ ≈ (h₁−σ(h₁′)) L",
        "∂L/∂h₂′ = ∂L/∂h₂ ⊙ 1[h₂′>0]",
        "[q × m₂] = 2 × 3",
      ]),
    );
  });

  it("says which derivative nobody needs: the input's, and the one above an estimator that reads the loss alone", () => {
    const said = words(describe(two).svg);
    expect(said[said.indexOf("∂L/∂x = W₁ᵀ ∂L/∂h₁′") + 1]).toBe("not needed: the input is given");
    expect(said[said.indexOf("∂L/∂h₁ = W₂ᵀ ∂L/∂h₂′") + 1]).toBe("not needed: the estimator above reads L alone");
    expect(said[said.indexOf("∂L/∂h₂ = Vᵀ ∂L/∂y′") + 1]).toBe("V");
  });

  it("draws a network without hidden layers", () => {
    const said = words(describe(mlp({ input: 6, hidden: [], classes: 4 })).svg);
    expect(said).toEqual(expect.arrayContaining(["[q × n] = 4 × 6", "∂L/∂V = ∂L/∂y′ xᵀ", "Vx  [q] = 4"]));
  });

  it("draws nothing outside of the picture, and no text over another one", () => {
    for (const model of [one, two]) {
      const { svg } = describe(model);
      const [, width, height] = /width="(\d+)" height="(\d+)"/.exec(svg)!.map(Number);
      const boxes = [
        ...svg.matchAll(/<text x="([\d.]+)" y="([\d.]+)" font-size="([\d.]+)" text-anchor="(\w+)"[^>]*>([^<]*)</g),
      ].map(([, x, y, size, anchor, text]) => {
        const length = 0.6 * Number(size) * text!.replace(/&#\d+;/g, "x").length;
        const left = Number(x) - (anchor === "middle" ? length / 2 : anchor === "end" ? length : 0);
        return { text, left, right: left + length, top: Number(y) - 0.75 * Number(size), bottom: Number(y) };
      });
      for (const [i, a] of boxes.entries()) {
        expect(a.left >= 0 && a.right <= width! && a.bottom <= height!, a.text).toBe(true);
        for (const b of boxes.slice(i + 1)) {
          const apart = a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
          expect(apart, `${a.text} over ${b.text}`).toBe(true);
        }
      }
    }
  });
});
