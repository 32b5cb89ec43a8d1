import { describe, expect, it } from "vitest";
import { referenceBackend } from "../../backends/reference/reference.ts";
import { array, constant, evaluate, gradients, mapTree, type NdArray, sum, type Tensor } from "../../graph/index.ts";
import type { Params } from "../../models/model.ts";
import { philoxWords, replayKey } from "../../random/index.ts";
import { normalDraws } from "../../statistics/normal.ts";
import { armModel, arms } from "./arms.ts";
import { biasOf } from "./bias.ts";
import { noiseForm, predictedVariance, repeatedGradients, traces } from "./form.ts";

const backend = referenceBackend();
const shape = { input: [2], hidden: [2], classes: 3 };
const model = armModel(arms.k1, shape);
const inputs = Float32Array.of(0.8, -0.4, 0.1, 1.2, 0.5, 0.5);
const labels = Int32Array.of(2, 0, 1);
const options = { backend, inputs, labels, repeats: 400, level: 0.05 };

/** First weights, all times a factor. */
const paramsTimes = (factor: number): Params<NdArray> =>
  mapTree<NdArray, NdArray>(model.init(3).params as never, (a) =>
    array(
      a.data.map((v) => factor * v),
      { shape: a.shape },
    ),
  ) as never;

/** ĝ of each pattern of one example's two units, and the pattern's probability. */
function enumerated(params: Params<NdArray>, example: number): { g: number[]; probability: number }[] {
  const constants = mapTree<NdArray, Tensor>(params as never, (a) => constant(a)) as unknown as Params<Tensor>;
  const x = constant(array(inputs.slice(2 * example, 2 * example + 2), { shape: [1, 2] }));
  const { weight, bias } = params[0] as { weight: NdArray; bias: NdArray };
  const p = [0, 1].map(
    (j) =>
      1 /
      (1 +
        Math.exp(
          -(inputs[2 * example]! * weight.data[j]! + inputs[2 * example + 1]! * weight.data[2 + j]! + bias.data[j]!),
        )),
  );
  return [0, 1, 2, 3].map((k) => {
    const bits = [k & 1, k >> 1];
    const uniform = array(
      Float32Array.from(p, (q, j) => (bits[j] ? q / 2 : (1 + q) / 2)),
      { shape: [1, 2] },
    );
    const { loss } = model.train(
      constants,
      { x, label: constant(array(labels.slice(example, example + 1))) },
      replayKey({ uniform: [uniform] }),
      [{}, {}],
    );
    return {
      g: [...evaluate(gradients(sum(loss), [constants[0]!.bias!]))[0]!.data],
      probability: p.reduce((t, q, j) => t * (bits[j] ? q : 1 - q), 1),
    };
  });
}
/** Variances of ĝ of both units. */
const variances = (patterns: ReturnType<typeof enumerated>): number[] =>
  [0, 1].map((j) => {
    const mean = patterns.reduce((t, { g, probability }) => t + probability * g[j]!, 0);
    return patterns.reduce((t, { g, probability }) => t + probability * (g[j]! - mean) ** 2, 0);
  });

describe("repeatedGradients", () => {
  it("each is that of one pattern of the example's own units, as often as the pattern is drawn", async () => {
    const params = paramsTimes(2);
    const [all] = await repeatedGradients(model, params, options);
    expect(all).toMatchObject({ repeats: 400, examples: 3, units: 2 });
    for (let m = 0; m < 3; m++) {
      const patterns = enumerated(params, m);
      const counts = [0, 0, 0, 0];
      for (let r = 0; r < 400; r++) {
        const at = (r * 3 + m) * 2;
        const k = patterns.findIndex(({ g }) => g.every((v, j) => Math.abs(v - all!.data[at + j]!) < 1e-6));
        expect(k).toBeGreaterThanOrEqual(0);
        counts[k]!++;
      }
      // Within 4.5 standard deviations: a fixed seed, and a false alarm in fewer than one of 10,000 others.
      patterns.forEach(({ probability: p }, k) =>
        expect(Math.abs(counts[k]! - 400 * p)).toBeLessThan(4.5 * Math.sqrt(400 * p * (1 - p))),
      );
    }
  });
});

