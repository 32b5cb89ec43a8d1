import { type CellConfig, type CellName, cellAliases, cellFor, cells } from "../cells/index.ts";
import type { Connection, Neuron } from "../cells/neuron.ts";
import { sizeOf } from "../graph/ndarray.ts";
import { defaultOf, type Options, ruleOf } from "../options/index.ts";
import { neuronLines, unfolded } from "./cells/index.ts";
import { LETTERS, sized } from "./cells/sizes.ts";
import { count } from "./format.ts";
import { equationText, readable } from "./readable.ts";
import { alignColumns } from "./table.ts";

/** Sizes for which a card counts. */
const EXAMPLE = { inputs: 28, units: 128 } as const;

/** A cell's card for a config: what is the same for all of them, and what its options come to. */
export interface CellParts {
  readonly title: string;
  readonly summary: string;
  readonly aliases: readonly string[];
  /** A step, in TeX. */
  readonly equations: readonly string[];
  /** neuron, letter, place, what it sees, what it does with it. */
  readonly neurons: readonly (readonly string[])[];
  /** name, shape */
  readonly parameters: readonly (readonly [string, string])[];
  /** "h [H]" */
  readonly state: readonly string[];
  readonly size: string;
  readonly options: readonly (readonly [name: string, text: string])[];
  readonly source: string;
}

/** Throws UserError as `cellFor` does. */
export function cellParts(config: CellConfig): CellParts {
  const cell = cellFor(config, LETTERS, "cells");
  const { card, options } = cells[cell.config.name as CellName];
  const { parameters, multiplyAdds } = cellFor(config, EXAMPLE);
  const numbers = parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  return {
    ...card,
    aliases: Object.entries(cellAliases).flatMap(([alias, name]) => (name === card.name ? [alias] : [])),
    equations: cell.equations ?? card.equations,
    neurons: [["neuron", "letter", "place", "sees", "output"], ...(cell.neurons ?? []).map(neuronCells)],
    parameters: cell.parameters.map(({ name, shape }) => [name, `[${shape.map(sized).join(", ")}]`] as const),
    state: Object.entries(cell.state).map(([name, width]) => `${name} [${sized(width)}]`),
    size: `${count(numbers)} parameters and ${count(multiplyAdds)} multiply-adds a step, for ${EXAMPLE.inputs} inputs and ${EXAMPLE.units} units`,
    options: optionTexts(options),
    source: card.source,
  };
}

const neuronCells = ({ name, letter, place, sees, squash }: Neuron): string[] => [
  name,
  readable(letter),
  place,
  sees.length === 0 ? "nothing" : sees.map(seenText).join(", "),
  typeof squash === "string" ? squash : `decides: ${squash.card.name}`,
];

/** A peephole sees its own unit alone. */
const seenText = ({ from, weight, times }: Connection): string =>
  [from, weight === "vector" ? "of its own unit" : "", times === undefined ? "" : `times ${times}`]
    .filter((part) => part !== "")
    .join(" ");

/** "a finite number (default: 1)" */
const optionTexts = (options: Options): (readonly [string, string])[] =>
  Object.entries(options).map(([name, option]) => {
    const standard = defaultOf(option);
    return [name, `${option.description} (${ruleOf(option)}${standard === undefined ? "" : `; default: ${standard}`})`];
  });

/** A card in full for a terminal: a term, and lines that may be wrapped or that stand as they are. */
export function cellTerms(config: CellConfig): readonly (readonly [term: string, lines: readonly string[]])[] {
  const parts = cellParts(config);
  return [
    ["what it does", [parts.summary]],
    ...(parts.aliases.length > 0 ? [["also called", [parts.aliases.join(", ")]] as const] : []),
    ["a step", parts.equations.map(equationText)],
    ["neurons", alignColumns(parts.neurons)],
    ["parameters", alignColumns(parts.parameters)],
    ["state", [parts.state.join(", ")]],
    ["size", [parts.size]],
    ["as neurons", neuronLines(unfolded(config))],
    ...parts.options.map(([name, text]) => [`option ${name}`, [text]] as const),
    ["source", [parts.source]],
  ];
}
