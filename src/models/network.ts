import { type CellMaker, cellFrom } from "../cells/index.ts";
import { UserError } from "../errors.ts";
import type { Estimator, EstimatorStateArrays } from "../estimators/estimator.ts";
import { estimatorFor } from "../estimators/index.ts";
import { add, mean, type NdArray, notEqual, type Shape, sameShape, showShape, showSpec, type Tensor } from "../graph/index.ts"; // biome-ignore format: one line
import { type PreprocessConfig, preprocess as preprocessed, resolvePreprocess } from "../layers/preprocess/index.ts";
import { key as keyOf } from "../random/index.ts";
import { checkBoolean, checkKeys, checkNumber, show } from "../rules.ts";
import { carriedIn } from "./carried.ts";
import type { Batch, FieldNeed, Head } from "./head.ts";
import { insidesIn } from "./insides.ts";
import type { BatchMoments, LayerParams, LayerSummary, Model, Params, UnitLayer } from "./model.ts";
import {
  advance,
  begun,
  checkedScores,
  fieldsOf,
  forward,
  headParams,
  inputOf,
  type Parts,
  pass,
  type Reading,
  trainingPass,
} from "./pass.ts";
import { configsOf, inLine, type Placed, placedStages } from "./placed.ts";
import { Segments, segmentsOf } from "./segments.ts";
import { checkedInput, checkLayers, checkNames, checkRoom } from "./size.ts";
import { draws, type Stage, type StagePlace, type StageSpec, summaryOf } from "./stage.ts";
import { momentNames } from "./stages/batch-normalisation.ts";
import { stepwiseIn } from "./stepwise.ts";

/** What a network is made from. */
export interface NetworkOptions<M extends string = string> {
  /** Shape of one example without the batch axis, or the number of its values. */
  readonly input: number | Shape;
  /** First to last. The last one's output is what the head reads. */
  readonly stages: readonly StageSpec[];
  /** What the last stage's output means, such as `classes(10)`. */
  readonly head: Head<M>;
  /** Whether inputs are spikes, 0 almost everywhere, so that a recurrent stage reads no weight of a silent one (default: false). */
  readonly inputSpikes?: boolean | undefined;
  /** How inputs are scaled before the first stage, fitted to training examples by `fitPreprocess` (default: not at all). */
  readonly preprocess?: PreprocessConfig | undefined;
  /** The field of the data that the first stage reads (default: "x"). */
  readonly field?: string | undefined;
  /** Noise samples of each example in a training step, whose losses and gradients are averaged (default: 1). */
  readonly trainingSamples?: number | undefined;
  /**
   * Whether gradients compute what lies within groups of stages again, from what the groups read, instead of keeping it from the forward to the backward
   * pass: less memory at the peak of a training step, for up to a third more time. Draws and gradients are the same (default: false).
   */
  readonly recompute?: boolean | undefined;
  /** For tables and errors (default: "network"). */
  readonly name?: string | undefined;
  /** Estimators of the user's own that a config names. */
  readonly estimators?: readonly Estimator[] | undefined;
  /** Cells of the user's own that a config names. */
  readonly cells?: Readonly<Record<string, CellMaker>> | undefined;
  /** What errors call the stages (default: "stages[0]" …). */
  readonly subjects?: readonly string[] | undefined;
}

const keys = [
  "input",
  "inputSpikes",
  "preprocess",
  "stages",
  "head",
  "field",
  "trainingSamples",
  "recompute",
  "name",
  "estimators",
  "cells",
  "subjects",
] as const;

/**
 * A network of stages whose units decide, and a head. The estimators run nested: a stage's `downstream` is the downstream network with the later
 * stages' own estimators in it, so that each estimator sees the loss as a function of what its units output.
 *
 * A detached call samples the later units and carries no gradient, so that L layers of two-pass estimators cost L + 1 passes. It uses the later
 * layers' noise of the live call: what differs between two calls is due to their inputs alone.
 *
 * Throws UserError for an option that isn't as it must be, and where a stage or the head can't read what comes before it. `init` throws UserError
 * for more parameters than there is memory.
 */
export const network = <M extends string>(options: NetworkOptions<M>): Model<M> => made(options, undefined);

