import fc from "fast-check";
import { expect, test } from "vitest";
import { categoricalStraightThrough } from "../../estimators/categorical/straight-through.ts";
import { array, constant, evaluate, gradients, input, mul, type NdArray, sum, type Tensor } from "../../graph/index.ts";
import { gradientError } from "../../graph/testing/finite-differences.ts";
import { key } from "../../random/index.ts";
import { sigmoid } from "../../statistics/sigmoid.ts";
import { gaterFor } from "./index.ts";

const double = ({ data, shape }: NdArray): Tensor => constant(array(Float64Array.from(data), { shape }));

/** Trees of a random size with biases, an input of 4 rows, and the nodes' maps as numbers: [row][tree][node]. */
function forest(trees: number, depth: number, seed: number) {
  const gater = gaterFor({ name: "tree", trees, gain: 2 }, { input: 6, blocks: trees * 2 ** depth });
  const nodes = 2 ** depth - 1;
  const [{ weight }] = gater.init(key(seed)) as [{ weight: NdArray }];
  const [bias, x] = evaluate([
    key(seed)
      .fold(1)
      .normal([trees * nodes], { dtype: "float64" }),
    key(seed).fold(2).normal([4, 6], { dtype: "float64" }),
  ]) as [NdArray, NdArray];
  const maps = Array.from({ length: 4 }, (_, row) =>
    Array.from({ length: trees }, (_, tree) =>
      Array.from({ length: nodes }, (_, node) => {
        const at = tree * nodes + node;
        return Array.from({ length: 6 }, (_, i) => x.data[row * 6 + i]! * weight!.data[at * 6 + i]!).reduce(
          (t, v) => t + v,
          bias.data[at]!,
        );
      }),
    ),
  );
  return { gater, params: [{ weight: double(weight), bias: constant(bias) }], x: constant(x), maps };
}

const forests = fc
  .tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 4 }), fc.nat(1000))
  .map(([trees, depth, seed]) => ({ trees, depth, ...forest(trees, depth, seed) }));
const settings = { seed: 2, numRuns: 30 };

test("tree: a leaf's score is the log of the product of what each node above gives to its side", () => {
  fc.assert(
    fc.property(forests, ({ gater, params, x, maps, trees, depth }) => {
      const [scores] = evaluate([gater.scores(params, x)]);
      const expected = maps.flatMap((row) =>
        row.flatMap((a) =>
          Array.from({ length: 2 ** depth }, (_, leaf) => {
            let [node, p] = [0, 1];
            for (let l = depth - 1; l >= 0; l--) {
              const bit = (leaf >> l) & 1;
              p *= bit ? sigmoid(a[node]!) : sigmoid(-a[node]!);
              node = 2 * node + 1 + bit;
            }
            return Math.log(p);
          }),
        ),
      );
      expect(scores!.shape).toEqual([4, trees * 2 ** depth]);
      scores!.data.forEach((s, i) => expect(s).toBeCloseTo(expected[i]!, 10));
    }),
    settings,
  );
});

test("tree: the probabilities of each tree's leaves sum to 1", () => {
  fc.assert(
    fc.property(forests, ({ gater, params, x, trees, depth }) => {
      const total = gater
        .scores(params, x)
        .exp()
        .reshape([4, trees, 2 ** depth])
        .sum(-1);
      for (const sum of evaluate([total])[0]!.data) expect(sum).toBeCloseTo(1, 12);
    }),
    settings,
  );
});

test("tree: its decision goes to the side that each node finds more likely, one leaf of each tree", () => {
  fc.assert(
    fc.property(forests, ({ gater, params, x, maps, depth }) => {
      const leaves = 2 ** depth;
      const expected = maps.flatMap((row) =>
        row.flatMap((a) => {
          let node = 0;
          while (node < leaves - 1) node = 2 * node + (a[node]! > 0 ? 2 : 1);
          return Array.from({ length: leaves }, (_, leaf) => Number(leaf === node - leaves + 1));
        }),
      );
      expect([...evaluate([gater.decision!.gates(params, x)])[0]!.data]).toEqual(expected);
    }),
    settings,
  );
});

