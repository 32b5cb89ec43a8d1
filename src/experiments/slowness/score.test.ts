import { describe, expect, it } from "vitest";
import { referenceBackend } from "../../backends/reference/reference.ts";
import { resident } from "../../compile/resident.ts";
import { labelledSplit } from "../../data/testing.ts";
import { constant, evaluate, mapTree, type NdArray, type Tensor } from "../../graph/index.ts";
import { mlp } from "../../models/mlp.ts";
import type { Model, Params } from "../../models/model.ts";
import { key } from "../../random/index.ts";
import { armModel, arms } from "./arms.ts";
import { scorer } from "./score.ts";

const backend = referenceBackend();
const SIZE = 503;
const split = labelledSplit(
  "train",
  Float32Array.from({ length: SIZE * 2 }, (_, i) => Math.abs(Math.sin(7 * i)) ** 2),
  Int32Array.from({ length: SIZE }, (_, i) => (i * 7) % 3),
);
const [inputs, labels] = [split.fields.x.data, split.fields.label.data];
const shape = { input: [2], hidden: [3], classes: 3 };
/** Such that sending p and deciding give many examples other classes. */
const paramsOf = (model: Model): Params<NdArray> =>
  mapTree<NdArray, NdArray>(model.init(4).params as never, (a) => {
    a.data.forEach((v, i) => {
      a.data[i] = a.shape.length > 1 ? 3 * Math.sin(7 * i + 1) : v;
    });
    return a;
  }) as unknown as Params<NdArray>;
const scoreOf = (model: Model, samples = 1, limit?: number) =>
  scorer(model, { backend, samples })(resident<Params<Tensor>>(paramsOf(model) as never, { backend }), split, limit);

/** NLL [B] and class probabilities [B, C] of one forward pass, by the model itself. */
function by(model: Model, readout: "stochastic" | "deterministic"): { logits: NdArray } {
  const params = mapTree<NdArray, Tensor>(paramsOf(model) as never, (a) => constant(a)) as unknown as Params<Tensor>;
  const x = constant(split.fields.x);
  return { logits: evaluate([model.output(params, x, readout, key(0))])[0]! };
}
const nllOf = ({ data }: NdArray, i: number): number => {
  const row = [...data.subarray(3 * i, 3 * i + 3)];
  return Math.log(row.reduce((t, z) => t + Math.exp(z), 0)) - row[labels[i]!]!;
};
const meanOver = (count: number, of: (i: number) => number): number =>
  Array.from({ length: count }, (_, i) => of(i)).reduce((t, x) => t + x, 0) / count;

describe("scorer", () => {
  it("takes every example once, also where they are no whole number of batches, or the first few", async () => {
    const model = armModel(arms.sigmoid, shape);
    const { logits } = by(model, "deterministic");
    const score = await scoreOf(model);
    expect(score.nll).toBeCloseTo(
      meanOver(SIZE, (i) => nllOf(logits, i)),
      5,
    );
    expect(score.readout).toEqual({ nll: score.nll, error: score.error });
    expect((await scoreOf(model, 1, 7)).nll).toBeCloseTo(
      meanOver(7, (i) => nllOf(logits, i)),
      5,
    );
  });

  it("of a small binary layer is the mean over all patterns: the loss that exact enumeration gives", async () => {
    const model = armModel(arms.exact, shape);
    const params = mapTree<NdArray, Tensor>(paramsOf(model) as never, (a) => constant(a)) as unknown as Params<Tensor>;
    const { loss } = model.train(params, { x: constant(split.fields.x), label: constant(split.fields.label) }, key(1), [
      {},
      {},
    ]);
    const losses = evaluate([loss])[0]!;
    for (const arm of [arms.exact, arms.k1, arms.expected]) {
      const score = await scoreOf(armModel(arm, shape));
      expect(score.nll).toBeCloseTo(
        meanOver(SIZE, (i) => losses.data[i]!),
        5,
      );
      expect(score.readout.nll).toBeCloseTo(
        meanOver(SIZE, (i) => nllOf(by(model, "deterministic").logits, i)),
        5,
      );
    }
  });

  it("its error is that of the class probabilities' mean over the patterns", async () => {
    const model = armModel(arms.k1, shape);
    const [first, last] = paramsOf(model) as readonly { weight: NdArray; bias: NdArray }[];
    const probabilities = (i: number): number[] => {
      const p = [0, 1, 2].map((j) => {
        const a = inputs[2 * i]! * first!.weight.data[j]! + inputs[2 * i + 1]! * first!.weight.data[3 + j]!;
        return 1 / (1 + Math.exp(-a - first!.bias.data[j]!));
      });
      const mean = [0, 0, 0];
      for (let k = 0; k < 8; k++) {
        const bits = [k & 1, (k >> 1) & 1, k >> 2];
        const weight = p.reduce((t, q, j) => t * (bits[j] ? q : 1 - q), 1);
        const exps = mean.map((_, c) =>
          Math.exp(bits.reduce((t, bit, j) => t + bit * last!.weight.data[3 * j + c]!, last!.bias.data[c]!)),
        );
        const total = exps.reduce((t, e) => t + e, 0);
        exps.forEach((e, c) => {
          mean[c]! += (weight * e) / total;
        });
      }
      return mean;
    };
    const wrong = meanOver(SIZE, (i) => {
      const mean = probabilities(i);
      return Number(mean.indexOf(Math.max(...mean)) !== labels[i]);
    });
    const score = await scoreOf(model);
    expect(score.error).toBeCloseTo(100 * wrong, 8);
    expect(score.readout.error).not.toBeCloseTo(100 * wrong, 1);
  });

  it("averages over samples where layers follow each other: more samples, less spread around the mean", async () => {
    // With a third layer on paper the scorer samples where it would have enumerated; the network is the same.
    const model = armModel(arms.k1, shape);
    const exact = await scoreOf(model);
    const sampling: Model = { ...model, layers: [...model.layers, model.layers[1]!] };
    const sampled = await scoreOf(sampling, 100);
    // The standard error of 100 × 503 draws is below 0.003 nats.
    expect(Math.abs(sampled.nll - exact.nll)).toBeLessThan(0.012);
    expect(sampled.readout).toEqual(exact.readout);
  });

  it("stops when it is told to", async () => {
    const model = mlp({ ...shape, hidden: [] });
    const run = scorer(model, { backend, samples: 1, signal: AbortSignal.abort() });
    await expect(run(resident<Params<Tensor>>(model.init(1).params as never, { backend }), split)).rejects.toThrow(
      "abort",
    );
  });
});