/** A call of the downstream network is nested in that of the stage before: beyond this, engines run out of stack. */
const MOST_STAGES = 1_024;

/** Another estimator for a layer of units. */
type Choose = (own: Estimator, layer: number) => Estimator;

function made<M extends string>(options: NetworkOptions<M>, choose: Choose | undefined): Model<M> {
  const { placed, head, inputShape, field, samples, config, name, scaled, segments } = build(options, choose);
  const layers = rowsOf(placed, head);
  checkLayers(name, layers);
  checkNames(name, layers);
  const noisy = noiseBehind(placed);
  const unitLayers = placed.flatMap((at) => unitLayerOf(at, noisy[at.i]!));
  const withUnits = placed.filter(({ stage }) => stage.estimator);
  const parts = { placed, head, samples, scaled, segments };
  const examine: Model<M>["examine"] = (params, batch, readout, key) => {
    const { output, losses, observed } = forward(parts, params, batch[field]!, { readout, key, fields: batch });
    const scores = head.score({ output, batch, own: headParams(parts, params), losses });
    return { scores: checkedScores(head, scores, output.shape[0]!), observed };
  };
  return {
    name,
    config,
    input: field,
    inputShape,
    head,
    stages: placed.map(({ stage, first, last }) => summaryOf(stage, layers.slice(first, last + 1))),
    layers,
    unitLayers,
    fields: fieldsIn(name, head, placed),
    observations: placed.flatMap(({ stage }) => stage.observation ?? []),
    stochastic: placed.some(({ stage }) => draws(stage)),
    thresholds: placed.flatMap(({ stage, i, first, last }) => {
      if (!stage.fitted) return [];
      const { values, ...rest } = stage.fitted;
      const own = (params: Params<Tensor>) => params.slice(first, last + 1);
      const reading = { readout: "deterministic", key: keyOf(0) } as const;
      return [
        {
          ...{ ...rest, row: last },
          values: (p, x, fields = {}) => values(own(p), inputOf(parts, i, p, x, { ...reading, fields }).h),
        },
      ];
    }),
    ...momentsOf(parts, layers),
    remade: (chosen) => made(options, chosen),
    init(seed) {
      checkRoom(name, layers);
      return initial(parts, seed);
    },
    ...memoryOf(parts, config.preprocess !== undefined),
    train: (params, batch, key, states, carried) =>
      trainingPass(parts, params, batch, { key, states, input: field, carried }),
    cut(params, x, layer, key, fields = {}) {
      const { i } = at(withUnits, layer, name);
      const read = inputOf(parts, i, params, x, { readout: "stochastic", key, fields });
      const { preactivation } = pass(parts, params, {}, { rows: read.h.shape[0]!, key, states: [] });
      return { read, a: preactivation(i, read, 1).a };
    },
    behind(params, batch, layer, read, key, states, statistics) {
      const { i } = at(withUnits, layer, name);
      const rows = rowsIn(batch);
      return pass(parts, params, batch, { rows, key, states, statistics }).after(i, read, "live");
    },
    ...insidesIn(parts, field),
    output: (params, x, readout, key, fields = {}) =>
      inputOf(parts, placed.length, params, x, { readout, key, fields }).h,
    predict(params, x, readout, key, fields = {}) {
      const { output, observed } = forward(parts, params, x, { readout, key, fields });
      return { predicted: head.predict(output, headParams(parts, params)), observed };
    },
    score: (...given) => examine(...given).scores,
    examine,
    losses(params, batch, readout, key, copies = 1) {
      const { output, losses } = forward(parts, params, batch[field]!, { readout, key, fields: batch }, copies);
      const last = head.loss?.(output, fieldsOf(head, batch, copies), headParams(parts, params));
      return losses && last ? add(losses, last) : (losses ?? last)!;
    },
    hidden: (params, x, readout, key, fields = {}) => hiddenUnits(parts, params, x, { readout, key, fields }),
  };
}

