/** Estimators through time: that they are what they are in a stack of layers, and unbiased where their cards say so, by enumeration. */
import { describe, expect, test } from "vitest";
import { continuation } from "../estimators/continuation.ts";
import type { EstimatorState, Mode } from "../estimators/estimator.ts";
import { type EstimatorConfig, estimatorFor, estimatorNames, estimatorRow } from "../estimators/index.ts";
import {
  add,
  array,
  bernoulliNll,
  broadcastTo,
  constant,
  exp,
  expandDims,
  gradients,
  matmul,
  mul,
  type NdArray,
  neg,
  reshape,
  slice,
  stack,
  sum,
  type Tensor,
  tanh,
} from "../graph/index.ts";
import { type Key, key, tile } from "../random/index.ts";
import { type Axis, cells, gaussPanels } from "../statistics/quadrature.ts";
import type { Cell, Named } from "./cell.ts";
import { callingOf, decisionKey, isLocal, sampled, trainedLocally } from "./decide.ts";
import { runCell } from "./run.ts";
import { firing, float64, gatedMemory, keyOfSteps, parametersOf, value } from "./testing/tiny.ts";
import { statesThroughTime, throughTime } from "./through-time.ts";

const names = estimatorNames.filter((name) => !estimatorRow(name).card.categorical);
const stateTensors = (state: { readonly [name: string]: NdArray }): EstimatorState =>
  Object.fromEntries(
    Object.entries(state).map(([name, { data, shape }]) => [name, constant(array(Float64Array.from(data), { shape }))]),
  );
const WEIGHTS = [0.7, -1.1, 0.5, 0.9, -0.6, 0.8];
/** Σ v tanh(outputs + its earlier product): no unit is linear in it, at any step. [R, T, H] → [R] */
const lossOf = (outputs: Tensor): Tensor => {
  const [rows, steps, units] = outputs.shape as [number, number, number];
  const flat = reshape(outputs, [rows, steps * units]);
  const mixed = matmul(
    flat,
    float64(
      Array.from({ length: steps * units }, (_, i) => Array.from({ length: 3 }, (_, j) => Math.sin(1 + 2 * i + 5 * j))),
    ),
  );
  return add(sum(mul(tanh(mixed), float64([1.3, -0.7, 0.9])), 1), 0.8);
};

test("local are the estimators whose gradient is all in what they output", () => {
  const local = names.filter((name) =>
    isLocal({ name, estimator: estimatorFor({ name } as EstimatorConfig), units: 3 }),
  );
  expect(local).toEqual([
    ...["sigmoid", "tanh", "rectifier", "noisy-sigmoid", "noisy-rectifier"],
    ...["straight-through", "straight-through-slope", "straight-through-open", "threshold", "smooth-times-stochastic"],
    ...[
      "concrete",
      "hard-concrete",
      "straight-through-gumbel",
      "gumbel-rao",
      "gapped-straight-through",
      "reinmax",
      "top-k",
    ],
  ]);
});

describe("decisions in time are those of a stack of layers, one for each step", () => {
  const [B, T, H] = [2, 3, 2];
  const x = float64([[[0.3, -0.8], [0.6, 0.1], [-0.4, 0.2]], [[-0.5, 0.4], [1.1, -0.2], [0.7, 0.9]]]); // biome-ignore format: steps
  const recurrent = float64([[0.8, -1.2], [0.5, 0.9]]); // biome-ignore format: a matrix

  /** The recursion over layers, as a network has it: layer t reads what layer t − 1 outputs. */
  function stacked(config: EstimatorConfig, given: EstimatorState[]) {
    const estimator = estimatorFor(config);
    const noise = { key: key(5), rows: B };
    const states: EstimatorState[] = [];
    const layer = (t: number, outputs: readonly Tensor[], mode: Mode): Tensor => {
      if (t === T) return lossOf(stack(outputs, 1));
      const copies = (outputs[0]?.shape[0] ?? B) / B;
      const own = tile(reshape(slice(x, [0, t], [B, t + 1]), [B, H]), copies);
      const a = t === 0 ? own : add(own, matmul(outputs.at(-1)!, recurrent));
      const at = decisionKey(noise, t, 0, a);
      const next = (h: Tensor, called: Mode): Tensor =>
        layer(t + 1, [...outputs.map((y) => tile(y, h.shape[0]! / y.shape[0]!)), h], called);
      if (mode === "detached") return next(estimator.unit.sample(a, at), mode);
      if (mode === "mean") return next(estimator.unit.readout(a), mode);
      const { loss, state } = estimator.estimate(a, at, continuation(next, mode), given[t]!);
      if (mode === "live") states[t] ??= state;
      return loss;
    };
    return { loss: layer(0, [], "live"), states };
  }

  // RELAX differentiates twice through three nested surrogates, which takes a minute.
  test.each(names.filter((name) => name !== "relax"))("%s: losses, gradients and next states", (name) => {
    const cell = firing(H, name);
    const first = statesThroughTime(cell.decisions, T, key(9));
    const states = stateTensors(first);
    const each = Array.from(
      { length: T },
      (_, t) =>
      Object.fromEntries(Object.entries(states).map(([own, all]) => [own.slice("fire.".length), reshape(slice(all, t, t + 1), all.shape.slice(1))])), // biome-ignore format: one line
    );
    const ours = throughTime({ ...{ cell, params: { recurrent }, x, mode: "live", states }, key: key(5), rows: B }, ({ outputs }) => lossOf(outputs)); // biome-ignore format: one line
    const theirs = stacked(name, each);
    const [a, b] = [ours.loss, theirs.loss].map((loss) => [loss, ...gradients(sum(loss), [x, recurrent])].map(value));
    a!.forEach((row, i) => row.forEach((v, j) => expect(v).toBeCloseTo(b![i]![j]!, 11)));
    expect(a![2]!.some((g) => g !== 0)).toBe(true);
    for (const [own, all] of Object.entries(ours.states))
      value(all).forEach((v, i) => expect(v).toBeCloseTo(theirs.states.flatMap((state) => value(state[own.slice("fire.".length)]!))[i]!, 11)); // biome-ignore format: one line
    expect(Object.keys(ours.states).length).toBe(Object.keys(first).length);
  });
});
