import { continuation } from "../estimators/continuation.ts";
import type { Downstream, EstimatorState, Mode } from "../estimators/estimator.ts";
import { add, mean, reshape, slice, type Tensor } from "../graph/index.ts";
import { type Key, layerKey, sharedKey, tile } from "../random/index.ts";
import type { Batch, Head } from "./head.ts";
import type { LayerParams, Params, Readout, TrainingPass } from "./model.ts";
import type { Stage } from "./stage.ts";

/** A stage in its place: its number, and where its rows begin. */
export interface Placed {
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

/** A network as its passes see it. */
export interface Parts {
  readonly placed: readonly Placed[];
  readonly head: Head;
  readonly samples: number;
  /** x as the first stage reads it. */
  scaled(x: Tensor): Tensor;
}

export const ownOf = (params: Params<Tensor>, { first, last }: Placed): Params<Tensor> => params.slice(first, last + 1);
export const headParams = ({ head }: Parts, params: Params<Tensor>): LayerParams<Tensor> =>
  head.row ? params.at(-1)! : {};

/** Noise of the controls of a stage: apart from that of its estimator. */
const controlNoise = ({ placed }: Parts, key: Key, i: number): Key => key.fold(placed.length + i);

/** Copies of the fields that a head reads. */
export const fieldsOf = ({ fields }: Head, batch: Batch<Tensor>, copies: number): Batch<Tensor> =>
  Object.fromEntries(Object.keys(fields).map((field) => [field, tile(batch[field]!, copies)]));

/** One stage as at test: its pre-activations, what its units send for each of `copies` copies of x, and what the next stage reads. */
export function advance(
  parts: Parts,
  i: number,
  params: Params<Tensor>,
  x: Tensor,
  readout: Readout,
  key: Key,
  copies = 1,
) {
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
export const inputOf = (
  parts: Parts,
  i: number,
  params: Params<Tensor>,
  x: Tensor,
  readout: Readout,
  key: Key,
): Tensor =>
  parts.placed.slice(0, i).reduce((h, _, j) => advance(parts, j, params, h, readout, key).h, parts.scaled(x));

/** What the last stage sends for `copies` copies of x, and the sum of the stages' own losses, where there are such. */
export function forward(parts: Parts, params: Params<Tensor>, x: Tensor, readout: Readout, key: Key, copies = 1) {
  let h = parts.scaled(x);
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
export function pass(parts: Parts, params: Params<Tensor>, batch: Batch<Tensor>, { rows, key, states }: Passed) {
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

export function trainingPass(parts: Parts, params: Params<Tensor>, batch: Batch<Tensor>, step: Step): TrainingPass {
  const { placed, head, samples } = parts;
  const { key, states, input } = step;
  const given = batch[input]!;
  const examples = given.shape[0]!;
  const { rest, ends, left } = pass(parts, params, fieldsOf(head, batch, samples), {
    rows: examples * samples,
    key,
    states,
  });
  const losses = rest(parts.scaled(given), 0, "live")!;
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
    output: enumerates ? inputOf(parts, placed.length, params, given, "stochastic", key) : slice(ends[0]!, 0, examples),
    states: next,
    ...(penalties.length > 0 && { penalty: penalties.reduce((p, q) => add(p, q)) }),
    moved,
    observed,
  };
}
