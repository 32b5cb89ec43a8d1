import { expect, it } from "vitest";
import { referenceBackend } from "../../backends/reference/reference.ts";
import { labelledSplit } from "../../data/testing.ts";
import { mlp } from "../../models/index.ts";
import { philoxWords } from "../../random/index.ts";
import { normalDraws } from "../../statistics/normal.ts";
import { gradientNoiseOf, noiseOf } from "./gradient-noise.ts";

const backend = referenceBackend();
const draw = normalDraws(philoxWords([1, 2], 3));
const vectors = (n: number, length: number, shift: number) =>
  Array.from({ length: n }, () => Array.from({ length }, () => shift + draw()));
const dot = (a: readonly number[], b: readonly number[]) => a.reduce((total, x, i) => total + x * b[i]!, 0);

/** Signal over noise by its definition: means over pairs of different vectors, and the sample variance of each component. */
function byDefinition(g: readonly (readonly number[])[]): { signal: number; variance: number } {
  const n = g.length;
  let pairs = 0;
  g.forEach((a, i) => g.forEach((b, j) => (i === j ? 0 : (pairs += dot(a, b)))));
  const mean = g[0]!.map((_, k) => g.reduce((total, a) => total + a[k]!, 0) / n);
  const spread = g.reduce((total, a) => total + a.reduce((s, x, k) => s + (x - mean[k]!) ** 2, 0), 0);
  return { signal: pairs / (n * (n - 1)), variance: spread / (n - 1) };
}

const productsOf = (g: readonly (readonly number[])[]) => {
  const total = g[0]!.map((_, k) => g.reduce((sum, a) => sum + a[k]!, 0));
  return { squares: g.map((a) => dot(a, a)), withSum: g.map((a) => dot(a, total)), apart: undefined };
};

it("is the signal and the variance of the gradients by their definition", () => {
  const g = vectors(20, 7, 0.8);
  const { signal, variance } = byDefinition(g);
  const { signalToNoise, drawn } = noiseOf("layer", productsOf(g));
  expect(signalToNoise.value).toBeCloseTo(Math.sqrt(signal / variance), 10);
  expect(signalToNoise.low).toBeLessThan(signalToNoise.value);
  expect(signalToNoise.high).toBeGreaterThan(signalToNoise.value);
  expect(drawn).toBeUndefined();
  // Leaving one out is the definition without it.
  const logs = g.map((_, b) => {
    const { signal: s, variance: v } = byDefinition(g.filter((_, i) => i !== b));
    return Math.log(Math.sqrt(s / v));
  });
  const centre = logs.reduce((a, b) => a + b) / 20;
  const error = Math.sqrt((19 / 20) * logs.reduce((t, x) => t + (x - centre) ** 2, 0));
  expect(Math.log(signalToNoise.high / signalToNoise.value)).toBeCloseTo(2.093 * error, 8);
});

it("knows where the noise comes from: half of the squared distance of two draws on one batch", () => {
  const g = vectors(20, 7, 0.8);
  const { variance } = byDefinition(g);
  expect(noiseOf("layer", { ...productsOf(g), apart: g.map(() => variance) }).drawn).toBeCloseTo(0.5, 10);
  expect(noiseOf("layer", { ...productsOf(g), apart: g.map(() => 9 * variance) }).drawn).toBe(1);
});

it("is that of a softmax regression's gradients, worked by hand", () => {
  const size = 60;
  const inputs = Array.from({ length: 2 * size }, draw);
  const labels = Array.from({ length: size }, (_, i) => Number(inputs[2 * i]! + 0.5 * draw() > 0));
  const model = mlp({ input: 2, hidden: [], classes: 2 });
  const { params } = model.init(5);
  const [{ weight, bias }] = params as [(typeof params)[0]];
  // 60 examples make 20 batches of 3, however large a step's is.
  const g = Array.from({ length: 20 }, (_, b) => {
    const total = new Array<number>(6).fill(0);
    for (let i = 3 * b; i < 3 * b + 3; i++) {
      const x = [inputs[2 * i]!, inputs[2 * i + 1]!];
      const a = [0, 1].map((c) => bias!.data[c]! + x[0]! * weight!.data[c]! + x[1]! * weight!.data[2 + c]!);
      const z = a.map((v) => Math.exp(v) / (Math.exp(a[0]!) + Math.exp(a[1]!)));
      const slope = z.map((p, c) => (p - Number(labels[i] === c)) / 3);
      x.forEach((v, j) => slope.forEach((s, c) => (total[2 * j + c]! += v * s)));
      slope.forEach((s, c) => (total[4 + c]! += s));
    }
    return total;
  });
  const found = gradientNoiseOf(model, params, labelledSplit("train", inputs, labels), { backend, batch: 100 })!;
  expect([found.batch, found.steps, found.layers.map(({ name }) => name)]).toEqual([3, 20, ["output"]]);
  const { signal, variance } = byDefinition(g);
  expect(found.layers[0]!.signalToNoise.value).toBeCloseTo(Math.sqrt(signal / variance), 4);
  expect(found.layers[0]!.drawn).toBeUndefined();
});

it("of equal examples is all due to what units draw; too few examples have none", () => {
  const model = mlp({ input: 2, hidden: [{ units: 4, estimator: "disarm" }], classes: 2 });
  const { params } = model.init(5);
  const same = (size: number) => labelledSplit("train", Array.from({ length: 2 * size }, (_, i) => 1 + (i % 2)), new Array<number>(size).fill(1)); // biome-ignore format: one line
  const { layers } = gradientNoiseOf(model, params, same(40), { backend, batch: 2 })!;
  // Two estimates of one variance from 20 pairs of draws: the second differs by about a third of itself.
  expect(layers[0]!.drawn).toBeGreaterThan(0.4);
  expect(gradientNoiseOf(model, params, same(19), { backend, batch: 2 })).toBeUndefined();
});