describe("predictedVariance", () => {
  it("is the variance over all patterns where the scores hardly bend", () => {
    const params = paramsTimes(0.02);
    const p = [0, 1].map((j) => {
      const { weight, bias } = params[0] as { weight: NdArray; bias: NdArray };
      return 1 / (1 + Math.exp(-(inputs[0]! * weight.data[j]! + inputs[1]! * weight.data[2 + j]! + bias.data[j]!)));
    });
    const exact = variances(enumerated(params, 0));
    predictedVariance(params, p).forEach((v, j) => expect(v / exact[j]!).toBeCloseTo(1, 1));
  });
});

describe("traces", () => {
  const word = philoxWords([3, 4], 5);
  const normal = normalDraws(word);

  it("tr Σ is the sum of the columns' variances", () => {
    expect(traces([Float64Array.of(1, 2, 3, 4), Float64Array.of(0, 0, 3, 3)]).one).toBeCloseTo(5 / 3 + 3, 12);
  });

  it("count directions: one for columns that go together, H for independent ones", () => {
    const one = Float64Array.from({ length: 300 }, normal);
    const together = traces([one, one.map((v) => -2 * v), one.map((v) => 0.5 * v)]);
    expect(together.one ** 2 / together.two).toBeCloseTo(1, 1);
    // Without the correction 40 independent columns of 60 values look like 24 directions; its standard error here is about 1.
    const apart = traces(Array.from({ length: 40 }, () => Float64Array.from({ length: 60 }, normal)));
    expect(apart.one ** 2 / apart.two).toBeGreaterThan(35);
  });
});

describe("noiseForm", () => {
  it("says what enumeration says: noise to signal, directions, correlation", async () => {
    const params = paramsTimes(2);
    const { layers, theory } = await noiseForm(model, params, options);
    const ratios = [0, 1, 2]
      .map((m) => {
        const patterns = enumerated(params, m);
        const means = [0, 1].map((j) => patterns.reduce((t, { g, probability }) => t + probability * g[j]!, 0));
        const noise = variances(patterns).reduce((t, v) => t + v, 0);
        return noise / means.reduce((t, v) => t + v ** 2, 0);
      })
      .sort((a, b) => a - b);
    // 400 repeats know a variance to about a tenth.
    expect(layers[0]!.perExample / ratios[1]!).toBeCloseTo(1, 0);
    expect(layers[0]!.directions).toBeGreaterThan(0.9);
    expect(layers[0]!.directions).toBeLessThan(2.1);
    expect(layers[0]!.correlation).toBeLessThanOrEqual(1.01);
    expect(theory!.r2).toBeLessThanOrEqual(1);
  });

  it("looks at every hidden layer, and has no theory for more than one", async () => {
    const deep = armModel(arms.k1, { ...shape, hidden: [3, 2] });
    const form = await noiseForm(deep, deep.init(1).params, { ...options, repeats: 40 });
    expect(form.layers).toHaveLength(2);
    expect(form.theory).toBeUndefined();
  });
});

describe("biasOf", () => {
  it("is none between a network and itself, and the enumerated mean's against the exact gradient", () => {
    const [estimate, truth] = [armModel(arms.expected, shape), armModel(arms.exact, shape)];
    const params = paramsTimes(3);
    expect(biasOf({ estimate, truth: estimate }, params, inputs, labels, backend)).toEqual({
      cosine: expect.closeTo(1, 9),
      length: expect.closeTo(1, 9),
      relative: expect.closeTo(0, 6),
    });
    const { relative, cosine, length } = biasOf({ estimate, truth }, params, inputs, labels, backend);
    expect(relative).toBeGreaterThan(0.001);
    // The law of cosines.
    expect(relative ** 2).toBeCloseTo(1 + length ** 2 - 2 * length * cosine, 6);
  });
});
