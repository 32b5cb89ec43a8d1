/** The rest of the network as an estimator in a hidden layer calls it: copies of the batch, and the modes. */
import { describe, expect, test } from "vitest";
import type { Estimator } from "../estimators/estimator.ts";
import { pathGradient } from "../estimators/path-gradient.ts";
import { send } from "../estimators/samples.ts";
import { scoreFunction } from "../estimators/score-function.ts";
import {
  array,
  concat,
  constant,
  evaluate,
  gradients,
  leaves,
  mapTree,
  type NdArray,
  type Tensor,
  type Tree,
} from "../graph/index.ts";
import { key } from "../random/index.ts";
import { type MlpOptions, mlp } from "./mlp.ts";
import type { Params } from "./model.ts";

const value = (x: Tensor): number[] => Array.from(evaluate([x])[0]!.data);
const x = constant(array([[0.2, -0.4, 0.9], [1, 0.3, -0.7], [0.4, 0.1, 0.5]])); // biome-ignore format: a table
const labels = constant(array(Int32Array.of(2, 0, 1)));
const bits = (...rows: number[][]): Tensor => constant(array(rows));
const one = bits([1, 0, 1, 1], [0, 0, 1, 0], [1, 1, 1, 0]);
const two = bits([0, 1, 0, 1], [1, 0, 0, 0], [0, 1, 1, 1]);

function cut(hidden: MlpOptions["hidden"], layer = 0) {
  const model = mlp({ input: 3, hidden, classes: 3 });
  const { params, states } = model.init(7);
  const tensors = mapTree(params as Tree<NdArray>, (p) => constant(p)) as Params<Tensor>;
  const given = states.map((state) => mapTree(state as Tree<NdArray>, (s) => constant(s))) as never;
  const { a, downstream } = model.cut(tensors, x, labels, layer, key(3), given);
  const weights = leaves(tensors as Tree<Tensor>).map((leaf) => leaf.value);
  return { a, downstream, weights, model, params: tensors, states: given };
}

const nets: Readonly<Record<string, MlpOptions["hidden"]>> = {
  "one layer": [{ units: 4, estimator: "score-function" }],
  "two layers": [
    { units: 4, estimator: "score-function" },
    { units: 2, estimator: "straight-through-slope" },
  ],
  "three layers": [
    { units: 4, estimator: "score-function" },
    { units: 2, estimator: "score-function" },
    { units: 3, estimator: "straight-through-slope" },
  ],
};

describe.each(Object.entries(nets))("the rest of a network of %s", (_, hidden) => {
  const { downstream, weights } = cut(hidden);

  test.each(["live", "path", "detached"] as const)(
    "gives copies of a batch, called %s, the losses of calls one by one",
    (mode) => {
      const together = value(downstream(concat([one, two, one], 0), mode));
      const [first, second] = [one, two].map((h) => value(downstream(h, mode)));
      [...first!, ...second!, ...first!].forEach((loss, i) => expect(together[i]).toBeCloseTo(loss, 6));
    },
  );

  test("has the same losses live, by path and detached", () => {
    const [live, path, detached] = (["live", "path", "detached"] as const).map((mode) => value(downstream(one, mode)));
    expect(path).toEqual(live);
    expect(detached).toEqual(live);
  });

  test("has the same gradient with respect to what was sent, live and by path, copies included; detached it has none", () => {
    const [live, path, folded, detached] = [
      gradients(downstream(one).sum(), [one])[0]!,
      pathGradient(downstream, one).gradient,
      pathGradient(downstream, concat([two, one], 0)).gradient,
      gradients(downstream(one, "detached").sum(), [one])[0]!,
    ].map(value);
    expect(live!.some((g) => g !== 0)).toBe(true);
    path!.forEach((g, i) => expect(g).toBeCloseTo(live![i]!, 6));
    folded!.slice(12).forEach((g, i) => expect(g).toBeCloseTo(live![i]!, 6));
    expect(detached!.every((g) => g === 0)).toBe(true);
  });

  test("has second derivatives, live and by path", () => {
    const second = (loss: Tensor) => {
      const [slope] = gradients(loss.sum(), [one]);
      return value(gradients(slope!.mul(two.add(0.5)).sum(), [one])[0]!);
    };
    const [live, path] = [second(downstream(one)), second(downstream(one, "path"))];
    // The score function's estimate is a constant to whoever differentiates it.
    expect(live.some((g) => g !== 0)).toBe(hidden[1]?.estimator !== "score-function");
    path.forEach((g, i) => expect(g).toBeCloseTo(live[i]!, 6));
  });

  test("learns from live calls alone", () => {
    const moved = (loss: Tensor) => gradients(loss.sum(), weights).some((g) => value(g).some((v) => v !== 0));
    expect(moved(downstream(one))).toBe(true);
    expect(moved(downstream(one, "path"))).toBe(false);
    expect(moved(downstream(one, "detached"))).toBe(false);
  });

  test("called for its mean has the loss and the gradient of later units' readouts, and learns nothing", () => {
    const { loss, gradient } = pathGradient(downstream, one, "mean");
    const mean = cut(hidden.map(({ units }, i) => ({ units, estimator: i === 0 ? "score-function" : "sigmoid" })));
    const wanted = pathGradient(mean.downstream, one);
    value(loss).forEach((l, i) => expect(l).toBeCloseTo(value(wanted.loss)[i]!, 6));
    value(gradient).forEach((g, i) => expect(g).toBeCloseTo(value(wanted.gradient)[i]!, 6));
    for (const g of gradients(downstream(one, "mean").sum(), weights))
      expect(value(g).every((v) => v === 0)).toBe(true);
  });

  test("send: the first sample's loss or the mean of all, and the losses of each", () => {
    const each = [one, two].map((h) => value(downstream(h)));
    for (const live of ["one", "all"] as const) {
      const { loss, losses } = send(downstream, [one, two], live);
      losses.forEach((f, k) => value(f).forEach((l, i) => expect(l).toBeCloseTo(each[k]![i]!, 6)));
      const wanted = each[0]!.map((l, i) => (live === "one" ? l : (l + each[1]![i]!) / 2));
      value(loss).forEach((l, i) => expect(l).toBeCloseTo(wanted[i]!, 6));
      expect(value(gradients(losses[1]!.sum(), weights)[0]!).every((g) => g === 0)).toBe(true);
    }
  });

  test("send: with all live the rest is trained by the mean of the samples' gradients", () => {
    const of = (loss: Tensor) => gradients(loss.sum(), weights).map(value);
    const [a, b] = [one, two].map((h) => of(downstream(h)));
    of(send(downstream, [one, two], "all").loss).forEach((row, k) =>
      row.forEach((g, i) => expect(g).toBeCloseTo((a![k]![i]! + b![k]![i]!) / 2, 6)),
    );
  });
});

