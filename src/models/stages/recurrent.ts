import { checkThroughTime } from "../../cells/cost.ts";
import { isLocal, readOut, sampled, trainedLocally } from "../../cells/decide.ts";
import { type DescribedCell, nudgedIn, preactivationName } from "../../cells/described.ts";
import type { AnyCell, Cell } from "../../cells/index.ts";
import { runCell } from "../../cells/run.ts";
import { mapNamed } from "../../cells/steps.ts";
import { type Outputs, statesThroughTime, throughTime } from "../../cells/through-time.ts";
import { watchCell } from "../../cells/watch.ts";
import { UserError } from "../../errors.ts";
import type { EstimatorState, Mode } from "../../estimators/estimator.ts";
import type { Sparsity, SparsityConfig } from "../../gating/sparsity/index.ts";
import { add, concat, reshape, type Shape, slice, type Tensor } from "../../graph/index.ts";
import { type Key, tile } from "../../random/index.ts";
import { checkBoolean, checkChoice, checkKeys, checkNumber, show } from "../../rules.ts";
import type { LayerSummary, Params } from "../model.ts";
import {
  checkLayer,
  type Ran,
  type Running,
  type Stage,
  type StageCard,
  type StagePlace,
  type StageSpec,
} from "../stage.ts";
import { carriedBy, leftBy, startFrom } from "./carried-state.ts";
import { controlled, controlStates, controlsFor, firing, sharesOf } from "./recurrent/controls.ts";
import { asSequences, sequenceOf } from "./sequence.ts";
import { specOf } from "./spec.ts";

export const recurrentOutputs = ["last", "sequence"] as const;
export const recurrentDirections = ["forward", "backward", "both"] as const;

/** A cell that is run over sequences. */
export interface RecurrentOptions {
  /** Its config, its name where its options have their defaults, or one of the user's own (`defineCell`). */
  readonly cell: AnyCell;
  /** H: units of the cell, in each direction. */
  readonly units: number;
  /** "last": the output of the last step that counts [H]; "sequence": those of all steps [T, H] (default: "last"). */
  readonly output?: (typeof recurrentOutputs)[number] | undefined;
  /** From the first step, from the last, or two cells of their own whose outputs stand side by side, [2H] (default: "forward"). */
  readonly direction?: (typeof recurrentDirections)[number] | undefined;
  /** The field of the data that says how many steps of a sequence count (default: all of them do). */
  readonly lengths?: string | undefined;
  /** k: gradient is cut after every k steps (default: never). */
  readonly truncate?: number | undefined;
  /**
   * Whether a sequence begins with the state in which the same row of the batch before ended, in training: truncated backpropagation through time over a
   * stream whose batches continue each other (default: false).
   */
  readonly carryState?: boolean | undefined;
  /** Whether the gradient computes each step again, which takes less memory and about a third more time (default: false). */
  readonly recompute?: boolean | undefined;
  /** What brings the rate of the cell's decisions, such as its spikes, to a target; several work together. */
  readonly sparsity?: SparsityConfig | readonly SparsityConfig[] | undefined;
  /** Its name in tables (default: recurrent1, recurrent2, …). */
  readonly name?: string | undefined;
}

/** What pages say about it. */
export const card: StageCard = {
  title: "a recurrent cell along a sequence",
  summary: "Runs one cell, or one in each direction, over the steps. It outputs the last step, or the whole sequence.",
  formula: "s_t = \\mathrm{cell}(x_t, s_{t-1})",
  reads: "[B, T, I]",
  outputs: "[B, H]",
};

/**
 * A recurrent stage: a cell's steps along sequences [T, I]. A vector [T] is a sequence of single numbers; of an image or a larger array the rows are
 * the steps. Steps at and beyond a sequence's length change nothing, and output 0.
 *
 * Decisions of local estimators train inside the loop (see `callingOf`). Where an estimator needs all that follows a decision, the steps are traced
 * one by one, which `checkThroughTime` allows for short sequences alone.
 *
 * Throws UserError, when the network is made, for an option that isn't as it must be, and for sequences too long for an estimator.
 */
