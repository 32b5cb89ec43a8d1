import { UserError } from "../errors.ts";
import { continuation } from "../estimators/continuation.ts";
import type { Downstream, EstimatorState, Mode } from "../estimators/estimator.ts";
import { add, mean, reshape, showShape, slice, sum, type Tensor, zerosLike } from "../graph/index.ts";
import { inPart } from "../graph/part.ts";
import { type Key, layerKey, sharedKey, tile } from "../random/index.ts";
import { afterRows, asRows } from "./carried.ts";
import type { Batch, Head } from "./head.ts";
import { type Gated, gatesBehind, gatesOn, keptBehind, nothingKept, tiled, withoutSkipped } from "./kept.ts";
import type { BatchMoments, Flow, LayerParams, Params, Readout, TrainingPass } from "./model.ts";
import { inStage, type Placed, partAt } from "./placed.ts";
import { inSegment, type Segments } from "./segments.ts";
import { estimatorsOf, inTraining, type Look, type Stage } from "./stage.ts";

/** What a live pass leaves behind, for each stage with units: the states of its estimators, its pre-activations, what its units sent. */
interface Left {
  state?: EstimatorState | undefined;
  /** Of a stage that runs its units itself, one for each of its rows. */
  states?: readonly EstimatorState[];
  /** What its steps leave for the next batch. */
  after?: LayerParams<Tensor> | undefined;
  x?: Tensor;
  a?: Tensor;
  units?: Tensor;
  gates?: Tensor | undefined;
  around?: Tensor | undefined;
  penalty?: Tensor | undefined;
}

/** A network as its passes see it. */
export interface Parts {
  readonly placed: readonly Placed[];
  readonly head: Head;
  readonly samples: number;
  /** Of a network whose gradients compute stages again. */
  readonly segments?: Segments | undefined;
  /** x as the first stage reads it. */
  scaled(x: Tensor): Tensor;
}

export const ownOf = (params: Params<Tensor>, { first, last }: Placed): Params<Tensor> => params.slice(first, last + 1);
export const headParams = ({ head }: Parts, params: Params<Tensor>): LayerParams<Tensor> =>
  head.row ? params.at(-1)! : {};

/** Noise of the controls of a stage: apart from that of its estimator. */
const controlNoise = ({ placed }: Parts, key: Key, i: number): Key => key.fold(placed.length + i);

/** Copies of the fields that a head or a stage reads. Throws UserError for one that the batch lacks. */
export function fieldsOf(
  { kind, fields = {} }: Pick<Head | Stage, "kind" | "fields">,
  batch: Batch<Tensor>,
  copies: number,
): Batch<Tensor> {
  return Object.fromEntries(
    Object.keys(fields).map((field) => {
      const given = batch[field];
      if (!given)
        throw new UserError(
          `network: ${kind} reads the field ${field}, received ${Object.keys(batch).join(", ") || "none"}`,
        );
      return [field, tile(given, copies)];
    }),
  );
}

/** How a network is read at test. */
export interface Reading {
  readonly readout: Readout;
  readonly key: Key;
  /** What stages read beside their input, [B, …] each. */
  readonly fields: Batch<Tensor>;
  /** Told what batch normalisations find in row `row`, where their moments of this readout are fitted. */
  readonly fitting?: (row: number, batch: BatchMoments) => void;
  /** What the steps before left for the stage, and the number of the first step (default: there were none). */
  readonly before?: LayerParams<Tensor>;
  readonly first?: Tensor;
  /** How the insides of stages that run their units themselves are looked at (default: not at all). */
  readonly look?: Look;
}

/** What the first stage reads at test. */
export const begun = (parts: Parts, x: Tensor): Flow => ({ h: parts.scaled(x), kept: nothingKept });

/** One stage as at test: its pre-activations, what its units output for each of `copies` copies of x, and what the next stage reads. */
export function advance(parts: Parts, i: number, params: Params<Tensor>, at: Gated, reading: Reading, copies = 1) {
  const { h: x, kept } = at;
  const placed = parts.placed[i]!;
  const { stage } = placed;
  const { readout, key } = reading;
  const own = ownOf(params, placed);
  if (stage.run) {
    const { sent, observed = sent, after } = ranAtTest(stage, own, tile(x, copies), { ...reading, key: key.fold(i) });
    return { a: sent, units: observed, h: sent, kept: tiled(kept, sent.shape[0]!), gates: undefined, loss: undefined, after }; // biome-ignore format: one line
  }
  const noise = readout === "stochastic" ? controlNoise(parts, key, i) : undefined;
  const fitting = reading.fitting && ((batch: BatchMoments) => reading.fitting!(placed.last, batch));
  const called = { training: false, readout, fitting, rows: x.shape[0]!, ...gatesOn(stage, at) };
  const a = stage.preactivation(own, x, { ...called, noise, kept });
  const units = unitsOf(stage, own, { x: tile(x, copies), a: tile(a, copies) }, readout, key.fold(i));
  const h = stage.send?.(own, x, units, called) ?? units;
  const behind = keptBehind(placed, kept, h, { x, units, readout, training: false });
  const loss = stage.loss?.(own, { x, a, units });
  return { a, units, h, kept: behind, gates: gatesBehind(placed, units, called), loss };
}

