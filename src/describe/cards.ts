import { aliasesOf } from "../estimators/aliases.ts";
import { type Card, type Count, type Estimator, readsClosedGates } from "../estimators/estimator.ts";
import type { EstimatorName, EstimatorOption } from "../estimators/index.ts";
import type { NumberRule } from "../rules.ts";
import { readable } from "./readable.ts";
import { type Fitted, fitColumns } from "./table.ts";

/** A row of the table of estimators, as far as it is described. */
export interface Described {
  (): Estimator;
  readonly card: Card;
  readonly options: Readonly<Record<string, EstimatorOption>>;
  readonly defaults: Readonly<Record<string, string | number>>;
}

/** A card in short columns. */
export const cardColumns = ["name", "title", "family", "unbiased", "passes", "differentiated", "needs"] as const;
export const cardCells = (card: Card): string[] => [
  card.name,
  card.title,
  card.family,
  unbiasedText(card),
  countText(card.passes),
  countText(card.backward),
  needs(card),
];

/** All cards as aligned lines, the head first, in a room of `columns` characters. */
export const cardTable = (cards: readonly Card[], columns: number): Fitted =>
  fitColumns([[...cardColumns], ...cards.map(cardCells)], { columns, right: [4, 5], optional: [1, 6, 2, 5] });

export const countText = (count: Count): string => (typeof count === "number" ? String(count) : readable(count));

/** Whether the mean of the estimate is a gradient, and of what where that isn't the binary network's expected loss. */
export function unbiasedText({ unbiased, family, objective }: Card): string {
  if (family === "deterministic") return "no noise";
  if (typeof unbiased === "string") return unbiased;
  if (!unbiased) return "no";
  if (objective !== undefined) return "of its objective";
  if (family === "relaxation") return "of the relaxed net";
  return family === "noise injection" ? "of the noisy net" : "yes";
}

/** What a step takes of the downstream network. */
export const needs = ({ readsLoss, readsPath }: Card): string =>
  [readsLoss && "losses", readsPath && "derivatives"].filter(Boolean).join(", ");

/** What becomes of closed gates in training; at test they are always skipped. */
export function closedGates(estimator: Estimator): "none" | "evaluated" | "skipped" {
  if (!estimator.unit.rate) return "none";
  return readsClosedGates(estimator) ? "evaluated" : "skipped";
}

/** What an option may be, in words: "a whole number, at least 2". */
export function ruleText(option: EstimatorOption): string {
  if (option.kind === "choice") return option.choices.join(" | ");
  const { whole, above, atLeast, below, atMost }: NumberRule = option.rule;
  return [
    whole ? "a whole number" : "a number",
    above !== undefined && `above ${above}`,
    atLeast !== undefined && `at least ${atLeast}`,
    below !== undefined && `below ${below}`,
    atMost !== undefined && `at most ${atMost}`,
  ]
    .filter(Boolean)
    .join(", ");
}

/** A card in full, as the parts of a page: a term and what is to be said about it. Formulas as `formula` shows TeX. */
export function cardParts(
  row: Described,
  formula: (tex: string) => string = readable,
): readonly (readonly [term: string, text: string])[] {
  const { card, options, defaults } = row;
  const closed = closedGates(row());
  const cost = `${countText(card.passes)} forward ${card.passes === 1 ? "pass" : "passes"} through the downstream network, ${countText(card.backward)} of them differentiated`;
  const aliases = aliasesOf(card.name as EstimatorName);
  return [
    ["what it does", card.summary],
    ...given("also called", aliases.length > 0 ? aliases.join(", ") : undefined),
    ["∂L/∂a", formula(card.formula)],
    ...given("minimises", card.objective && formula(card.objective)),
    ["unbiased", unbiasedText(card)],
    ...given("bias", card.bias),
    ["cost", cost],
    ["needs", `${needs(card) || "nothing"} of the downstream network`],
    [
      "as a gate",
      closed === "none" ? "it never closes" : `what it closes is ${closed} in training, and skipped at test`,
    ],
    ...given("use it", card.use),
    ...given("not", card.avoid),
    ...Object.entries(options).map(
      ([name, option]) => [`option ${name}`, `${option.description} (${ruleText(option)}; ${defaults[name]})`] as const,
    ),
    ["source", card.source],
  ];
}

const given = (term: string, text: string | undefined): readonly (readonly [string, string])[] =>
  text === undefined ? [] : [[term, text]];
