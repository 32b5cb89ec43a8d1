import { UserError } from "../errors.ts";
import type { Estimator } from "../estimators/estimator.ts";
import type { EstimatorConfig } from "../estimators/index.ts";
import { broadcastTo, constant, type NdArray, type Shape, sameShape, showShape, sizeOf, type Tensor } from "../graph/index.ts"; // biome-ignore format: one line
import { checkParameters, firstParameters } from "../layers/first-parameters.ts";
import type { Key } from "../random/key.ts";
import { checkNumber, show } from "../rules.ts";
import type { Cell, CellSizes, CellStep, Decide, Decision, Named } from "./cell.ts";

type Deciding = EstimatorConfig | Estimator;

/** What a cell of the user's own says of itself, for its sizes. All tensors of a step have B rows. */
export interface OwnCell {
  /** Widths of the vectors that it keeps from step to step. */
  readonly state: Named<number>;
  /** Shapes of its parameters by name (default: none). */
  readonly parameters?: Named<Shape> | undefined;
  /** Neurons that decide, and how they are trained through: H of each, or as many as are said (default: none decides). */
  readonly decisions?: Named<Deciding | { readonly estimator: Deciding; readonly units: number }> | undefined;
  /** The decision that the output is, of a cell that outputs nothing unless it fires. */
  readonly spikes?: string | undefined;
  /** What the steps need of their inputs alone, for all steps at once: x [R, I] → [R, …] each (default: x itself, as `x`). */
  project?(parameters: Named<Tensor>, x: Tensor): Named<Tensor>;
  /**
   * One step: the state [B, width] each, the step's rows of what `project` gave, and `decide`, which takes a decision by its pre-activations [B, H]
   * and is called once for each of them. Gives the next state in the form of the old one, and the output [B, H].
   */
  step(
    parameters: Named<Tensor>,
    state: Named<Tensor>,
    seen: Named<Tensor>,
    decide: (decision: string, a: Tensor) => Tensor,
  ): CellStep;
  /** Fresh parameters (default: matrices uniform on ±√(6 / (in + out)), everything else 0). */
  init?(key: Key): Named<NdArray>;
  /** The state before the first step, [B, width] each; zeros for what it doesn't name (default: zeros). */
  start?(parameters: Named<Tensor>, batch: number): Named<Tensor>;
  /** Multiply-adds of one step of one example (default: the number of values in its matrices). */
  readonly multiplyAdds?: number | undefined;
}

/** What a cell receives when it is built into a stage. */
export interface CellPlace {
  readonly sizes: CellSizes;
  /** Names the cell in errors. */
  readonly subject: string;
  /** The estimator of a config, or one of the user's own. Throws UserError, naming `subject`, where there is none. */
  estimator(given: Deciding, subject: string): Estimator;
}

/** A cell of the user's own with its options, before its sizes are known. */
export interface CellSpec {
  /** Its name in tables and configs. */
  readonly name: string;
  /** Makes the cell when the sizes of its input and of its state are known. */
  build(at: CellPlace): Cell;
}

/**
 * A recurrent cell of the user's own. `define` receives the options, which are JSON but for estimators of the user's own, and the cell's sizes:
 *
 *     const slow = defineCell("slow", ({ rate }: { rate: number }, { inputs, units }) => ({
 *       state: { h: units },
 *       parameters: { weight: [inputs, units] },
 *       step({ weight }, { h }, { x }) {
 *         const next = add(mul(h!, 1 - rate), mul(matmul(x!, weight!), rate));
 *         return { state: { h: next }, output: next };
 *       },
 *     }));
 *
 *     network({ input: [50, 3], stages: [recurrent({ cell: slow({ rate: 0.1 }), units: 8 }), dense({})], head: values(1) });
 *
 * A network that has such a cell is read back by `loadModel(bytes, { cells: { slow } })`. Throws UserError, when the network is made, where a step
 * doesn't keep to what the cell says.
 */
export function defineCell<O extends object>(
  name: string,
  define: (options: O, sizes: CellSizes) => OwnCell,
): (options: O) => CellSpec {
  return (options) => ({
    name,
    build(at) {
      const subject = `${at.subject}: ${name}`;
      const config = { ...configOf(options, subject), name };
      return built(config, define(options, at.sizes), { ...at, subject });
    },
  });
}

/** The options as a checkpoint keeps them: an estimator of the user's own by its name. */
function configOf(options: object, subject: string): { readonly [option: string]: unknown } {
  if (typeof options !== "object" || options === null)
    throw new UserError(`${subject}: options must be an object, received ${show(options)}`);
  return Object.fromEntries(
    Object.entries(options).map(([option, value]) => {
      if (typeof value === "object" && value !== null && "estimate" in value)
        return [option, { name: (value as Estimator).card.name }];
      if (["function", "symbol", "bigint"].includes(typeof value))
        throw new UserError(`${subject}.${option}: must be JSON, so that a checkpoint can keep it, received ${show(value)}`); // biome-ignore format: one line
      return [option, value];
    }),
  );
}