/** What a stage outputs that runs its units itself, and what its observation sees. */
function ranAtTest(
  stage: Extract<Stage, { run: object }>,
  own: Params<Tensor>,
  x: Tensor,
  { readout, key, fields, before, first, look }: Reading,
): {
  readonly sent: Tensor;
  readonly observed: Tensor | undefined;
  readonly after: LayerParams<Tensor> | undefined;
} {
  const rows = x.shape[0]!;
  const given = Object.values(fields)[0]?.shape[0] ?? rows;
  let sent: Tensor | undefined;
  const { observed, after } = stage.run(
    own,
    {
      ...{ x, key, rows, before, first, look, states: stage.rows.map(() => ({})) },
      fields: fieldsOf(stage, fields, rows / given),
      mode: readout === "stochastic" ? "detached" : "mean",
    },
    (output) => {
      sent = output;
      return zerosLike(
        sum(
          output,
          Array.from({ length: output.rank - 1 }, (_, axis) => axis + 1),
        ),
      );
    },
  );
  return { sent: sent!, observed, after };
}

function unitsOf(stage: Stage, own: Params<Tensor>, at: { x: Tensor; a: Tensor }, readout: Readout, key: Key): Tensor {
  if (!stage.estimator) return at.a;
  if (stage.read) return stage.read(own, at, readout, key);
  const { unit } = stage.estimator;
  return readout === "stochastic" ? unit.sample(at.a, key) : unit.readout(at.a);
}

/** What stage `i` reads; of one more than there are, what the last one sends. */
export function inputOf(parts: Parts, i: number, params: Params<Tensor>, x: Tensor, reading: Reading): Flow {
  let flow: Gated = begun(parts, x);
  for (let j = 0; j < i; j++) flow = advance(parts, j, params, flow, reading);
  return { h: flow.h, kept: flow.kept };
}

/** What the last stage outputs for `copies` copies of x, what observations see, and the sum of the stages' own losses, where there are such. */
export function forward(parts: Parts, params: Params<Tensor>, x: Tensor, reading: Reading, copies = 1) {
  let flow: Gated = begun(parts, x);
  const losses: Tensor[] = [];
  const observed: Tensor[] = [];
  for (const { i, stage } of parts.placed) {
    const now = advance(parts, i, params, flow, reading, i === 0 ? copies : 1);
    if (stage.observation) observed.push(now.units);
    if (now.loss) losses.push(now.loss);
    flow = now;
  }
  // From the last on: a later stage's loss is part of an earlier one's.
  return {
    output: flow.h,
    observed,
    losses: losses.length === 0 ? undefined : losses.reduceRight((rest, own) => add(own, rest)),
  };
}

/** A stage whose units decide once for each example. */
function unitsIn({ stage, i }: Placed): Extract<Stage, { preactivation: object }> {
  if (stage.run) throw new UserError(`network: stages[${i}] runs its units itself, and has no pre-activations`);
  return stage;
}

interface Passed {
  /** B, training samples counted. */
  readonly rows: number;
  readonly key: Key;
  readonly states: readonly EstimatorState[];
  /** Of each row, what the batch before left, [B, width] each. */
  readonly carried?: Params<Tensor> | undefined;
  /** Whether statistics are those of the batch, as in training, or those of test (default: "batch"). */
  readonly statistics?: Statistics | undefined;
  /** Of each stage, what is added to what it computes: `Model.insides` (default: nothing). */
  readonly nudges?: readonly LayerParams<Tensor>[] | undefined;
}

/** Which statistics normalisations use in a live pass. */
export type Statistics = "batch" | "test";
const called = (statistics: Statistics = "batch") => ({ ...inTraining, training: statistics === "batch" });

/** A nudge [1, n] of values [R, …] that are as many. */
const nudged = (value: Tensor, by: Tensor | undefined): Tensor =>
  by ? add(value, reshape(by, [1, ...value.shape.slice(1)])) : value;