/** What the layers of units output, and their firing rates. */
function hiddenUnits(parts: Parts, params: Params<Tensor>, x: Tensor, reading: Reading): ReturnType<Model["hidden"]> {
  const found: { output: Tensor; rate: Tensor }[] = [];
  let flow = begun(parts, x);
  for (const { i, stage } of parts.placed) {
    const now = advance(parts, i, params, flow, reading);
    flow = now;
    if (!stage.estimator) continue;
    const { rate } = stage.estimator.unit;
    // What a stage reads in its own way is open or closed by that, whatever its rate was.
    const own = stage.read && reading.readout === "deterministic";
    found.push({ output: now.units, rate: mean(rate && !own ? rate(now.a) : notEqual(now.units, 0), 0) });
  }
  return found;
}

/** The moments of its deterministic readout that are fitted: those of all stages in one pass, in which each takes those of the batch. */
function momentsOf(parts: Parts, layers: readonly LayerSummary[]): Pick<Model, "moments" | "batchMoments"> {
  const { mean, variance } = momentNames.deterministic;
  const moments = layers.flatMap(({ parameters }, row) =>
    parameters.some(({ name }) => name === mean) ? [{ row, mean, variance }] : [],
  );
  return {
    moments,
    batchMoments(params, x, fields = {}) {
      const found = new Map<number, BatchMoments>();
      const fitting = (row: number, batch: BatchMoments) => found.set(row, batch);
      inputOf(parts, parts.placed.length, params, x, { readout: "deterministic", key: keyOf(0), fields, fitting });
      return moments.map(({ row }) => found.get(row)!);
    },
  };
}

/** How its state is carried, and how it is run step by step. */
function memoryOf(parts: Parts, scaled: boolean): Pick<Model, "carried" | "stepwise"> {
  const [carried, stepwise] = [carriedIn(parts), stepwiseIn(parts, scaled)];
  return { ...(carried && { carried }), ...(stepwise && { stepwise }) };
}

const rowsIn = (batch: Batch<Tensor>): number => Object.values(batch)[0]!.shape[0]!;

function at(withUnits: readonly Placed[], layer: number, name: string): Placed {
  checkNumber(`${name}: the layer of units (of ${withUnits.length}, from 0)`, layer, {
    whole: true,
    atLeast: 0,
    below: withUnits.length,
  });
  return withUnits[layer]!;
}

function initial({ placed, head }: Parts, seed: number) {
  const root = keyOf(seed);
  const params: LayerParams<NdArray>[] = [];
  const states: EstimatorStateArrays[] = [];
  for (const { stage, i } of placed) {
    const made = stage.init(root, i);
    params.push(...made.params);
    states.push(...made.states);
  }
  if (head.row) {
    params.push(head.init?.() ?? {});
    states.push({});
  }
  return { params, states };
}

/** The rows of the table; where the last stage has no units, the head's function follows it. */
function rowsOf(placed: readonly Placed[], head: Head): LayerSummary[] {
  const rows = placed.flatMap(({ stage }) => stage.rows);
  const last = rows.at(-1)!;
  const ended = placed.at(-1)!.stage.estimator ? last : { ...last, activation: head.activation };
  return [...rows.slice(0, -1), ended, ...(head.row ? [head.row] : [])];
}

function unitLayerOf({ stage, first, unit, within }: Placed, noiseBehind: boolean): UnitLayer[] {
  const { estimator, units, readsInput = false, rows } = stage;
  if (!estimator) return [];
  const isRead = readsInput || stage.keeps !== undefined || within > 0;
  return [{ row: unit, name: rows[unit - first]!.name, estimator, units, readsInput: isRead, noiseBehind }];
}

/** For each stage whether one behind it draws noise that is none of an estimator's. */
function noiseBehind(placed: readonly Placed[]): boolean[] {
  const behind = new Array<boolean>(placed.length).fill(false);
  for (let i = placed.length - 2; i >= 0; i--) {
    const { estimator, inside = [], noisy = false } = placed[i + 1]!.stage;
    const isNoisy = estimator ? false : noisy || inside.some(({ unit }) => unit.stochastic);
    behind[i] = behind[i + 1]! || isNoisy;
  }
  return behind;
}