export const recurrent = (options: RecurrentOptions): StageSpec => specOf("recurrent", options, build);

/** A stage's cell and how it is run. */
interface Built {
  readonly called: string;
  /** The shape of a sequence that it was made for. */
  readonly reads: Shape;
  readonly cell: Cell;
  readonly steps: number;
  /** For each of its cells, whether it begins at the last step. */
  readonly reversed: readonly boolean[];
  readonly output: "last" | "sequence";
  readonly lengths: string | undefined;
  readonly truncate: number | undefined;
  readonly recompute: boolean;
  readonly controls: readonly Sparsity[];
  /** What of its cell can be looked at. */
  readonly insides: Stage["insides"];
}

const keys = [
  "cell",
  "units",
  "output",
  "direction",
  "lengths",
  "truncate",
  "carryState",
  "recompute",
  "sparsity",
  "name",
] as const;

function build(options: RecurrentOptions, at: StagePlace): Stage {
  const { subject } = at;
  checkKeys(subject, options, keys);
  const { cell: config, units, output = "last", direction = "forward", lengths, truncate, sparsity, name } = options;
  const { carryState = false, recompute = false } = options;
  checkNumber(`${subject}.units`, units, { whole: true, atLeast: 1 });
  checkChoice(`${subject}.output`, output, recurrentOutputs);
  checkChoice(`${subject}.direction`, direction, recurrentDirections);
  if (truncate !== undefined) checkNumber(`${subject}.truncate`, truncate, { whole: true, atLeast: 1 });
  if (lengths !== undefined && (typeof lengths !== "string" || lengths === ""))
    throw new UserError(`${subject}.lengths must be the name of a field of the data, received ${show(lengths)}`);
  for (const [option, value] of Object.entries({ carryState, recompute })) checkBoolean(`${subject}.${option}`, value);
  const { steps, inputs } = sequenceOf(at.input);
  const cell = at.cell(config, { inputs, units, readsSpikes: at.readsSpikes }, `${subject}.cell`);
  for (const decision of cell.decisions) checkLayer(`${subject}.cell`, decision.estimator, decision.units);
  const reversed = direction === "both" ? [false, true] : [direction === "backward"];
  checkThroughTime(
    subject,
    reversed.map(() => ({ decisions: cell.decisions, steps })),
  );
  if (carryState) checkCarry(subject, cell, direction);
  const controls = at.uncontrolled ? [] : controlsFor(sparsity, cell, `${subject}.sparsity`);
  const called = name ?? `recurrent${at.number}`;
  const made = { called, reads: at.input, cell, steps, reversed, output, lengths, truncate, recompute, controls };
  const built = { ...made, insides: insidesOf(made) };
  const width = units * reversed.length;
  const sent: Shape = output === "last" ? [width] : [steps, width];
  return {
    kind: "recurrent",
    config: {
      ...{ kind: "recurrent", cell: cell.config, units, output },
      ...(direction !== "forward" && { direction }),
      ...(lengths !== undefined && { lengths }),
      ...(truncate !== undefined && { truncate }),
      ...(carryState && { carryState }),
      ...(recompute && { recompute }),
      ...(controls.length > 0 && { sparsity: [sparsity!].flat() }),
      ...(name !== undefined && { name }),
    },
    rows: rowsOf(built),
    output: sent,
    sendsSequence: output === "sequence",
    sendsSpikes: cell.spikes !== undefined,
    units: width,
    ...(direction === "forward" && { memory: { state: carriedBy(cell), carried: carryState } }),
    ...(direction === "forward" && { stepwise: output === "sequence" ? "each" : "last" }),
    inside: cell.decisions.map(({ estimator }) => estimator),
    ...(lengths !== undefined && { fields: { [lengths]: { shape: [], dtype: "int32", range: [0, steps] } } }),
    init(root, place) {
      const keys = reversed.map((_, i) => root.fold(place).fold(i));
      return {
        params: keys.map((key) => cell.init(key.fold(0))),
        states: keys.map((key) => ({
          ...statesThroughTime(cell.decisions, steps, key.fold(1)),
          ...controlStates(controls, cell),
        })),
      };
    },
    insides: built.insides,
    observation: firing(cell, steps),
    run: (own, given, downstream) => run(built, own, given, downstream),
  };
}