test("a path call through stochastic layers leaves their states and the scores to the live call", () => {
  const stateful = "score-function-minimum-variance";
  const pass = (looks: boolean) => {
    const outer: Estimator = {
      ...scoreFunction,
      estimate(a, k, downstream, state) {
        const looked = looks ? downstream(two, "path") : undefined;
        const { loss } = scoreFunction.estimate(a, k, downstream, state);
        return { loss: looked ? loss.add(looked.mul(0)) : loss, state };
      },
    };
    const hidden = [
      { units: 4, estimator: outer },
      { units: 2, estimator: stateful },
      { units: 3, estimator: stateful },
    ] as const;
    const { model, params, states } = cut(hidden);
    const { logits, states: next } = model.train(params, x, labels, key(3), states);
    return [value(logits), ...next.flatMap((state) => Object.values(state).map(value))];
  };
  expect(pass(true)).toEqual(pass(false));
});

describe("several noise samples of an example", () => {
  const hidden = nets["two layers"]!;
  const K = 3;
  const model = mlp({ input: 3, hidden, classes: 3, trainingSamples: K });
  const single = mlp({ input: 3, hidden, classes: 3 });
  const { params, states, weights } = cut(hidden);
  const pass = model.train(params, x, labels, key(3), states);
  /** What one sample gives when the batch is K copies of the examples, each with noise of its own. */
  const copied = single.train(params, concat([x, x, x], 0), labelsTimes(K), key(3), states);

  test("average its losses, and their gradients", () => {
    const losses = value(copied.loss);
    value(pass.loss).forEach((l, i) => expect(l).toBeCloseTo((losses[i]! + losses[i + 3]! + losses[i + 6]!) / K, 5));
    const [ours, theirs] = [pass.loss.mul(K), copied.loss].map((l) => gradients(l.sum(), weights).map(value));
    ours!.forEach((row, k) => row.forEach((g, i) => expect(g).toBeCloseTo(theirs![k]![i]!, 5)));
  });

  test("meet different noise", () => {
    const losses = value(copied.loss);
    expect(new Set([losses[0], losses[3], losses[6]]).size).toBeGreaterThan(1);
  });

  test("leave the scores of the first, one row an example", () => expect(pass.logits.shape).toEqual([3, 3]));
  test("are at least one", () =>
    expect(() => mlp({ input: 3, hidden, classes: 3, trainingSamples: 0 })).toThrow(
      "mlp: trainingSamples must be a whole number at least 1, received 0",
    ));
});

function labelsTimes(copies: number): Tensor {
  return concat(
    Array.from({ length: copies }, () => labels),
    0,
  );
}

describe("a model cut before a layer", () => {
  test("has the pre-activations of the layer, after samples of those before", () => {
    const hidden = nets["two layers"]!;
    const { a, model, params } = cut(hidden, 1);
    const [before] = model.hidden(params, x, "stochastic", key(3));
    const { weight, bias } = params[1]!;
    expect(value(a)).toEqual(value(before!.output.matmul(weight!).add(bias!)));
  });

  test("has the loss and the gradient of a training pass when its estimator is put back", () => {
    const hidden = nets["three layers"]!;
    const { a, downstream, model, params, states, weights } = cut(hidden);
    const { estimator } = model.layers[0]!;
    const { loss } = estimator!.estimate(a, key(3).fold(0), downstream, {});
    const pass = model.train(params, x, labels, key(3), states);
    expect(value(loss)).toEqual(value(pass.loss));
    const [ours, theirs] = [loss, pass.loss].map((l) => gradients(l.sum(), weights).map(value));
    expect(ours).toEqual(theirs);
  });

  test("is refused where there is no such layer", () => {
    expect(() => cut(nets["one layer"]!, 1)).toThrow(
      "mlp: the layer to cut at must be a whole number at least 0 and below 1, received 1",
    );
  });
});
