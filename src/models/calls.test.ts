/** The downstream network as an estimator in a hidden layer calls it: copies of the batch, and the modes. */
import { describe, expect, test } from "vitest";
import type { Estimator } from "../estimators/estimator.ts";
import { pathGradient } from "../estimators/path-gradient.ts";
import { send } from "../estimators/samples.ts";
import { scoreFunction } from "../estimators/score-function.ts";
import {
  array,
  attachGradient,
  concat,
  constant,
  evaluate,
  gradients,
  leaves,
  less,
  mapTree,
  type NdArray,
  type Tensor,
  type Tree,
  transpose,
} from "../graph/index.ts";
import { type Key, key, replayKey, tile } from "../random/index.ts";
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
  const batch = { x, label: labels };
  const { read, a } = model.cut(tensors, x, layer, key(3));
  const downstream = model.behind(tensors, batch, layer, read, key(3), given);
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
    const { output, states: next } = model.train(params, { x, label: labels }, key(3), states);
    return [value(output), ...next.flatMap((state) => Object.values(state).map(value))];
  };
  expect(pass(true)).toEqual(pass(false));
});

describe("several noise samples of an example", () => {
  const hidden = nets["two layers"]!;
  const K = 3;
  const model = mlp({ input: 3, hidden, classes: 3, trainingSamples: K });
  const single = mlp({ input: 3, hidden, classes: 3 });
  const { params, states, weights } = cut(hidden);
  const pass = model.train(params, { x, label: labels }, key(3), states);
  /** What one sample gives when the batch is K copies of the examples, each with noise of its own. */
  const copied = single.train(params, { x: concat([x, x, x], 0), label: labelsTimes(K) }, key(3), states);

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

  test("leave the scores of the first, one row an example", () => expect(pass.output.shape).toEqual([3, 3]));
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
    const pass = model.train(params, { x, label: labels }, key(3), states);
    expect(value(loss)).toEqual(value(pass.loss));
    const [ours, theirs] = [loss, pass.loss].map((l) => gradients(l.sum(), weights).map(value));
    expect(ours).toEqual(theirs);
  });

  test("is refused where there is no such layer", () => {
    expect(() => cut(nets["one layer"]!, 1)).toThrow(
      "mlp: the layer of units (of 1, from 0) must be a whole number at least 0 and below 1, received 1",
    );
  });
});