function built(config: Cell["config"], own: OwnCell, { sizes, subject, estimator }: CellPlace): Cell {
  const { inputs, units } = sizes;
  const { state, parameters: shapes = {}, project = (_, x) => ({ x }), start, spikes } = own;
  if (Object.keys(state ?? {}).length === 0)
    throw new UserError(`${subject}: state must name at least one vector, such as { h: units }, received ${show(state)}`); // biome-ignore format: one line
  for (const [vector, width] of Object.entries(state))
    checkNumber(`${subject}: state.${vector}`, width, { whole: true, atLeast: 1 });
  const parameters = Object.entries(shapes).map(([name, shape]) => ({ name, shape }));
  for (const { name, shape } of parameters)
    for (const length of shape)
      checkNumber(`${subject}: parameters.${name}: each length`, length, { whole: true, atLeast: 1 });
  const decisions = Object.entries(own.decisions ?? {}).map(([name, given]): Decision => {
    const wide = typeof given === "object" && "estimator" in given ? given : { estimator: given, units };
    checkNumber(`${subject}: decisions.${name}.units`, wide.units, { whole: true, atLeast: 1 });
    return { name, units: wide.units, estimator: estimator(wide.estimator, `${subject}: decisions.${name}`) };
  });
  const pairs = Object.entries(shapes);
  const cell: Cell = {
    ...{ config, inputs, units, state, parameters, decisions },
    ...(spikes !== undefined && { spikes: decisionNamed(decisions, spikes, subject) }),
    multiplyAdds: own.multiplyAdds ?? pairs.reduce((sum, [, shape]) => sum + (shape.length < 2 ? 0 : sizeOf(shape)), 0),
    init: (key) => checkParameters(own.init?.(key) ?? firstParameters(key, pairs), pairs, subject),
    ...(start && { start }),
    project: (params, x) => project(params, x),
    step: (params, before, seen, decide) => own.step(params, before, seen, byName(decisions, decide, subject)),
  };
  checkStep(cell, subject);
  return cell;
}

function decisionNamed(decisions: readonly Decision[], name: string, subject: string): Decision {
  const found = decisions.find((decision) => decision.name === name);
  if (found) return found;
  const names = decisions.map((decision) => decision.name).join(", ");
  throw new UserError(`${subject}: its decisions are ${names || "none"}, received ${show(name)}`);
}

/** Decisions by name. Throws UserError for a name that the cell doesn't have, and for pre-activations of another width. */
const byName =
  (decisions: readonly Decision[], decide: Decide, subject: string) =>
  (name: string, a: Tensor): Tensor => {
    const decision = decisionNamed(decisions, name, subject);
    if (a.rank !== 2 || a.shape[1] !== decision.units)
      throw new UserError(`${subject}: decide(${show(name)}) takes [B, ${decision.units}], received ${showShape(a.shape)}`); // biome-ignore format: one line
    return decide(decision, a);
  };

/** A batch that no width is likely to be. */
const ROWS = 3;

/** Traces one step. Throws UserError where what it gives isn't what the cell says. */
function checkStep(cell: Cell, subject: string): void {
  const { inputs, units, state, parameters, decisions } = cell;
  const zeros = (shape: Shape): Tensor => broadcastTo(constant(0), shape);
  const params = Object.fromEntries(parameters.map(({ name, shape }) => [name, zeros(shape)]));
  const vectors = Object.fromEntries(Object.entries(state).map(([name, width]) => [name, zeros([ROWS, width])]));
  const must = (what: string, value: Tensor | undefined, width?: number): void => {
    const fits = value && value.shape[0] === ROWS && (width === undefined || sameShape(value.shape, [ROWS, width]));
    if (!fits) throw new UserError(`${subject}: ${what} must be [B, ${width ?? "…"}], received ${value ? shapeFor(value) : "none"}`); // biome-ignore format: one line
  };
  const other = (what: string, given: Named<unknown>): void => {
    const name = Object.keys(given).find((own) => !Object.hasOwn(state, own));
    if (name !== undefined)
      throw new UserError(`${subject}: ${what} gives ${name}; its state has ${Object.keys(state).join(", ")}`);
  };
  const first = cell.start?.(params, ROWS) ?? {};
  other("start", first);
  for (const [name, value] of Object.entries(first)) must(`start: ${name}`, value, state[name]!);
  const seen = cell.project(params, zeros([ROWS, inputs]));
  for (const [name, value] of Object.entries(seen)) must(`project: ${name}`, value);
  const asked = new Map<string, number>();
  const step = cell.step(params, vectors, seen, (decision, a) => {
    asked.set(decision.name, (asked.get(decision.name) ?? 0) + 1);
    must(`the pre-activations of ${decision.name}`, a, decision.units);
    return zeros(a.shape);
  });
  other("step", step.state);
  for (const [name, width] of Object.entries(state)) must(`step: state.${name}`, step.state[name], width);
  must("step: output", step.output, units);
  for (const { name } of decisions)
    if (asked.get(name) !== 1)
      throw new UserError(`${subject}: a step must decide ${name} once, it does so ${asked.get(name) ?? 0} times`);
}

/** A shape with B for the batch. */
const shapeFor = ({ shape }: Tensor): string =>
  `[${shape.map((length, i) => (i === 0 && length === ROWS ? "B" : length)).join(", ")}]`;
