import type { LayerSummary, Model } from "../models/model.ts";
import { readable, subscript } from "./readable.ts";

/** A layer's letters on paper, as strings that carry the layer's number where there are several hidden layers. */
export interface Letters {
  readonly input: string; //      x, or h of the layer below
  readonly inputSize: string; //  n, or m of the layer below
  readonly size: string; //       m, q
  readonly weight: string; //     W, V
  readonly bias: string; //       b, c
  readonly before: string; //     h′, y′: the pre-activations
  readonly after: string; //      h, y
  readonly function: string; //   f, s
}

/**
 * The letters of the field for a network of affine layers: x [n] → W, b → h′ → f → h [m] → V, c → y′ → s → y [q];
 * W₁, W₂ … from two hidden layers on.
 */
export function lettersOf(model: Model): Letters[] {
  const hidden = model.layers.length - 1;
  const number = (i: number): string => (hidden > 1 ? subscript(i + 1) : "");
  const h = (i: number): string => `h${number(i)}`;
  return model.layers.map((_, i) => {
    const input = i === 0 ? "x" : h(i - 1);
    const inputSize = i === 0 ? "n" : `m${number(i - 1)}`;
    return i === hidden
      ? { input, inputSize, size: "q", weight: "V", bias: "c", before: "y′", after: "y", function: "s" }
      : {
          input,
          inputSize,
          size: `m${number(i)}`,
          weight: `W${number(i)}`,
          bias: `b${number(i)}`,
          before: `${h(i)}′`,
          after: h(i),
          function: `f${number(i)}`,
        };
  });
}

/** What flows back to a hidden layer's pre-activations, one line a formula: the estimator's own, in this layer's letters. */
export function backThroughUnits({ estimator }: LayerSummary, letters: Letters): string[] {
  const to = `∂L/∂${letters.before}`;
  const from = `∂L/∂${letters.after}`;
  if (!estimator) return [`${to} = ${from} ⊙ ${letters.function}′(${letters.before})`];
  const [first, ...where] = readable(estimator.card.formula)
    .split(/, (?=\p{L}\p{M}?=)/u)
    .map((formula) =>
      formula
        .replace(/(?<!\p{L})a(?![\p{L}\p{M}])/gu, letters.before)
        .replace(/(?<!\p{L})h(?![\p{L}\p{M}′₁₂₃₄₅₆₇₈₉₀])/gu, letters.after),
    );
  const [, path, factor] = first!.match(/^(\[.*?\]|∂L\/∂\S+) (.+)$/u) ?? [];
  const product = path?.includes(from) ? `${path} ⊙ ${factor}` : first!;
  return [`${to} ${estimator.unit.stochastic ? "≈" : "="} ${product}`, ...where];
}