test("tree: of depth 1 the decision is the likeliest leaf; deeper it need not be", () => {
  const one = forest(3, 1, 5);
  const [scores, gates] = evaluate([one.gater.scores(one.params, one.x), one.gater.decision!.gates(one.params, one.x)]);
  for (let i = 0; i < scores!.data.length; i += 2)
    expect(gates!.data[i]).toBe(Number(scores!.data[i]! > scores!.data[i + 1]!));
  // Left of the root with 0.4, then certainly to leaf 1: its 0.4 are more than the 0.3 of either leaf on the right.
  const gater = gaterFor({ name: "tree" }, { input: 1, blocks: 4 });
  const bias = constant(array(Float64Array.of(Math.log(0.6 / 0.4), 50, 1e-9)));
  const params = [{ weight: constant(array(new Float64Array(3), { shape: [3, 1] })), bias }];
  const x = constant(array(Float64Array.of(1), { shape: [1, 1] }));
  const [p, open] = evaluate([gater.scores(params, x).exp(), gater.decision!.gates(params, x)]);
  [0, 0.4, 0.3, 0.3].forEach((wanted, i) => expect(p!.data[i]).toBeCloseTo(wanted, 8));
  expect([...open!.data]).toEqual([0, 0, 0, 1]);
});

test("tree: the gradients of its scores are right, second derivatives too", () => {
  const { gater, params, x } = forest(2, 3, 9);
  const values = evaluate([params[0]!.weight, params[0]!.bias, x]);
  const f = (weight: Tensor, bias: Tensor, at: Tensor) => gater.scores([{ weight, bias }], at);
  for (const order of [1, 2] as const) expect(gradientError(f as never, values, order)).toBeLessThan(1e-7);
});

test("tree: its leaves are one-hot variables for a categorical estimator, which trains all nodes", () => {
  const { gater, params, x } = forest(2, 3, 4);
  expect(gater.classes).toBe(8);
  const estimator = categoricalStraightThrough({ classes: gater.classes! });
  const weight = input("weight", params[0]!.weight);
  const gates: Tensor[] = [];
  const { loss } = estimator.estimate(
    gater.scores([{ weight, bias: params[0]!.bias }], x),
    key(1),
    (h) => {
      gates.push(h);
      return sum(mul(h, key(2).normal([16], { dtype: "float64" })), 1);
    },
    {},
  );
  const [sent, gradient] = evaluate(
    [gates[0]!, ...gradients(sum(loss), [weight])],
    new Map([[weight, evaluate([params[0]!.weight])[0]!]]),
  );
  for (let variable = 0; variable < 8; variable++)
    expect([...sent!.data.slice(8 * variable, 8 * variable + 8)].sort()).toEqual([0, 0, 0, 0, 0, 0, 0, 1]);
  expect(gradient!.shape).toEqual([14, 6]);
  expect([...gradient!.data].every((g) => g !== 0)).toBe(true);
});

test("tree: costs inputs × nodes for all leaves, and inputs × depth for each tree's decision", () => {
  const gater = gaterFor({ name: "tree", trees: 4 }, { input: 784, blocks: 64 });
  expect(gater.multiplyAdds).toBe(784 * 4 * 15);
  expect(gater.decision!.multiplyAdds).toBe(784 * 4 * 4);
  expect(gater.layers[0]!.parameters.map(({ shape }) => shape)).toEqual([[60, 784], [60]]);
  const [{ weight, bias }] = gater.init(key(1)) as [{ weight: NdArray; bias: NdArray }];
  expect([weight.shape, bias.shape]).toEqual([[60, 784], [60]]);
  const reach = Math.max(...weight.data.map(Math.abs));
  expect(reach / Math.sqrt(6 / 785)).toBeGreaterThan(0.99);
  expect(reach / Math.sqrt(6 / 785)).toBeLessThanOrEqual(1.0001);
});

test("tree: blocks that are no whole trees are a mistake", () => {
  const make = (blocks: number, trees: number) => () => gaterFor({ name: "tree", trees }, { input: 3, blocks });
  expect(make(12, 1)).toThrow(
    "tree gater: each of 1 trees needs 2, 4, 8, … of the blocks for leaves, received 12 blocks",
  );
  expect(make(4, 4)).toThrow("received 4 blocks");
  expect(make(10, 4)).toThrow("received 10 blocks");
  expect(make(12, 3)).not.toThrow();
  expect(make(4, 0)).toThrow("gater tree: trees must be a whole number at least 1, received 0");
});
