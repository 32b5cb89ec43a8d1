import { UserError } from "../errors.ts";
import { continuation } from "../estimators/continuation.ts";
import type { Downstream, Estimator, EstimatorState, EstimatorStateArrays, Mode } from "../estimators/estimator.ts";
import { estimatorFor } from "../estimators/index.ts";
import { add, mean, type NdArray, notEqual, reshape, type Shape, sameShape, showShape, slice, type Tensor } from "../graph/index.ts"; // biome-ignore format: one line
import { type Key, key as keyOf, layerKey, sharedKey, tile } from "../random/index.ts";
import { checkKeys, checkNumber, show } from "../rules.ts";
import type { Batch, Head } from "./head.ts";
import type { LayerParams, LayerSummary, Model, Params, Readout, TrainingPass, UnitLayer } from "./model.ts";
import { checkedInput, checkLayers, checkRoom } from "./size.ts";
import { type Stage, type StagePlace, type StageSpec, summaryOf } from "./stage.ts";

/** What a network is made from. */
export interface NetworkOptions<M extends string = string> {
  /** Shape of one example without the batch axis, or the number of its values. */
  readonly input: number | Shape;
  /** First to last. The last one's output is what the head reads. */
  readonly stages: readonly StageSpec[];
  readonly head: Head<M>;
  /** The field of the data that the first stage reads (default: "x"). */
  readonly field?: string | undefined;
  /** Noise samples of each example in a training step, whose losses and gradients are averaged (default: 1). */
  readonly trainingSamples?: number | undefined;
  /** For tables and errors (default: "network"). */
  readonly name?: string | undefined;
  /** Estimators of the user's own that a config names. */
  readonly estimators?: readonly Estimator[] | undefined;
  /** What errors call the stages (default: "stages[0]" …). */
  readonly subjects?: readonly string[] | undefined;
}

const keys = ["input", "stages", "head", "field", "trainingSamples", "name", "estimators", "subjects"] as const;

/** A stage in its place: its number, and where its rows begin. */
interface Placed {
  readonly stage: Stage;
  readonly i: number;
  readonly first: number;
  readonly last: number;
  /** The row of its units. */
  readonly unit: number;
}

/** What a live pass leaves behind, for each stage with units: the state of its estimator, its pre-activations, what its units sent. */
interface Left {
  state?: EstimatorState;
  a?: Tensor;
  units?: Tensor;
}

/**
 * A network of stages whose units decide, and a head. The estimators run nested: a stage's `downstream` is the rest of the network with the later
 * stages' own estimators in it, so that each estimator sees the loss as a function of what its units send.
 *
 * A detached call samples the later units and carries no gradient, so that L layers of two-pass estimators cost L + 1 passes. It uses the later
 * layers' noise of the live call: what differs between two calls is due to their inputs alone.
 *
 * Throws UserError for an option that isn't as it must be, and where a stage or the head can't read what comes before it. `init` throws UserError
 * for more parameters than there is memory.
 */
export const network = <M extends string>(options: NetworkOptions<M>): Model<M> => made(options, undefined);

/** Another estimator for a layer of units. */
type Choose = (own: Estimator, layer: number) => Estimator;

