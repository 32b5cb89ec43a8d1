import { UserError } from "../errors.ts";
import { estimatorFor } from "../estimators/index.ts";
import { canonical, family, make, namesOf, optionsOf, type SpecOf } from "../options/index.ts";
import { checkNumber, cut, show, suggestion } from "../rules.ts";
import { alif } from "./alif.ts";
import type { Cell, CellSizes } from "./cell.ts";
import { closedForm } from "./closed-form.ts";
import type { DescribedCell } from "./described.ts";
import { gru } from "./gru.ts";
import { janet } from "./janet.ts";
import { leaky } from "./leaky.ts";
import { lif } from "./lif.ts";
import { liquid } from "./liquid.ts";
import { lstm } from "./lstm.ts";
import { minimal } from "./minimal.ts";
import { minimalGated } from "./minimal-gated.ts";
import type { CellPlace, CellSpec } from "./own-cell.ts";
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
export const cellFamily = family("cell", cells, { aliases: cellAliases, lister: "npx heaviside cells" });

/** Which cell, as JSON: `{ name: "lstm", peepholes: true }`. */
export type CellConfig = SpecOf<typeof cellFamily>;
/** A recurrent cell by name, such as "lstm". */
export type CellName = CellConfig["name"];
/** The names of all recurrent cells. */
export const cellNames = namesOf(cellFamily) as CellName[];

/**
 * The cell of a config, with I inputs and H units.
 * Throws UserError for a name or an option that doesn't exist, for a value or a size that can't be, and for options that contradict each other.
 * @param subject what an error says first, such as a path in a config file
 */
export function cellFor(given: CellConfig | CellName, sizes: CellSizes, subject = "cell"): DescribedCell {
  const config = typeof given === "string" ? ({ name: given } as CellConfig) : given;
  checkNumber(`${subject}: inputs`, sizes.inputs, { whole: true, atLeast: 1 });
  checkNumber(`${subject}: units`, sizes.units, { whole: true, atLeast: 1 });
  return make(subject, cellFamily, config, sizes);
}

/** Makes a cell of the user's own of its options, as `defineCell` gives it. */
export type CellMaker = (options: never) => CellSpec;

/** Which cell a stage runs: one of the library's, or one of the user's own. */
export type AnyCell = CellConfig | CellName | CellSpec;

/** What a cell's name may stand for beside the library's own. */
export interface OwnCells extends Partial<Pick<CellPlace, "estimator">> {
  readonly cells?: Readonly<Record<string, CellMaker>> | undefined;
}

/**
 * The cell of a config, one of the user's own, or one of the user's own that a config names. Throws UserError as `cellFor` does, and where a cell of
 * the user's own has a name of the library's.
 */
export function cellFrom(
  given: AnyCell,
  sizes: CellSizes,
  subject = "cell",
  { cells: own = {}, estimator = estimatorFor }: OwnCells = {},
): Cell {
  const { name, ...options } = (typeof given === "string" ? { name: given } : (given ?? {})) as { name?: unknown };
  const library = (called: unknown): boolean => optionsOf(cellFamily, canonical(cellFamily, called)) !== undefined;
  const spec = isSpec(given) ? given : ownNamed(own, name)?.(options as never);
  if (spec) {
    if (library(spec.name))
      throw new UserError(`${subject}: ${spec.name} is a cell of the library: give your own another name`);
    return spec.build({ sizes, subject, estimator });
  }
  if (library(name)) return cellFor(given as CellConfig | CellName, sizes, subject);
  if (typeof given === "function")
    throw new UserError(`${subject}: received a function: call it with its options, as in cell: mine({ … })`);
  if (typeof (given as Partial<Cell>)?.step === "function")
    throw new UserError(`${subject}: received an object with a step: make the cell with defineCell("mine", …)`);
  const known = [...cellNames, ...Object.keys(own)];
  throw new UserError(
    `${subject}: name must be one of ${known.join(", ")}${suggestion(name, known, cellAliases)}, received ${show(name ?? given)}; one of your own is made by defineCell, and named in { cells: { ${typeof name === "string" ? cut(name) : "mine"}: … } }`,
  );
}

const isSpec = (given: AnyCell): given is CellSpec =>
  typeof given === "object" && given !== null && typeof (given as Partial<CellSpec>).build === "function";

const ownNamed = (own: Readonly<Record<string, CellMaker>>, name: unknown): CellMaker | undefined =>
  typeof name === "string" && Object.hasOwn(own, name) ? own[name] : undefined;

export type { Cell, CellCard, CellParameter, CellSizes, CellStep, Decide, Decision, Named } from "./cell.ts";
export type { Connection, Neuron, Place } from "./neuron.ts";
export { type CellPlace, type CellSpec, defineCell, type OwnCell } from "./own-cell.ts";
