/** Gaters and gates that compete, in whole networks. */
import { expect, test } from "vitest";
import { array, constant, evaluate, type NdArray, notEqual, type Tensor } from "../../../graph/index.ts";
import { gradientError } from "../../../graph/testing/finite-differences.ts";
import { type GaterConfig, gaterFor } from "../../../layers/gaters/index.ts";
import { key } from "../../../random/index.ts";
import { gatedMlp } from "../../gated-mlp.ts";
import type { Params } from "../../model.ts";
import type { Gated } from "./config.ts";

const gaters: readonly GaterConfig[] = [
  { name: "dense", hidden: 5 },
  { name: "low-rank", rank: 2 },
  { name: "tree", trees: 2 },
];
const x = key(3).normal([6, 7], { dtype: "float64" });
const labels = constant(array(Int32Array.of(0, 1, 2, 0, 1, 2)));

/** 7 → a trunk of 4 → 8 gated blocks → 3 classes, and its parameters in double precision. */
function network(gated: Omit<Gated, "blocks">) {
  const model = gatedMlp({
    input: 7,
    trunk: [{ units: 4, estimator: "tanh" }],
    gated: [{ blocks: 8, width: 3, activation: "tanh", ...gated }],
    classes: 3,
  });
  const arrays = model.init(5).params.flatMap((layer) => Object.values(layer));
  const values = arrays.map(({ data, shape }): NdArray => array(Float64Array.from(data), { shape }));
  const treeOf = (tensors: readonly Tensor[]): Params<Tensor> => {
    let at = 0;
    return model
      .init(5)
      .params.map((layer) => Object.fromEntries(Object.keys(layer).map((name) => [name, tensors[at++]!] as const)));
  };
  return { model, values, treeOf, params: treeOf(values.map((v) => constant(v))) };
}

const gatesOf = ({ model, params }: ReturnType<typeof network>, readout: "deterministic" | "stochastic") =>
  evaluate([notEqual(model.hidden(params, x, readout, key(1))[1]!.output, 0)])[0]!;
const openOf = ({ data, shape: [rows, blocks] }: NdArray): number[] =>
  Array.from({ length: rows! }, (_, row) =>
    Array.from(data.slice(row * blocks!, (row + 1) * blocks!)).reduce((t, gate) => t + gate, 0),
  );

for (const gater of gaters)
  test(`${gater.name}: the gradient of the loss is right for gater, blocks and the trunk that they share`, () => {
    const { model, values, treeOf } = network({ gater, gate: { name: "top-k", k: 3 } });
    const f = (...tensors: Tensor[]) =>
      model.train(treeOf(tensors), { x, label: labels }, key(1), [{}, {}, {}, {}]).loss;
    expect(gradientError(f, values)).toBeLessThan(1e-7);
  });

test("top-k: exactly k gates are open in training and in both readouts, and no threshold is fitted", () => {
  for (const gater of gaters)
    for (const value of ["softmax", "one"] as const)
      for (const noise of ["none", "gaussian"] as const) {
        const net = network({ gater, gate: { name: "top-k", k: 3, value, noise } });
        for (const readout of ["deterministic", "stochastic"] as const)
          expect(openOf(gatesOf(net, readout))).toEqual([3, 3, 3, 3, 3, 3]);
        expect(net.model.thresholds).toEqual([]);
      }
});

test("tree: at test the gater's own way down says which gates are open; in training an estimator of one-hot units", () => {
  const config: GaterConfig = { name: "tree", trees: 2 };
  const net = network({ gater: config, gate: { name: "categorical-straight-through", classes: 4 } });
  const features = net.model.hidden(net.params, x, "deterministic", key(1))[0]!.output;
  const [own] = evaluate([gaterFor(config, { input: 4, blocks: 8 }).decision!.gates([net.params[1]!], features)]);
  const open = gatesOf(net, "deterministic");
  expect(open.data).toEqual(own!.data);
  expect(openOf(open)).toEqual([2, 2, 2, 2, 2, 2]);
  expect(openOf(gatesOf(net, "stochastic"))).toEqual([2, 2, 2, 2, 2, 2]);
  const tried = Array.from({ length: 20 }, (_, i) =>
    String(evaluate([net.model.hidden(net.params, x, "stochastic", key(i))[1]!.output])[0]!.data),
  );
  expect(new Set(tried).size).toBeGreaterThan(10);
});

test("tree: behind other gates its scores are read like any gater's", () => {
  const net = network({ gater: { name: "tree", trees: 2 }, gate: { name: "top-k", k: 1 } });
  expect(openOf(gatesOf(net, "deterministic"))).toEqual([1, 1, 1, 1, 1, 1]);
});

test("tree: one-hot gates of other classes than its leaves are a mistake", () => {
  expect(() => network({ gater: { name: "tree" }, gate: { name: "gumbel-softmax", classes: 4 } })).toThrow(
    "gated-mlp: gated[0].gate: one-hot gates need the classes of the tree gater, 8, received 4",
  );
  expect(() =>
    network({ gater: { name: "tree", trees: 2 }, gate: { name: "gumbel-softmax", classes: 4 } }),
  ).not.toThrow();
});

test("tree: with a bias that balances its leaves the decision is the biased one, and not the tree's own", () => {
  const gate = { name: "categorical-straight-through", classes: 8 } as const;
  const net = network({ gater: { name: "tree" }, gate, sparsity: { name: "balance", target: 1 / 8 } });
  const lift = constant(array(Float64Array.of(0, 0, 0, 0, 0, 99, 0, 0)));
  const lifted = net.params.map((layer) => ("lift" in layer ? { ...layer, lift } : layer));
  const [sent] = evaluate([net.model.hidden(lifted, x, "deterministic", key(1))[1]!.output]);
  expect([...sent!.data]).toEqual(Array.from({ length: 6 }, () => [0, 0, 0, 0, 0, 1, 0, 0]).flat());
});