function made<M extends string>(options: NetworkOptions<M>, choose: Choose | undefined): Model<M> {
  const { placed, head, inputShape, field, samples, config, name } = build(options, choose);
  const layers = rowsOf(placed, head);
  checkLayers(name, layers);
  const unitLayers = placed.flatMap((at) => unitLayerOf(at));
  const withUnits = placed.filter(({ stage }) => stage.estimator);
  const parts = { placed, head, samples };
  return {
    name,
    config,
    input: field,
    inputShape,
    head,
    stages: placed.map(({ stage, first, last }) => summaryOf(stage, layers.slice(first, last + 1))),
    layers,
    unitLayers,
    thresholds: placed.flatMap(({ stage, i, first, last }) => {
      if (!stage.fitted) return [];
      const { values, ...rest } = stage.fitted;
      const own = (params: Params<Tensor>) => params.slice(first, last + 1);
      return [
        { ...rest, row: last, values: (p, x) => values(own(p), inputOf(parts, i, p, x, "deterministic", keyOf(0))) },
      ];
    }),
    remade: (chosen) => made(options, chosen),
    init(seed) {
      checkRoom(name, layers);
      return initial(parts, seed);
    },
    train: (params, batch, key, states) => trainingPass(parts, params, batch, { key, states, input: field }),
    cut(params, x, layer, key) {
      const { i } = at(withUnits, layer, name);
      const read = inputOf(parts, i, params, x, "stochastic", key);
      const { preactivation } = pass(parts, params, {}, { rows: read.shape[0]!, key, states: [] });
      return { x: read, a: preactivation(i, read, 1).a };
    },
    behind(params, batch, layer, x, key, states) {
      const { i } = at(withUnits, layer, name);
      const rows = rowsIn(batch);
      return pass(parts, params, batch, { rows, key, states }).after(i, x, "live");
    },
    output: (params, x, readout, key) => inputOf(parts, placed.length, params, x, readout, key),
    score(params, batch, readout, key) {
      const { output, losses } = forward(parts, params, batch[field]!, readout, key);
      return head.score({ output, batch, own: headParams(parts, params), losses });
    },
    losses(params, batch, readout, key, copies = 1) {
      const { output, losses } = forward(parts, params, batch[field]!, readout, key, copies);
      const last = head.loss?.(output, fieldsOf(head, batch, copies), headParams(parts, params));
      return losses && last ? add(losses, last) : (losses ?? last)!;
    },
    hidden(params, x, readout, key) {
      const found: { output: Tensor; rate: Tensor }[] = [];
      let h = x;
      for (const { i, stage } of placed) {
        const now = advance(parts, i, params, h, readout, key);
        h = now.h;
        if (!stage.estimator) continue;
        const { rate } = stage.estimator.unit;
        // What a stage reads in its own way is open or closed by that, whatever its rate was.
        const each = rate && !(stage.read && readout === "deterministic") ? rate(now.a) : notEqual(now.units, 0);
        found.push({ output: now.units, rate: mean(each, 0) });
      }
      return found;
    },
  };
}

interface Parts {
  readonly placed: readonly Placed[];
  readonly head: Head;
  readonly samples: number;
}

const ownOf = (params: Params<Tensor>, { first, last }: Placed): Params<Tensor> => params.slice(first, last + 1);
const headParams = ({ head }: Parts, params: Params<Tensor>): LayerParams<Tensor> => (head.row ? params.at(-1)! : {});

/** Noise of the controls of a stage: apart from that of its estimator. */
const controlNoise = ({ placed }: Parts, key: Key, i: number): Key => key.fold(placed.length + i);

/** Copies of the fields that a head reads. */
const fieldsOf = ({ fields }: Head, batch: Batch<Tensor>, copies: number): Batch<Tensor> =>
  Object.fromEntries(Object.keys(fields).map((field) => [field, tile(batch[field]!, copies)]));

const rowsIn = (batch: Batch<Tensor>): number => Object.values(batch)[0]!.shape[0]!;

function at(withUnits: readonly Placed[], layer: number, name: string): Placed {
  checkNumber(`${name}: the layer of units (of ${withUnits.length}, from 0)`, layer, {
    whole: true,
    atLeast: 0,
    below: withUnits.length,
  });
  return withUnits[layer]!;
}

/** One stage as at test: its pre-activations, what its units send for each of `copies` copies of x, and what the next stage reads. */
function advance(parts: Parts, i: number, params: Params<Tensor>, x: Tensor, readout: Readout, key: Key, copies = 1) {
  const placed = parts.placed[i]!;
  const { stage } = placed;
  const own = ownOf(params, placed);
  const a = stage.preactivation(own, x, readout === "stochastic" ? controlNoise(parts, key, i) : undefined);
  const units = unitsOf(stage, own, { x: tile(x, copies), a: tile(a, copies) }, readout, key.fold(i));
  return { a, units, h: stage.send?.(own, x, units, false) ?? units, loss: stage.loss?.(own, { x, a, units }) };
}

function unitsOf(stage: Stage, own: Params<Tensor>, at: { x: Tensor; a: Tensor }, readout: Readout, key: Key): Tensor {
  if (!stage.estimator) return at.a;
  if (stage.read) return stage.read(own, at, readout, key);
  const { unit } = stage.estimator;
  return readout === "stochastic" ? unit.sample(at.a, key) : unit.readout(at.a);
}

/** What stage `i` reads; of one more than there are, what the last one sends. */
const inputOf = (parts: Parts, i: number, params: Params<Tensor>, x: Tensor, readout: Readout, key: Key): Tensor =>
  parts.placed.slice(0, i).reduce((h, _, j) => advance(parts, j, params, h, readout, key).h, x);

/** What the last stage sends for `copies` copies of x, and the sum of the stages' own losses, where there are such. */
function forward(parts: Parts, params: Params<Tensor>, x: Tensor, readout: Readout, key: Key, copies = 1) {
  let h = x;
  const losses: Tensor[] = [];
  for (const { i } of parts.placed) {
    const now = advance(parts, i, params, h, readout, key, i === 0 ? copies : 1);
    if (now.loss) losses.push(now.loss);
    h = now.h;
  }
  // From the last on: a later stage's loss is part of an earlier one's.
  return { output: h, losses: losses.length === 0 ? undefined : losses.reduceRight((rest, own) => add(own, rest)) };
}