/** Throws UserError where a run doesn't end where the next batch begins, or has no state of its own. */
function checkCarry(subject: string, { decisions }: Cell, direction: string): void {
  if (direction !== "forward")
    throw new UserError(
      `${subject}.carryState: the next batch begins where a run forward ends, received the direction ${direction}: choose forward`,
    );
  const exact = decisions.find(({ estimator }) => estimator.card.family === "exact");
  if (exact)
    throw new UserError(
      `${subject}.carryState: needs an estimator that samples, ${exact.estimator.card.name} of ${exact.name} enumerates all outcomes`,
    );
}

/** A row of the table for each of its cells. */
function rowsOf({ called: name, cell, steps, reversed, output }: Built): LayerSummary[] {
  const estimators = [...new Set(cell.decisions.map(({ estimator }) => estimator.card.name))];
  return reversed.map((reverse) => ({
    name: reversed.length === 1 ? name : `${name}.${reverse ? "backward" : "forward"}`,
    kind: [cell.config.name, ...estimators].join(" + "),
    input: [steps, cell.inputs],
    output: output === "last" ? [cell.units] : [steps, cell.units],
    parameters: cell.parameters,
    multiplyAdds: steps * cell.multiplyAdds,
    activation: cell.config.name,
  }));
}

/** A cell that is run forward over all steps, and whose estimators need nothing that follows a decision: all that it computes can be looked at. */
const isOpen = ({ cell, reversed, lengths, truncate }: Omit<Built, "insides">): boolean =>
  "description" in cell &&
  reversed.length === 1 &&
  !reversed[0] &&
  lengths === undefined &&
  truncate === undefined &&
  cell.decisions.every(isLocal);

function insidesOf(built: Omit<Built, "insides">): Stage["insides"] {
  if (!isOpen(built)) return undefined;
  const cell = built.cell as DescribedCell;
  return mapNamed(nudgedIn(cell.description, cell), (width) => [built.steps, width]);
}

/** The same as `run` for a cell whose insides are looked at. */
function looked(
  built: Built,
  own: Params<Tensor>,
  at: Running,
  downstream: (output: Tensor, mode: Mode) => Tensor,
): Ran {
  const { nudges: given, see } = at.look!;
  const nudges = Object.fromEntries(
    Object.keys(built.insides!).flatMap((name) => (given[name] ? [[name, given[name]]] : [])),
  );
  const noise = { key: at.key.fold(0), rows: at.rows };
  const found = watchCell(built.cell as DescribedCell, own[0]!, asSequences(built.called, built.reads, at.x), {
    ...{ decide: decideIn(at.mode, noise), nudges },
  });
  for (const [name, value] of Object.entries({ ...found.values, ...found.neurons, ...found.state })) see?.(name, value);
  const [rows, steps, units] = found.output.shape as [number, number, number];
  const last = reshape(slice(found.output, [0, steps - 1], [rows, steps]), [rows, units]);
  const decided = built.cell.decisions.map(({ name }) => [
    name,
    { a: found.values[preactivationName(name)]!, output: found.neurons[name]! },
  ]);
  const loss = downstream(picked(built, { last, outputs: found.output }), at.mode);
  return {
    loss,
    ...leftBehind(
      built,
      { ...at, before: undefined },
      [{ decided: Object.fromEntries(decided), state: {} }],
      at.states,
    ),
  };
}

