import { afterAll, describe, expect, it } from "vitest";
import { startBackend } from "../backends/select.ts";
import { matmul, maximum } from "../graph/index.ts";
import { array, autoencoder, defineStage, dense, gated, type Model, type NdArray, network, values } from "../index.ts";
import { classes } from "../models/index.ts";
import { measureProblem } from "./measure.ts";
import { type Examples, networkProblem } from "./network.ts";
import { exactGradient } from "./truth.ts";

const on = await startBackend("auto", { threads: 1 });
afterAll(() => on.close());
type Vector = readonly number[];
type Matrix = readonly Vector[];
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
/** log(1 + eᵃ) − b a: −log of the probability of bit b under σ(a). */
const bitNll = (a: number, b: number): number => Math.log1p(Math.exp(a)) - b * a;
const sum = (terms: Iterable<number>): number => [...terms].reduce((total, term) => total + term, 0);
/** Row i of an array whose first axis is examples, or units. */
const row = ({ data, shape }: NdArray, i: number): number[] => {
  const size = data.length / shape[0]!;
  return [...data.slice(i * size, (i + 1) * size)];
};
const rows = (x: NdArray): Matrix => Array.from({ length: x.shape[0]! }, (_, i) => row(x, i));
/** x M + c */
const affine = (x: Vector, m: Matrix, c: Vector): number[] =>
  c.map((at, j) => at + sum(x.map((v, i) => v * m[i]![j]!)));

/** ∂E[loss]/∂a by all that H bits can be: Σ P(b) loss(b) (b − σ(a)). */
function byHand(a: Vector, loss: (b: Vector) => number): number[] {
  const all = Array.from({ length: 2 ** a.length }, (_, k) => a.map((_, j) => (k >> j) & 1));
  return a.map((at, j) =>
    sum(all.map((b) => Math.exp(-sum(a.map((v, i) => bitNll(v, b[i]!)))) * loss(b) * (b[j]! - sigmoid(at)))),
  );
}

const maxout = defineStage("maxout", ({ units }: { units: number }, { input }) => ({
  units,
  estimator: "score-function",
  parameters: { one: [input[0]!, units], two: [input[0]!, units] },
  apply: ({ one, two }, x) => maximum(matmul(x, one!), matmul(x, two!)),
}));

interface Case {
  readonly model: Model;
  readonly layer: number;
  readonly examples: Examples;
  /** The loss of example i when the layer's units output b; `x` is what its stage read. */
  loss(params: readonly { readonly [name: string]: NdArray }[], b: Vector, i: number, x: Vector): number;
}

const bits = array([[1, 0, 1, 1], [0, 0, 1, 0]]); // biome-ignore format: short
const inputs = array([[0.9, -0.4], [-0.3, 1.2]]); // biome-ignore format: short
const labels = [2, 0];
const targets = [[0.5, -1], [2, 0.3]]; // biome-ignore format: short

const cases: Readonly<Record<string, Case>> = {
  "an autoencoder's latents": {
    model: autoencoder({ mean: [0.6, 0.2, 0.7, 0.4], network: "linear", latents: 3, estimator: "disarm" }) as never,
    layer: 0,
    examples: { x: bits },
    loss([encoder, decoder, last], b, i) {
      const x = row(bits, i);
      const a = affine(
        x.map((v, j) => v - [0.6, 0.2, 0.7, 0.4][j]!),
        rows(encoder!.weight!),
        [...encoder!.bias!.data],
      );
      const z = affine(
        b.map((v) => 2 * v - 1),
        rows(decoder!.weight!),
        [...decoder!.bias!.data],
      );
      const prior = [...last!.prior!.data];
      const nll = (at: Vector, of: Vector): number => sum(at.map((v, j) => bitNll(v, of[j]!)));
      return nll(z, x) + nll(prior, b) - nll(a, b);
    },
  },
  "gates behind a trunk that samples": {
    model: network({
      input: 2,
      stages: [
        dense({ units: 3, estimator: "straight-through" }),
        gated({ blocks: 4, gater: { name: "dense", hidden: [] }, gate: "disarm" }),
      ],
      head: classes(3),
    }) as never,
    layer: 1,
    examples: { x: inputs, label: array(Int32Array.from(labels)) },
    loss([, , blocks], b, i, x) {
      const scores = [...blocks!.offset!.data].map((at, c) =>
        b.reduce((y, g, k) => {
          const u = sum(x.map((v, j) => v * row(blocks!.weight!, k)[j]!)) + blocks!.bias!.data[k]!;
          return y + g * u * row(blocks!.out!, k)[c]!;
        }, at),
      );
      return Math.log(sum(scores.map(Math.exp))) - scores[labels[i]!]!;
    },
  },
  "a stage of the user's own": {
    model: network({ input: 2, stages: [maxout({ units: 4 }), dense({})], head: values(2) }) as never,
    layer: 0,
    examples: { x: inputs, y: array(targets) },
    loss([, output], b, i) {
      const y = affine(b, rows(output!.weight!), [...output!.bias!.data]);
      return sum(y.map((v, j) => (v - targets[i]![j]!) ** 2)) / 2;
    },
  },
};

describe.each(Object.entries(cases))("%s as a problem", (_, { model, layer, examples, loss }) => {
  const { params } = model.init(4);
  const problem = networkProblem({ model, params, layer, batch: () => examples, seed: 3, backend: on });
  const { a, rest } = problem.inputs as unknown as { a: NdArray; rest: { read?: { h: NdArray } } };
  const read = (i: number): Vector => row(rest.read?.h ?? examples.x!, i);

  it("has the gradient of the expected loss that enumeration by hand gives", () => {
    const truth = [0, 1].flatMap((i) => byHand(row(a, i), (b) => loss(params, b, i, read(i))));
    const found = exactGradient(problem, { backend: on });
    expect([...found]).toEqual(truth.map((value) => expect.closeTo(value, 5)));
    expect(Math.max(...truth.map(Math.abs))).toBeGreaterThan(0.01);
  });

  it("is estimated without bias by unbiased estimators, at an error rate of 1 in 1000 each, and with one by straight-through", async () => {
    const { rows: measured } = await measureProblem(problem, {
      backend: on,
      estimators: ["disarm", "score-function", "straight-through"],
      replicates: 20_000,
    });
    const [disarm, scoreFunction, biased] = measured.map(({ biasP }) => biasP);
    expect(disarm).toBeGreaterThan(0.001);
    expect(scoreFunction).toBeGreaterThan(0.001);
    // The least that the permutations can give is 1 in 2000.
    expect(biased).toBeLessThan(0.001);
  });
});
