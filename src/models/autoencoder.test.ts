import { describe, expect, test } from "vitest";
import { UserError } from "../errors.ts";
import type { Estimator } from "../estimators/estimator.ts";
import {
  add,
  array,
  concat,
  constant,
  evaluate,
  gradients,
  leaves,
  mapTree,
  NdArray,
  sum,
  type Tensor,
  type Tree,
} from "../graph/index.ts";
import { key, replayKey } from "../random/index.ts";
import { type AutoencoderNetwork, type AutoencoderOptions, autoencoder } from "./autoencoder.ts";
import type { Params } from "./model.ts";

const PIXELS = 4;
const LATENTS = 3;
const mean = Float32Array.of(0.5, 0.125, 0, 0.75);
const images = [
  [1, 0, 0, 1],
  [0, 1, 1, 1],
];
const x = constant(array(images, { dtype: "float64" }));

type Numbers = Params<NdArray>;
const double = (tree: Tree<NdArray>) =>
  mapTree(tree, ({ data, shape }) => new NdArray(Float64Array.from(data), shape)) as unknown as Numbers;
const tensors = (tree: Numbers) =>
  mapTree(tree as unknown as Tree<NdArray>, (x) => constant(x)) as unknown as Params<Tensor>;
const value = (x: Tensor): number[] => Array.from(evaluate([x])[0]!.data);

/** A small autoencoder with its weights in double precision, none of them 0. */
function made(options: Partial<AutoencoderOptions> = {}) {
  const model = autoencoder({ mean, network: "linear", latents: LATENTS, estimator: "exact", ...options });
  const numbers = double(model.init(3).params as never);
  leaves(numbers as never as Tree<NdArray>).forEach(({ value: { data } }, k) => {
    data.forEach((w, i) => (data[i] = w + 0.3 * Math.sin(1 + 2.7 * i + k)));
  });
  return { model, numbers };
}

const sigmoid = (a: number) => 1 / (1 + Math.exp(-a));
const rows = ({ data, shape }: NdArray): number[][] =>
  Array.from({ length: shape[0]! }, (_, i) => Array.from(data.subarray(i * shape[1]!, (i + 1) * shape[1]!)));
const bits = (units: number): number[][] =>
  Array.from({ length: 2 ** units }, (_, k) => Array.from({ length: units }, (_, i) => (k >> i) & 1));
/** log Π p(b), each bit 1 with probability σ(logit). */
const logProbability = (logits: readonly number[], b: readonly number[]): number =>
  b.reduce((total, bit, i) => total + Math.log(bit ? sigmoid(logits[i]!) : 1 - sigmoid(logits[i]!)), 0);

interface Maps {
  readonly weight: NdArray;
  readonly bias: NdArray;
}

/** The encoder's and the decoder's maps of each stage, and the prior: each stage's rows are its encoder, its decoder, and in the last one the prior. */
function partsOf(numbers: Numbers, layers: number) {
  const maps = (numbers.length - 1) / (2 * layers);
  const chain = (i: number): Maps[] => numbers.slice(i * maps, (i + 1) * maps) as unknown as Maps[];
  return {
    encoder: Array.from({ length: layers }, (_, i) => chain(2 * i)),
    decoder: Array.from({ length: layers }, (_, i) => chain(2 * i + 1)),
    prior: numbers.at(-1)!.prior!,
  };
}

function network(maps: readonly Maps[], input: readonly number[]): number[] {
  return maps.reduce<number[]>(
    (h, { weight, bias }, layer) => {
      const active = layer === 0 ? h : h.map((v) => (v > 0 ? v : 0.3 * v));
      const w = rows(weight);
      return Array.from(bias.data, (b, j) => active.reduce((total, v, i) => total + v * w[i]![j]!, b));
    },
    [...input],
  );
}
const signs = (b: readonly number[]) => b.map((bit) => 2 * bit - 1);