/** Pre-activations of `copies` copies of what a stage read. Without noise of their own they are the same, and computed once: `once`. */
function preactivationsIn(
  parts: Parts,
  params: Params<Tensor>,
  { rows, key, statistics }: Pick<Passed, "rows" | "key" | "statistics">,
) {
  const { placed } = parts;
  const how = called(statistics);
  return (i: number, at: Gated, copies: number): { a: Tensor; once: Tensor } => {
    const { h: x, kept } = at;
    const stage = unitsIn(placed[i]!);
    const own = ownOf(params, placed[i]!);
    const all = copies * x.shape[0]!;
    const { gates, around } = gatesOn(stage, at);
    if (!stage.noisy) {
      const given = { noise: undefined, ...how, rows: Math.min(rows, x.shape[0]!), kept, gates, around };
      const once = withoutSkipped(stage, stage.preactivation(own, x, given), around);
      return { a: tile(once, copies), once };
    }
    const noise = sharedKey(controlNoise(parts, key, i), { rows, copies: all / rows, units: stage.units });
    const of = { kept: tiled(kept, all), gates: gates && tile(gates, copies), around: around && tile(around, copies) };
    const a = withoutSkipped(stage, stage.preactivation(own, tile(x, copies), { noise, ...how, rows, ...of }), of.around); // biome-ignore format: one line
    return { a, once: a };
  };
}

/** The head's loss of what the last stage outputs, for copies of `rows` rows; undefined where it has none. */
function headLoss(parts: Parts, params: Params<Tensor>, batch: Batch<Tensor>, output: Tensor, rows: number) {
  const { head } = parts;
  const all = output.shape[0]!;
  const loss = head.loss?.(output, fieldsOf(head, batch, all / rows), headParams(parts, params));
  return loss && oneEach(`the loss of the head ${head.kind}`, loss, all);
}

/** The recursion through the stages' continuations: each stage's estimator inside the live calls of those before it. */
export function pass(
  parts: Parts,
  params: Params<Tensor>,
  batch: Batch<Tensor>,
  { rows, key, states, carried, statistics, nudges = [] }: Passed,
) {
  const { placed } = parts;
  const left: Left[] = placed.map(() => ({}));
  const how = called(statistics);
  const ends: Tensor[] = [];

  const preactivation = preactivationsIn(parts, params, { rows, key, statistics });

  /** From what a stage reads to the losses; undefined behind the last stage where the head has none. */
  const rest = (at: Gated, i: number, mode: Mode) =>
    inStage(parts, i, () => inSegment(parts.segments, i, mode, () => restFrom(at, i, mode)));
  const restFrom = (at: Gated, i: number, mode: Mode): Tensor | undefined => {
    const { h: x } = at;
    if (i === placed.length && mode === "live") ends.push(x);
    if (i === placed.length) return headLoss(parts, params, batch, x, rows);
    const { stage, unit } = placed[i]!;
    const copies = i === 0 ? rows / x.shape[0]! : 1;
    if (stage.run) return ran(i, { ...at, h: tile(x, copies) }, mode);
    // The first stage's pre-activations are the same for all samples of an example.
    const { a: found, once } = preactivation(i, at, copies);
    const a = nudged(found, nudges[i]?.a);
    const leave = (state?: EstimatorState) => {
      if (mode === "live" && !left[i]!.a) Object.assign(left[i]!, { x, a, state, ...gatesOn(stage, at) });
    };
    if (!stage.estimator) leave();
    if (!stage.estimator) return behind(i, at, once, a, mode);
    const estimator = stage.estimatorIn?.(ownOf(params, placed[i]!)) ?? stage.estimator;
    const noise = layerKey(key.fold(i), a, rows);
    if (mode === "detached") return behind(i, at, once, estimator.unit.sample(a, noise), mode);
    if (mode === "mean") return behind(i, at, once, estimator.unit.readout(a), mode);
    const downstream = continuation((units, called) => behind(i, at, once, units, called), mode);
    const { loss, state } = estimator.estimate(a, noise, downstream, states[unit] ?? {});
    leave(state);
    return loss;
  };

  /** The same of a stage that runs its units itself. */
  const ran = (i: number, { h: x, kept }: Flow, mode: Mode): Tensor => {
    const { stage, first, last } = placed[i]!;
    const at = {
      ...{ x, rows, mode, key: key.fold(i), states: states.slice(first, last + 1) },
      ...(stage.memory?.carried && { before: carried?.[first] }),
      ...(nudges[i] && { look: { nudges: nudges[i] } }),
      fields: fieldsOf(stage, batch, x.shape[0]! / rows),
    };
    const found = stage.run!(
      ownOf(params, placed[i]!),
      at,
      (output, mode) => rest({ h: nudged(output, nudges[i]?.sent), kept: tiled(kept, output.shape[0]!) }, i + 1, mode)!,
    );
    const { states: next, penalty, observed: units, after } = found;
    if (mode === "live" && !left[i]!.states) Object.assign(left[i]!, { states: next, penalty, units, after });
    return found.loss;
  };

  /** From what a stage's units output to the losses. */
  const behind = (i: number, at: Gated | undefined, a: Tensor | undefined, units: Tensor, mode: Mode): Tensor => {
    const { stage } = placed[i]!;
    const [own, x] = [ownOf(params, placed[i]!), at?.h];
    if (mode === "live") left[i]!.units ??= units;
    const loss = stage.loss?.(own, { x: x!, a: a!, units });
    const sending = { ...how, rows, ...(at && gatesOn(stage, at)) };
    const h = nudged(stage.send?.(own, x!, units, sending) ?? units, nudges[i]?.sent);
    const kept = keptBehind(placed[i]!, at?.kept ?? nothingKept, h, { x: x!, units, ...how });
    const others = rest({ h, kept, gates: gatesBehind(placed[i]!, units, sending) }, i + 1, mode);
    return loss && others ? add(loss, others) : (loss ?? others)!;
  };

  const after = (i: number, at: Flow | undefined, within: Mode): Downstream => {
    const a = placed[i]!.stage.loss && at ? preactivation(i, at, 1).once : undefined;
    return continuation((units, mode) => behind(i, at, a, units, mode), within);
  };
  return { rest, after, preactivation, ends, left };
}

