import { family, make, namesOf, type SpecOf } from "../options/index.ts";
import { checkNumber } from "../rules.ts";
import { alif } from "./alif.ts";
import type { Cell, CellSizes } from "./cell.ts";
import { closedForm } from "./closed-form.ts";
import { gru } from "./gru.ts";
import { janet } from "./janet.ts";
import { leaky } from "./leaky.ts";
import { lif } from "./lif.ts";
import { liquid } from "./liquid.ts";
import { lstm } from "./lstm.ts";
import { minimal } from "./minimal.ts";
import { minimalGated } from "./minimal-gated.ts";
import { rnn } from "./rnn.ts";
import { skip } from "./skip.ts";

/** Every cell by the name that a config uses, with its card and options. Adding a file means adding a line here. */
export const cells = {
  lstm,
  gru,
  janet,
  minimal,
  "minimal-gated": minimalGated,
  rnn,
  leaky,
  liquid,
  "closed-form": closedForm,
  skip,
  lif,
  alif,
};

/** What papers and other libraries call them. */
export const cellAliases = {
  elman: "rnn",
  "simple-rnn": "rnn",
  "minimal-rnn": "minimal",
  mgu: "minimal-gated",
  "leaky-integrator": "leaky",
  ctrnn: "leaky",
  ltc: "liquid",
  cfc: "closed-form",
  "skip-rnn": "skip",
  "adaptive-lif": "alif",
} as const;

/** The cells as a config names them. */
export const cellFamily = family("cell", cells, { aliases: cellAliases });

/** Which cell, as JSON: `{ name: "lstm", peepholes: true }`. */
export type CellConfig = SpecOf<typeof cellFamily>;
export type CellName = CellConfig["name"];
export const cellNames = namesOf(cellFamily) as CellName[];

/**
 * The cell of a config, with I inputs and H units.
 * Throws UserError for a name or an option that doesn't exist, for a value or a size that can't be, and for options that contradict each other.
 * @param subject what an error says first, such as a path in a config file
 */
export function cellFor(given: CellConfig | CellName, sizes: CellSizes, subject = "cell"): Cell {
  const config = typeof given === "string" ? ({ name: given } as CellConfig) : given;
  checkNumber(`${subject}: inputs`, sizes.inputs, { whole: true, atLeast: 1 });
  checkNumber(`${subject}: units`, sizes.units, { whole: true, atLeast: 1 });
  return make(subject, cellFamily, config, sizes);
}

export type { Cell, CellCard, CellParameter, CellSizes, CellStep, Decide, Decision, Named } from "./cell.ts";
export type { Connection, Neuron, Place } from "./neuron.ts";