describe("an estimator that draws all of its samples in one go", () => {
  /** Leave-one-out of K samples with one draw of this shape, and what makes K·B rows of it. */
  const leaveOneOutBy = (
    K: number,
    draw: (a: Tensor) => number[],
    rows: (u: Tensor, a: Tensor) => Tensor,
  ): Estimator => ({
    ...scoreFunction,
    estimate(a, k, downstream, state) {
      const u = rows(k.uniform(draw(a), { dtype: a.dtype }), a);
      const p = tile(a, K).sigmoid();
      const h = less(u, p);
      const losses = downstream(h);
      const [each, count] = [losses.stopGradient().reshape([K, a.shape[0]!]), a.shape[0]!];
      const centred = each.sub(each.mean(0)).mul(1 / (K - 1));
      const g = h
        .sub(p)
        .mul(centred.reshape([K * count, 1]))
        .reshape([K, ...a.shape])
        .sum(0);
      return { loss: attachGradient(losses.reshape([K, count]).mean(0), a, g), state };
    },
  });
  const inOneGo: Readonly<Record<string, (K: number) => Estimator>> = {
    "[K·B, H]": (K) =>
      leaveOneOutBy(
        K,
        (a) => [K * a.shape[0]!, a.shape[1]!],
        (u) => u,
      ),
    "[K, B, H]": (K) =>
      leaveOneOutBy(
        K,
        (a) => [K, ...a.shape],
        (u, a) => u.reshape([K * a.shape[0]!, a.shape[1]!]),
      ),
    "[B, K, H]": (K) =>
      leaveOneOutBy(
        K,
        (a) => [a.shape[0]!, K, a.shape[1]!],
        (u, a) => transpose(u, [1, 0, 2]).reshape([K * a.shape[0]!, a.shape[1]!]),
      ),
  };
  const input = [0.2, -0.4, 0.9];
  /** The gradients of a model's weights at one example, in the mean over these points of the noise. */
  function meanGradients(hidden: MlpOptions["hidden"], noise: Key, weights: readonly number[]): number[] {
    const model = mlp({ input: 3, hidden, classes: 3 });
    const double = ({ data, shape }: NdArray) => constant(array(Float64Array.from(data), { shape }));
    const params = mapTree(model.init(7).params as Tree<NdArray>, double) as unknown as Params<Tensor>;
    const points = weights.length;
    const copies = constant(
      array(
        weights.map(() => input),
        { dtype: "float64" },
      ),
    );
    const { loss } = model.train(params, { x: copies, label: constant(array(new Int32Array(points))) }, noise, []);
    const wanted = loss.mul(constant(array(Float64Array.from(weights))));
    const wrt = leaves(params as Tree<Tensor>).map((leaf) => leaf.value);
    return gradients(wanted.sum(), wrt).flatMap(value);
  }
  /** Below and above each of these thresholds, in all combinations of `count` draws: nodes by point, and their probabilities. */
  function grid(cuts: readonly (readonly number[])[]) {
    let points = [{ nodes: [] as number[], weight: 1 }];
    for (const own of cuts) {
      const edges = [0, ...[...own].sort((x, y) => x - y), 1];
      const cells = edges.slice(1).map((end, i) => ({ at: (end + edges[i]!) / 2, width: end - edges[i]! }));
      points = points.flatMap(({ nodes, weight }) =>
        cells.map(({ at, width }) => ({ nodes: [...nodes, at], weight: weight * width })),
      );
    }
    return points;
  }
  const sigmoid = (a: number) => 1 / (1 + Math.exp(-a));
  const preactivations = (units: readonly number[], layer: number, h?: number[]): number[] => {
    const model = mlp({
      input: 3,
      hidden: units.map((n) => ({ units: n, estimator: "score-function" as const })),
      classes: 3,
    });
    const { weight, bias } = model.init(7).params[layer] as { weight: NdArray; bias: NdArray };
    const n = units[layer]!;
    return Array.from({ length: n }, (_, j) =>
      (h ?? input).reduce((t, x, i) => t + x * weight.data[i * n + j]!, bias.data[j]!),
    );
  };

  test.each(Object.entries(inOneGo))("%s: its mean over the noise is the gradient, inside a model", (shape, make) => {
    const [K, H] = [2, 2];
    const p = preactivations([H], 0).map(sigmoid);
    const points = grid([...p, ...p].map((cut) => [cut]));
    // One number of a point for each sample k and unit j; the rows of the draw are the points.
    const at = (k: number, j: number) => points.map(({ nodes }) => nodes[k * H + j]!);
    const numbers =
      shape === "[B, K, H]"
        ? points.flatMap(({ nodes }) => nodes)
        : [0, 1].flatMap((k) => points.flatMap((_, i) => [0, 1].map((j) => at(k, j)[i]!)));
    const drawn = {
      "[K·B, H]": [K * points.length, H],
      "[K, B, H]": [K, points.length, H],
      "[B, K, H]": [points.length, K, H],
    }[shape]!;
    const u = array(Float64Array.from(numbers), { shape: drawn });
    const mean = meanGradients(
      [{ units: H, estimator: make(K) }],
      replayKey({ uniform: [u] }),
      points.map(({ weight }) => weight),
    );
    const truth = meanGradients([{ units: H, estimator: "exact" }], key(0), [1]);
    mean.forEach((g, i) => expect(g).toBeCloseTo(truth[i]!, 12));
  });

  test("behind a layer that outputs copies, too: the copies meet the same noise, the samples don't", () => {
    const p = preactivations([1, 1], 0).map(sigmoid);
    const behind = [[0], [1]].map((h) => preactivations([1, 1], 1, h).map(sigmoid)[0]!);
    const points = grid([p, p, behind, behind]);
    const column = (i: number) =>
      array(
        Float64Array.from(points, ({ nodes }) => nodes[i]!),
        { shape: [points.length, 1] },
      );
    const both = array(Float64Array.from([2, 3].flatMap((i) => points.map(({ nodes }) => nodes[i]!))), {
      shape: [2 * points.length, 1],
    });
    const hidden = (front: MlpOptions["hidden"][0]["estimator"], back: MlpOptions["hidden"][0]["estimator"]) => [
      { units: 1, estimator: front },
      { units: 1, estimator: back },
    ];
    const sends = { name: "leave-one-out", samples: 2, live: "all" } as const;
    const mean = meanGradients(
      hidden(sends, inOneGo["[K·B, H]"]!(2)),
      replayKey({ uniform: [column(0), column(1), both] }),
      points.map(({ weight }) => weight),
    );
    const truth = meanGradients(hidden("exact", "exact"), key(0), [1]);
    mean.forEach((g, i) => expect(g).toBeCloseTo(truth[i]!, 12));
  });

  test.each([1, 2, 3])("its samples differ from each other for a batch of %i, in every layer", (batch) => {
    const seen: number[][] = [];
    const spied: Estimator = {
      ...scoreFunction,
      estimate(a, k, downstream, state) {
        seen.push(value(k.uniform([2 * a.shape[0]!, a.shape[1]!])));
        return scoreFunction.estimate(a, k.fold(1), downstream, state);
      },
    };
    const sends = { name: "leave-one-out", samples: 3, live: "all" } as const;
    const model = mlp({
      input: 3,
      hidden: [
        { units: 4, estimator: spied },
        { units: 4, estimator: sends },
        { units: 4, estimator: spied },
      ],
      classes: 3,
    });
    const { params, states } = model.init(7);
    const tensors = mapTree(params as Tree<NdArray>, (p) => constant(p)) as Params<Tensor>;
    model.train(tensors, { x: x.slice(0, batch), label: labels.slice(0, batch) }, key(3), states as never);
    expect(seen.map((draw) => draw.length)).toEqual([2 * batch * 4, 2 * 3 * batch * 4]);
    for (const draw of seen) expect(new Set(draw).size).toBe(2 * batch * 4);
  });
});