interface Step {
  readonly key: Key;
  readonly states: readonly EstimatorState[];
  /** The field that the first stage reads. */
  readonly input: string;
  readonly carried?: Params<Tensor> | undefined;
  readonly statistics?: Statistics;
  readonly nudges?: Passed["nudges"];
}

export function trainingPass(parts: Parts, params: Params<Tensor>, batch: Batch<Tensor>, step: Step): TrainingPass {
  const { placed, head, samples } = parts;
  const { key, states, input, carried, statistics, nudges } = step;
  const given = batch[input]!;
  const examples = given.shape[0]!;
  const fields = Object.assign(
    {},
    ...[head, ...placed.map(({ stage }) => stage)].map((part) => fieldsOf(part, batch, samples)),
  );
  const { rest, ends, left } = pass(parts, params, fields, {
    rows: examples * samples,
    ...{ key, states, statistics, nudges },
    carried: carried?.map((row) => asRows(row, examples)),
  });
  const losses = rest(begun(parts, given), 0, "live")!;
  const next: EstimatorState[] = params.map(() => ({}));
  const moved: LayerParams<Tensor>[] = params.map(() => ({}));
  const penalties: Tensor[] = [];
  const observed: { readonly [name: string]: Tensor }[] = [];
  const kept = [...(carried ?? [])];
  for (const at of placed) {
    const { x, a, units, gates, around, state, states: inside, penalty, after } = left[at.i]!;
    if (penalty) penalties.push(penalty);
    if (at.stage.observation) observed.push(at.stage.observation.training(units!));
    inside?.forEach((own, row) => (next[at.first + row] = own));
    if (after && carried && at.stage.memory?.carried) kept[at.first] = afterRows(carried[at.first]!, after);
    if (at.stage.estimator) next[at.unit] = state!;
    const sent = { x: x!, a: a!, units: units!, gates, around };
    const control = inPart(
      () => `the control of ${partAt(parts, at.i)}`,
      () => at.stage.control?.(ownOf(params, at), states[at.first] ?? {}, sent),
    );
    if (control?.penalty) penalties.push(control.penalty);
    if (control) {
      next[at.first] = { ...next[at.first], ...control.states };
      moved[at.last] = control.moved;
    }
  }
  // An estimator that enumerates has no primary sample: the output is then that of a sample of its own.
  const enumerates = placed.some(({ stage }) => estimatorsOf(stage).some(({ card }) => card.family === "exact"));
  return {
    loss: samples === 1 ? losses : mean(reshape(losses, [samples, examples]), 0),
    output: enumerates
      ? inputOf(parts, placed.length, params, given, { readout: "stochastic", key, fields: batch }).h
      : slice(ends[0]!, 0, examples),
    states: next,
    ...(penalties.length > 0 && { penalty: penalties.reduce((p, q) => add(p, q)) }),
    moved,
    observed,
    ...(carried && { carried: kept }),
  };
}

/** What a head gives. Throws UserError unless it is one number for each row. */
function oneEach(subject: string, x: Tensor, rows: number): Tensor {
  if (x.rank !== 1 || x.shape[0] !== rows)
    throw new UserError(
      `network: ${subject} must be one number for each of ${rows} rows, received ${showShape(x.shape)}`,
    );
  return x;
}

/** What a head scores. Throws UserError where a metric lacks its numbers, or they aren't one for each row. */
export function checkedScores<S extends { readonly [metric: string]: Tensor }>(head: Head, scores: S, rows: number): S {
  for (const { name } of head.metrics) {
    const found = scores[name];
    if (!found) throw new UserError(`network: score of the head ${head.kind} must give ${name}, one of its metrics`);
    oneEach(`${name} of the head ${head.kind}`, found, rows);
  }
  return scores;
}