function build<M extends string>(
  { input, inputSpikes = false, stages, head, field = "x", name = "network", ...more }: NetworkOptions<M>,
  choose: Choose | undefined,
) {
  const {
    preprocess,
    trainingSamples: samples = 1,
    recompute = false,
    estimators = [],
    cells,
    subjects = [],
    ...unknown
  } = more;
  checkKeys(name, unknown, keys);
  checkNumber(`${name}: trainingSamples`, samples, { whole: true, atLeast: 1 });
  const inputShape = checkedInput(input, name);
  checkBoolean(`${name}: inputSpikes`, inputSpikes);
  checkBoolean(`${name}: recompute`, recompute);
  const scaling = preprocess && resolvePreprocess(preprocess, inputShape);
  const scaled = (x: Tensor): Tensor => (scaling ? preprocessed(scaling, x) : x);
  if (!Array.isArray(stages) || stages.length === 0)
    throw new UserError(`${name}: stages must be a list of at least one stage, received ${show(stages)}`);
  const line = inLine(stages, (i) => subjects[i] ?? `${name}: stages[${i}]`);
  if (line.length > MOST_STAGES)
    throw new UserError(`${name}: a network has at most ${MOST_STAGES} stages, received ${line.length}`);
  if (typeof head?.score !== "function")
    throw new UserError(`${name}: head must be a head, such as classes(10) or values(1), received ${show(head)}`);
  let layer = 0;
  const named: StagePlace["estimator"] = (given, subject) => {
    const called = typeof given === "string" ? given : (given as { readonly name?: unknown } | undefined)?.name;
    return estimators.find(({ card }) => card.name === called) ?? estimatorFor(given, subject);
  };
  const estimator: StagePlace["estimator"] = (given, subject) => {
    const own = named(given, subject);
    return choose?.(own, layer++) ?? own;
  };
  const placed = placedStages(line, { output: inputShape, sendsSpikes: inputSpikes }, (i) => ({
    wanted: i === line.length - 1 ? head.input : undefined,
    uncontrolled: choose !== undefined,
    estimator,
    cell: (given, sizes, subject) => cellFrom(given, sizes, subject, { cells, estimator: named }),
  }));
  checkSelection(name, head);
  checkEnd(name, head, placed.at(-1)!.stage);
  const config = {
    ...{ name, input: inputShape, ...(inputSpikes && { inputSpikes }), ...(field !== "x" && { field }) },
    ...(scaling && { preprocess: scaling }),
    ...{ stages: configsOf(placed), head: head.config },
    ...(samples !== 1 && { trainingSamples: samples }),
    ...(recompute && { recompute }),
  };
  const segments = recompute ? new Segments(segmentsOf(placed, inputShape[0])) : undefined;
  return { placed, head, inputShape, field, samples, config, name, scaled, segments };
}

/** What the stages need of the data beside their input. Throws UserError where two parts need a field in two forms. */
function fieldsIn(name: string, head: Head, placed: readonly Placed[]): Model["fields"] {
  const found: Record<string, FieldNeed> = {};
  for (const { stage, i } of placed)
    for (const [field, need] of Object.entries(stage.fields ?? {})) {
      const other = found[field] ?? head.fields[field];
      if (other && (other.dtype !== need.dtype || !sameShape(other.shape, need.shape)))
        throw new UserError(
          `${name}: stages[${i}] reads the field ${field} as ${showSpec(need)}, which another part reads as ${showSpec(other)}`,
        );
      found[field] ??= need;
    }
  return found;
}

/** Throws UserError where what selects a head's epoch is none of its metrics. */
function checkSelection(name: string, { kind, metrics, select }: Head): void {
  const names = metrics.map((metric) => metric.name);
  if (!names.includes(select.metric))
    throw new UserError(
      `${name}: the head ${kind} selects by one of its metrics, ${names.join(", ")}, received ${show(select.metric)}`,
    );
}

/** Throws UserError where the head can't read what the last stage outputs, or there would be no loss. */
function checkEnd(name: string, head: Head, last: Stage): void {
  if (head.input && !sameShape(head.input, last.output)) {
    const fix = head.draws
      ? `end with perStep({ units: ${head.input.at(-1)} }) behind a stage that outputs all steps`
      : `end with dense({ units: ${head.input.join(" · ")} })`;
    throw new UserError(
      `${name}: the head ${head.kind} reads ${showShape(head.input)}, the last stage outputs ${showShape(last.output)}: ${fix}`,
    );
  }
  if (!head.loss && !last.loss)
    throw new UserError(`${name}: the head ${head.kind} has no loss of its own, so the last stage must have one`);
}
