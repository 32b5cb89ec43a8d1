import type { Estimator, EstimatorState, Mode } from "../estimators/estimator.ts";
import { array, constant, evaluate, type NdArray, sum, type Tensor } from "../graph/index.ts";
import { type Key, key as keyOf, layerKey } from "../random/index.ts";
import type { Decide, Decision } from "./cell.ts";

/** How the decisions of each step are taken. The step's number, int32 [], is known when the graph runs: inside `scan` a step is traced once. */
export type DecideAt = (step: Tensor) => Decide;

/** Noise of the decisions of one run of a cell. */
export interface DecisionNoise {
  readonly key: Key;
  /** B: copies of these rows meet the same noise. */
  readonly rows: number;
}

/** The key of decision number `place` of a step, for pre-activations [R, H], R = B or several copies of the batch. */
export const decisionKey = ({ key, rows }: DecisionNoise, step: Tensor | number, place: number, a: Tensor): Key =>
  layerKey(key.fold(step).fold(place), a, rows);

/** At test: every decision gives its unit's deterministic readout. */
export const readOut: DecideAt = () =>
  Object.assign(({ estimator }: Decision, a: Tensor) => estimator.unit.readout(a), { valuesOnly: true });

/** At test: every decision is a sample of its unit. No gradient is an estimate. */
export const sampled = (noise: DecisionNoise): DecideAt => {
  const each = eachWith(noise, ({ estimator }, a, key) => estimator.unit.sample(a, key));
  return (step) => Object.assign(each(step), { valuesOnly: true });
};

/** In training, for local estimators alone: what the units output, with a gradient that is the estimator's. */
export const trainedLocally = (noise: DecisionNoise): DecideAt =>
  eachWith(noise, ({ estimator }, a, key) => outputOf(estimator, a, key));

const eachWith =
  (noise: DecisionNoise, take: (decision: Decision, a: Tensor, key: Key) => Tensor): DecideAt =>
  (step) => {
    let place = 0;
    return (decision, a) => take(decision, a, decisionKey(noise, step, place++, a));
  };

/** What a local estimator gives to the downstream network: it calls it once and adds nothing to its loss, so its output is all there is. */
export function outputOf(estimator: Estimator, a: Tensor, key: Key): Tensor {
  let output: Tensor | undefined;
  estimator.estimate(a, key, (h) => sum((output = h), 1), {});
  return output!;
}

/** A call of the downstream network. */
export interface Call {
  readonly mode: Mode;
  /** K: copies of the batch. */
  readonly copies: number;
}

/** What an estimator does with the downstream network of a layer. */
export interface Calling {
  readonly calls: readonly Call[];
  /** Operations that one estimate adds to the graph for each of its calls. */
  readonly operations: number;
  /** One live call, whose loss is the estimator's as it is, and no state: the gradient is all in what the units output. */
  readonly local: boolean;
}

const known = new WeakMap<Estimator, Map<number, Calling>>();
const ROWS = 2;

/**
 * How an estimator calls the downstream network of `units` units, from one traced step of it. Local are the deterministic units, units with
 * injected noise, the straight-through family, the relaxations, and the k largest. Score functions, antithetic pairs, local expectations,
 * control variates, enumeration and as-if-deterministic, whose derivatives are those of a pass of their own, are not.
 */
export function callingOf(estimator: Estimator, units: number): Calling {
  const found = known.get(estimator) ?? new Map<number, Calling>();
  known.set(estimator, found);
  const before = found.get(units);
  if (before) return before;
  const calls: Call[] = [];
  const losses: Tensor[] = [];
  const key = keyOf(0);
  const a = key.normal([ROWS, units]);
  const state = stateTensors(estimator.init?.([units], key) ?? {});
  const firstId = constant(0).id;
  const result = estimator.estimate(
    a,
    key,
    (h, mode = "live") => {
      calls.push({ mode, copies: h.shape[0]! / ROWS });
      losses.push(sum(h, 1));
      return losses.at(-1)!;
    },
    state,
  );
  const once = calls.length === 1 && calls[0]!.mode === "live" && calls[0]!.copies === 1;
  const operations = (constant(0).id - firstId) / calls.length;
  const calling = {
    calls,
    operations,
    local: once && result.loss === losses[0] && Object.keys(result.state).length === 0,
  };
  found.set(units, calling);
  return calling;
}

const stateTensors = (state: { readonly [name: string]: NdArray }): EstimatorState =>
  Object.fromEntries(Object.entries(state).map(([name, x]) => [name, constant(x)]));

/** Whether the deterministic readout of what is far below 0 is exactly 0: of one unit, or of one variable of classes. */
export const readsZero = ({ unit }: Estimator): boolean =>
  evaluate([unit.readout(constant(array([Array.from({ length: unit.classes ?? 1 }, () => -30)])))])[0]!.data[0] === 0;

/** Whether units output exactly 0 unless they fire: they say how often they don't, or their readout of what is far below 0 is 0. */
export const canBeSilent = (estimator: Estimator): boolean => estimator.unit.rate !== undefined || readsZero(estimator);

export const isLocal = ({ estimator, units }: Decision): boolean => callingOf(estimator, units).local;