interface Passed {
  /** B, training samples counted. */
  readonly rows: number;
  readonly key: Key;
  readonly states: readonly EstimatorState[];
}

/** The recursion through the stages' continuations: each stage's estimator inside the live calls of those before it. */
function pass(parts: Parts, params: Params<Tensor>, batch: Batch<Tensor>, { rows, key, states }: Passed) {
  const { placed, head } = parts;
  const left: Left[] = placed.map(() => ({}));
  const ends: Tensor[] = [];

  const end = (output: Tensor, mode: Mode): Tensor | undefined => {
    if (mode === "live") ends.push(output);
    if (!head.loss) return undefined;
    return head.loss(output, fieldsOf(head, batch, output.shape[0]! / rows), headParams(parts, params));
  };

  /** Pre-activations of `copies` copies of what a stage read. Without noise of their own they are the same, and computed once: `once`. */
  const preactivation = (i: number, x: Tensor, copies: number): { a: Tensor; once: Tensor } => {
    const { stage } = placed[i]!;
    const own = ownOf(params, placed[i]!);
    if (!stage.noisy) {
      const once = stage.preactivation(own, x, undefined);
      return { a: tile(once, copies), once };
    }
    const called = { rows, copies: (copies * x.shape[0]!) / rows, units: stage.units };
    const a = stage.preactivation(own, tile(x, copies), sharedKey(controlNoise(parts, key, i), called));
    return { a, once: a };
  };

  /** From what a stage reads to the losses; undefined behind the last stage where the head has none. */
  const rest = (x: Tensor, i: number, mode: Mode): Tensor | undefined => {
    if (i === placed.length) return end(x, mode);
    const { stage, unit } = placed[i]!;
    // The first stage's pre-activations are the same for all samples of an example.
    const { a, once } = preactivation(i, x, i === 0 ? rows / x.shape[0]! : 1);
    if (!stage.estimator) return behind(i, x, once, a, mode);
    const estimator = stage.estimatorIn?.(ownOf(params, placed[i]!)) ?? stage.estimator;
    const noise = layerKey(key.fold(i), a, rows);
    if (mode === "detached") return behind(i, x, once, estimator.unit.sample(a, noise), mode);
    if (mode === "mean") return behind(i, x, once, estimator.unit.readout(a), mode);
    const downstream = continuation((units, called) => behind(i, x, once, units, called), mode);
    const { loss, state } = estimator.estimate(a, noise, downstream, states[unit] ?? {});
    if (mode === "live" && !left[i]!.a) Object.assign(left[i]!, { a, state });
    return loss;
  };

  /** From what a stage's units send to the losses. */
  const behind = (i: number, x: Tensor | undefined, a: Tensor | undefined, units: Tensor, mode: Mode): Tensor => {
    const { stage } = placed[i]!;
    const own = ownOf(params, placed[i]!);
    if (mode === "live") left[i]!.units ??= units;
    const loss = stage.loss?.(own, { x: x!, a: a!, units });
    const others = rest(stage.send?.(own, x!, units, true) ?? units, i + 1, mode);
    return loss && others ? add(loss, others) : (loss ?? others)!;
  };

  const after = (i: number, x: Tensor | undefined, within: Mode): Downstream => {
    const { stage } = placed[i]!;
    const a = stage.loss && x ? stage.preactivation(ownOf(params, placed[i]!), x, undefined) : undefined;
    return continuation((units, mode) => behind(i, x, a, units, mode), within);
  };
  return { rest, after, preactivation, ends, left };
}

interface Step {
  readonly key: Key;
  readonly states: readonly EstimatorState[];
  /** The field that the first stage reads. */
  readonly input: string;
}

