import type { LayerSummary } from "../models/model.ts";
import { readable } from "./readable.ts";

/** A layer of units' letters on paper. */
export interface Letters {
  readonly before: string; //    h′: the pre-activations
  readonly after: string; //     h
  readonly function: string; //  f
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