/** −ELBO of each image by its definition, summed over all latents of all layers. */
function negativeElbo(numbers: Numbers, layers: number): number[] {
  const { encoder, decoder, prior } = partsOf(numbers, layers);
  const level = (i: number, below: readonly number[]): number => {
    const a = network(encoder[i]!, i === 0 ? below.map((v, j) => v - mean[j]!) : signs(below));
    return bits(LATENTS).reduce((total, b) => {
      const q = logProbability(a, b);
      const likelihood = logProbability(network(decoder[i]!, signs(b)), below);
      const above = i + 1 < encoder.length ? level(i + 1, b) : -logProbability(Array.from(prior.data), b);
      return total + Math.exp(q) * (q - likelihood + above);
    }, 0);
  };
  return images.map((image) => level(0, image));
}

const settings: [AutoencoderNetwork, number][] = [
  ["linear", 1],
  ["nonlinear", 1],
  ["linear", 2],
];

describe("autoencoder", () => {
  test.each(settings)("%s, %d layer(s): by enumeration the loss is the negative ELBO", (network, layers) => {
    const { model, numbers } = made({ network, layers });
    const { loss } = model.train(tensors(numbers), { x }, key(1), model.init(1).states as never);
    const expected = negativeElbo(numbers, layers);
    value(loss).forEach((l, i) => expect(l).toBeCloseTo(expected[i]!, 10));
  });

  test.each(settings)(
    "%s, %d layer(s): its gradient is that of the negative ELBO, for every parameter",
    (network, layers) => {
      const { model, numbers } = made({ network, layers });
      const params = tensors(numbers);
      const { loss } = model.train(params, { x }, key(1), model.init(1).states as never);
      const wrt = leaves(params as never as Tree<Tensor>).map((leaf) => leaf.value);
      const received = evaluate(gradients(sum(loss), wrt));
      const total = () => negativeElbo(numbers, layers).reduce((a, b) => a + b);
      leaves(numbers as never as Tree<NdArray>).forEach(({ path, value: { data } }, k) => {
        data.forEach((w, i) => {
          const step = 1e-5;
          data[i] = w + step;
          const above = total();
          data[i] = w - step;
          const below = total();
          data[i] = w;
          expect(received[k]!.data[i], `${path} ${i}`).toBeCloseTo((above - below) / (2 * step), 6);
        });
      });
    },
  );

  test("what an estimator meets is log q − log p at bits, goes on linearly off them, and takes copies of the batch", () => {
    const { model: exact, numbers } = made();
    let seen: { single: Tensor; other: Tensor; folded: Tensor; path: Tensor } | undefined;
    const b = constant(array([[1, 0, 1], [0, 1, 1]], { dtype: "float64" })); // biome-ignore format: rows
    const half = constant(array([[0.5, 0, 1], [0, 1, 0.25]], { dtype: "float64" })); // biome-ignore format: rows
    const probe: Estimator = {
      ...exact.estimator,
      estimate(_a, _key, downstream, state) {
        const loss = downstream(b);
        seen = {
          single: loss,
          other: downstream(half, "detached"),
          folded: downstream(concat([b, half], 0), "detached"),
          path: downstream(half, "path"),
        };
        return { loss, state };
      },
    };
    const { model } = made({ estimator: probe });
    const params = tensors(numbers);
    model.train(params, { x }, key(1), [{}]);
    const { single, other, folded, path } = seen!;
    const { encoder, decoder, prior } = partsOf(numbers, 1);
    const expected = images.map((image, i) => {
      const a = network(
        encoder[0]!,
        image.map((v, j) => v - mean[j]!),
      );
      const bit = [[1, 0, 1], [0, 1, 1]][i]!; // biome-ignore format: rows
      return (
        logProbability(a, bit) -
        logProbability(Array.from(prior.data), bit) -
        logProbability(network(decoder[0]!, signs(bit)), image)
      );
    });
    value(single).forEach((l, i) => expect(l).toBeCloseTo(expected[i]!, 10));
    expect(value(folded)).toEqual([...value(single), ...value(other)]);
    expect(value(path)).toEqual(value(other));
    const wrt = leaves(params as never as Tree<Tensor>).map((leaf) => leaf.value);
    const slopes = evaluate(gradients(sum(path), [half, ...wrt])).map((g) => Array.from(g.data));
    expect(slopes[0]!.every((g) => g !== 0)).toBe(true);
    expect(
      slopes
        .slice(1)
        .flat()
        .every((g) => g === 0),
    ).toBe(true);
    expect(evaluate(gradients(add(sum(other), sum(folded)), wrt)).every((g) => g.data.every((v) => v === 0))).toBe(
      true,
    );
  });

  test("a live call trains decoder and prior, and not the encoder: log q's own gradient would only be noise", () => {
    const { model: exact, numbers } = made({ network: "nonlinear" });
    const b = constant(array([[1, 0, 1], [0, 1, 1]], { dtype: "float64" })); // biome-ignore format: rows
    const probe: Estimator = { ...exact.estimator, estimate: (_a, _key, downstream, state) => ({ loss: downstream(b), state }) }; // biome-ignore format: one line
    const { model } = made({ network: "nonlinear", estimator: probe });
    const params = tensors(numbers);
    const { loss } = model.train(params, { x }, key(1), [{}]);
    for (const { path, value } of leaves(params as never as Tree<Tensor>)) {
      const [g] = evaluate(gradients(sum(loss), [value]));
      // The first three of its rows are the encoder.
      const trained = Number(path.split(".")[0]) >= 3;
      expect(
        g!.data.some((v) => v !== 0),
        path,
      ).toBe(trained);
    }
  });

  test("with two layers, copies meet the second layer's noise of the live call, and only that call changes its state", () => {
    const { model: exact, numbers } = made({ layers: 2 });
    const b = constant(array([[1, 0, 1], [0, 1, 1]], { dtype: "float64" })); // biome-ignore format: rows
    const other = constant(array([[0, 0, 1], [1, 1, 0]], { dtype: "float64" })); // biome-ignore format: rows
    const seen: Tensor[] = [];
    const probe: Estimator = {
      ...exact.estimator,
      estimate(a, key, downstream) {
        // The second layer's estimate comes inside of the first one's calls.
        if (seen.length === 0) {
          seen.push(a);
          seen.push(downstream(concat([b, other, b], 0), "detached"));
          seen.push(downstream(other, "path"));
          seen.push(downstream(b, "mean"));
          return { loss: downstream(b), state: { seen: sum(a) } };
        }
        return { loss: downstream(exact.estimator.unit.sample(a, key)), state: { seen: sum(a) } };
      },
    };
    const { model } = made({ layers: 2, estimator: probe });
    const params = tensors(numbers);
    const { loss, states } = model.train(params, { x }, key(5), [{}, {}, {}, {}, {}]);
    const copies = value(seen[1]!);
    expect(copies.slice(0, 2)).toEqual(copies.slice(4));
    value(loss).forEach((l, i) => expect(copies[i]).toBeCloseTo(l, 12));
    value(seen[2]!).forEach((l, i) => expect(copies[2 + i]).toBeCloseTo(l, 12));
    const { encoder, decoder, prior } = partsOf(numbers, 2);
    const above = [[1, 0, 1], [0, 1, 1]].map((bit) => network(encoder[1]!, signs(bit))); // biome-ignore format: rows
    // The mean-field pass: the second layer outputs its probabilities, where logarithms go on linearly.
    const linear = (logits: readonly number[], h: readonly number[]) =>
      logits.reduce((total, l, j) => total + l * h[j]! - Math.log(1 + Math.exp(l)), 0);
    images.forEach((image, i) => {
      const bit = [[1, 0, 1], [0, 1, 1]][i]!; // biome-ignore format: rows
      const first = network(encoder[0]!, image.map((v, j) => v - mean[j]!)); // biome-ignore format: one line
      const p = above[i]!.map(sigmoid);
      const expected = linear(first, bit) - linear(network(decoder[0]!, signs(bit)), image) + linear(above[i]!, p) - linear(network(decoder[1]!, signs(p)), bit) - linear(Array.from(prior.data), p); // biome-ignore format: one line
      expect(value(seen[3]!)[i]).toBeCloseTo(expected, 10);
    });
    const weights = leaves(params as never as Tree<Tensor>).map((leaf) => leaf.value);
    expect(evaluate(gradients(sum(seen[3]!), weights)).every((g) => g.data.every((v) => v === 0))).toBe(true);
    expect(value(states[2]!.seen!)[0]).toBeCloseTo(
      above.flat().reduce((total, v) => total + v, 0),
      10,
    );
  });

  test("the bound over every pattern once, all equally likely, is log p(x)", () => {
    const { model, numbers } = made();
    const { decoder, prior } = partsOf(numbers, 1);
    const zeros = { weight: NdArray.zeros([PIXELS, LATENTS], "float64"), bias: NdArray.zeros([LATENTS], "float64") };
    const flat = [zeros, ...numbers.slice(1)];
    const patterns = bits(LATENTS);
    const uniform = array(
      patterns.flatMap((b) => images.map(() => b.map((bit) => (bit ? 0.25 : 0.75)))),
      { dtype: "float64" },
    );
    const bound = value(model.bound(tensors(flat), x, replayKey({ uniform: [uniform] }), patterns.length));
    images.forEach((image, i) => {
      const p = patterns.reduce(
        (total, b) =>
          total +
          Math.exp(logProbability(Array.from(prior.data), b) + logProbability(network(decoder[0]!, signs(b)), image)),
        0,
      );
      expect(bound[i]).toBeCloseTo(Math.log(p), 10);
    });
  });

  test("the bound of very unlikely images is finite in single precision", () => {
    const { model, numbers } = made({ estimator: "straight-through" });
    const single = mapTree(numbers as never as Tree<NdArray>, ({ data, shape }) => constant(new NdArray(Float32Array.from(data, (w) => 500 * w), shape))); // biome-ignore format: one line
    const image = constant(array(images, { dtype: "float32" }));
    for (const bound of value(model.bound(single as never, image, key(1), 5))) {
      expect(bound).toBeLessThan(-90);
      expect(Number.isFinite(bound)).toBe(true);
    }
  });

  test("the bound with one sample is the negative loss of that sample", () => {
    const { model, numbers } = made({ estimator: "score-function", layers: 2 });
    const params = tensors(numbers);
    const { loss } = model.train(params, { x }, key(9), [{}, {}, {}, {}, {}]);
    value(model.bound(params, x, key(9), 1)).forEach((b, i) => expect(b).toBeCloseTo(-value(loss)[i]!, 10));
  });

  test("starts at the pixels' log-odds, kept from infinity", () => {
    const { params } = autoencoder({ mean, network: "nonlinear", latents: 2, estimator: "exact" }).init(1);
    const { decoder, prior } = partsOf(params, 1);
    expect(decoder[0]).toHaveLength(3);
    const bias = Array.from(decoder[0]![2]!.bias.data);
    [0, Math.log(1 / 7), Math.log(1 / 999), Math.log(3)].forEach((b, i) => expect(bias[i]).toBeCloseTo(b, 5));
    expect(Array.from(prior.data)).toEqual([0, 0]);
  });

  test("refuses units that are not binary, and sizes that are none", () => {
    const make = (options: object) => () => autoencoder({ mean, network: "linear", estimator: "exact", ...options });
    expect(make({ estimator: "rectifier" })).toThrow(UserError);
    expect(make({ estimator: "rectifier" })).toThrow("needs an estimator of binary units or of their relaxation, received rectifier"); // biome-ignore format: one line
    expect(make({ latents: 0 })).toThrow("autoencoder: latents must be a whole number at least 1, received 0");
    expect(make({ layers: 1.5 })).toThrow(
      "autoencoder: layers must be a whole number at least 1 and at most 1000, received 1.5",
    );
    expect(make({ network: "deep" })).toThrow("autoencoder: network must be one of linear, nonlinear, received");
    expect(make({ width: 3 })).toThrow("autoencoder: the options are mean, network, latents, layers, estimator, recompute, received width"); // biome-ignore format: one line
  });
});