function trainingPass(parts: Parts, params: Params<Tensor>, batch: Batch<Tensor>, step: Step): TrainingPass {
  const { placed, head, samples } = parts;
  const { key, states, input } = step;
  const x = batch[input]!;
  const examples = x.shape[0]!;
  const { rest, ends, left } = pass(parts, params, fieldsOf(head, batch, samples), {
    rows: examples * samples,
    key,
    states,
  });
  const losses = rest(x, 0, "live")!;
  const next: EstimatorState[] = params.map(() => ({}));
  const moved: LayerParams<Tensor>[] = params.map(() => ({}));
  const penalties: Tensor[] = [];
  const observed: { readonly [name: string]: Tensor }[] = [];
  for (const at of placed) {
    const { a, units, state } = left[at.i]!;
    if (!at.stage.estimator) continue;
    next[at.unit] = state!;
    const control = at.stage.control?.(ownOf(params, at), states[at.first] ?? {}, { a: a!, units: units! });
    if (control?.penalty) penalties.push(control.penalty);
    if (control) {
      next[at.first] = { ...next[at.first], ...control.states };
      moved[at.last] = control.moved;
    }
    if (at.stage.observation) observed.push(at.stage.observation.training(units!));
  }
  // An estimator that enumerates has no primary sample: the output is then that of a sample of its own.
  const enumerates = placed.some(({ stage }) => stage.estimator?.card.family === "exact");
  return {
    loss: samples === 1 ? losses : mean(reshape(losses, [samples, examples]), 0),
    output: enumerates ? inputOf(parts, placed.length, params, x, "stochastic", key) : slice(ends[0]!, 0, examples),
    states: next,
    ...(penalties.length > 0 && { penalty: penalties.reduce((p, q) => add(p, q)) }),
    moved,
    observed,
  };
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

function unitLayerOf({ stage, first, unit }: Placed): UnitLayer[] {
  const { estimator, units, readsInput = false, observation, rows } = stage;
  return estimator ? [{ row: unit, name: rows[unit - first]!.name, estimator, units, readsInput, observation }] : [];
}

function build<M extends string>(
  { input, stages, head, field = "x", name = "network", ...more }: NetworkOptions<M>,
  choose: Choose | undefined,
) {
  const { trainingSamples: samples = 1, estimators = [], subjects = [], ...unknown } = more;
  checkKeys(name, unknown, keys);
  checkNumber(`${name}: trainingSamples`, samples, { whole: true, atLeast: 1 });
  const inputShape = checkedInput(input, name);
  if (!Array.isArray(stages) || stages.length === 0)
    throw new UserError(`${name}: stages must be a list of at least one stage, received ${show(stages)}`);
  if (typeof head?.score !== "function")
    throw new UserError(`${name}: head must be a head, such as classes(10) or values(1), received ${show(head)}`);
  let layer = 0;
  const estimator: StagePlace["estimator"] = (given, subject) => {
    const called = typeof given === "string" ? given : (given as { readonly name?: unknown } | undefined)?.name;
    const own = estimators.find(({ card }) => card.name === called) ?? estimatorFor(given, subject);
    return choose?.(own, layer++) ?? own;
  };
  const placed = placedStages(stages, inputShape, (i) => ({
    subject: subjects[i] ?? `${name}: stages[${i}]`,
    wanted: i === stages.length - 1 ? head.input : undefined,
    uncontrolled: choose !== undefined,
    estimator,
  }));
  checkEnd(name, head, placed.at(-1)!.stage);
  const config = {
    ...{ name, input: inputShape, ...(field !== "x" && { field }) },
    ...{ stages: placed.map(({ stage }) => stage.config), head: head.config },
    ...(samples !== 1 && { trainingSamples: samples }),
  };
  return { placed, head, inputShape, field, samples, config, name };
}

/** Builds the stages one after the other, each told the shape that the one before it sends. */
function placedStages(
  stages: readonly StageSpec[],
  input: Shape,
  told: (i: number) => Pick<StagePlace, "subject" | "wanted" | "uncontrolled" | "estimator">,
): Placed[] {
  const placed: Placed[] = [];
  const numbers = new Map<string, number>();
  for (const [i, spec] of stages.entries()) {
    if (typeof spec?.build !== "function")
      throw new UserError(`${told(i).subject} must be a stage, such as dense({ units: 100 }), received ${show(spec)}`);
    const number = (numbers.get(spec.kind) ?? 0) + 1;
    numbers.set(spec.kind, number);
    const shape = placed.at(-1)?.stage.output ?? input;
    const stage = spec.build({ ...told(i), input: shape, place: i, number, stages: stages.length });
    const first = (placed.at(-1)?.last ?? -1) + 1;
    const last = first + stage.rows.length - 1;
    placed.push({ stage, i, first, last, unit: stage.unitRow === undefined ? last : first + stage.unitRow });
  }
  return placed;
}

/** Throws UserError where the head can't read what the last stage sends, or there would be no loss. */
function checkEnd(name: string, head: Head, last: Stage): void {
  if (head.input && !sameShape(head.input, last.output))
    throw new UserError(
      `${name}: the head ${head.kind} reads ${showShape(head.input)}, the last stage sends ${showShape(last.output)}: end with dense({ units: ${head.input.join(" · ")} })`,
    );
  if (!head.loss && !last.loss)
    throw new UserError(`${name}: the head ${head.kind} has no loss of its own, so the last stage must have one`);
}