function run(built: Built, own: Params<Tensor>, at: Running, downstream: (output: Tensor, mode: Mode) => Tensor): Ran {
  const { cell, reversed, lengths, truncate, recompute } = built;
  if (at.look && built.insides) return looked(built, own, at, downstream);
  const x = asSequences(built.called, built.reads, at.x);
  const rows = x.shape[0]!;
  const { first, before: carried } = at;
  const start = carried && mapNamed(startFrom(cell, own[0]!, carried), (value) => tile(value, rows / at.rows));
  const counted = lengths === undefined ? undefined : at.fields[lengths]!;
  const noiseOf = (i: number) => ({ key: at.key.fold(i), rows: at.rows });
  if (at.mode === "detached" || at.mode === "mean" || cell.decisions.every(isLocal)) {
    const found = reversed.map((reverse, i) =>
      runCell(cell, own[i]!, x, {
        ...{ reverse, lengths: counted, truncate, recompute, start, first, watch: cell.decisions.length > 0 },
        decide: decideIn(at.mode, noiseOf(i)),
      }),
    );
    const loss = downstream(joined(found.map((each) => picked(built, each))), at.mode);
    return { loss, ...leftBehind(built, at, found, at.states) };
  }
  const states: EstimatorState[] = [...at.states];
  /** Each cell's run in the first live call. */
  const live: Outputs[] = [];
  /** Cell number `i` and those after it, each in what follows the one before. */
  const from = (i: number, before: readonly Tensor[], mode: Mode): Tensor => {
    if (i === reversed.length) return downstream(joined(before), mode);
    const copies = (before[0]?.shape[0] ?? rows) / rows;
    const given = {
      ...{ cell, params: own[i]!, x: tile(x, copies), mode, states: at.states[i]! },
      ...{ reverse: reversed[i]!, lengths: counted && tile(counted, copies), truncate, start, first },
      ...noiseOf(i),
    };
    const isFirst = mode === "live" && live[i] === undefined;
    const found = throughTime(given, (outputs, called) => {
      if (called === "live") live[i] ??= outputs;
      const part = picked(built, outputs);
      const all = before.map((y) => tile(y, part.shape[0]! / y.shape[0]!));
      return from(i + 1, [...all, part], called);
    });
    if (isFirst) states[i] = found.states;
    return found.loss;
  };
  const loss = from(0, [], at.mode);
  return { loss, ...leftBehind(built, at, live, states) };
}

const picked = ({ output }: Built, found: Pick<Outputs, "last" | "outputs">): Tensor =>
  output === "last" ? found.last : found.outputs;

const joined = (parts: readonly Tensor[]): Tensor => (parts.length === 1 ? parts[0]! : concat(parts, -1));

/** What a run leaves beside its loss: states, and what controls and the observation make of its decisions. */
function leftBehind(
  { cell, lengths, controls }: Built,
  at: Running,
  found: readonly Pick<Outputs, "decided" | "state">[],
  given: readonly EstimatorState[],
): Pick<Ran, "states" | "penalty" | "observed" | "after"> {
  const after = at.before && found[0] && leftBy(cell, found[0].state, at.rows);
  if (cell.decisions.length === 0 || found.length === 0) return { states: given, after };
  const each = found.map(({ decided }) => ({
    decided,
    lengths: lengths === undefined ? undefined : at.fields[lengths]!,
  }));
  const observed = joined(each.map((watched) => sharesOf(cell, watched, at)));
  if (controls.length === 0 || at.mode !== "live") return { states: given, observed, after };
  const all = each.map((watched, i) => controlled(controls, cell, at.states[i]!, watched));
  return {
    ...{ observed, after },
    states: given.map((own, i) => ({ ...own, ...all[i]!.states })),
    penalty: all.map(({ penalty }) => penalty).reduce((x, y) => add(x, y)),
  };
}

/** How decisions are taken within the loop. */
function decideIn(mode: Mode, noise: { readonly key: Key; readonly rows: number }) {
  if (mode === "mean") return readOut;
  return mode === "detached" ? sampled(noise) : trainedLocally(noise);
}
