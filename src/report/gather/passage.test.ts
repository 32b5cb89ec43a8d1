import { expect, it } from "vitest";
import { referenceBackend } from "../../backends/reference/reference.ts";
import { labelledDataset, labelledSplit } from "../../data/testing.ts";
import { NdArray } from "../../graph/index.ts";
import { classes, conv, dense, gatedMlp, mlp, network, normalise, pool, recurrentNetwork } from "../../models/index.ts";
import type { Params } from "../../models/model.ts";
import { sigmoid } from "../../statistics/sigmoid.ts";
import { passageOf } from "./passage.ts";

const backend = referenceBackend();
const inputs = Array.from({ length: 60 }, (_, i) => Math.sin(1 + 7 * i) * 2);
const labels = Array.from({ length: 20 }, (_, i) => i % 3);
const test = labelledSplit("test", inputs, labels, [3]);
const data = labelledDataset("small", ["a", "b", "c"], { train: test, valid: test, test });

/** aW + b, in double precision. */
const affine = (x: ArrayLike<number>, { weight, bias }: Params<NdArray>[number]): number[] =>
  Array.from(bias!.data, (b: number, j): number =>
    Array.from(x).reduce((total, value, i) => total + value * weight!.data[i * bias!.data.length + j]!, b),
  );
const softmax = (scores: readonly number[]): number[] => {
  const total = scores.reduce((sum, s) => sum + Math.exp(s), 0);
  return scores.map((s) => Math.exp(s) / total);
};
const close = (found: NdArray | undefined, wanted: readonly number[]) => {
  expect(found!.data).toHaveLength(wanted.length);
  wanted.forEach((value, i) => expect(found!.data[i]).toBeCloseTo(value, 4));
};

/** What an estimator multiplies ∂L/∂h by. */
const slopes = {
  "straight-through": () => 1,
  "straight-through-slope": (p: number) => p * (1 - p),
} satisfies Record<string, (p: number) => number>;

it.each(["straight-through", "straight-through-slope"] as const)(
  "follows an example through units that decide, and back as %s says",
  (estimator) => {
    const model = mlp({ input: 3, hidden: [{ units: 8, estimator }], classes: 3 });
    const { params } = model.init(4);
    const read = passageOf(model, backend)!;
    const [example, seed] = [7, 11];
    const found = read(params, data, example, seed);
    const x = inputs.slice(3 * example, 3 * example + 3);
    close(found.x, x);
    expect(found.label).toBe(labels[example]);

    const { a, u, h, slopeOfH, slopeOfA } = found.units[0]!;
    const p = found.units[0]!.p!;
    close(a, affine(x, params[0]!));
    close(p, [...a.data].map(sigmoid));
    expect([...h.data]).toEqual([...u!.data].map((draw, i) => Number(draw < p.data[i]!)));
    expect(new Set(h.data)).toEqual(new Set([0, 1]));

    const scores = affine(h.data, params[1]!);
    const probabilities = softmax(scores);
    const error = probabilities.map((value, c) => value - Number(c === found.label));
    close(found.scores, scores);
    close(found.probabilities, probabilities);
    expect(found.loss).toBeCloseTo(-Math.log(probabilities[found.label]!), 5);
    close(found.slopeOfScores, error);
    const ofH = Array.from(h.data, (_, i) =>
      error.reduce((total, value, c) => total + value * params[1]!.weight!.data[i * 3 + c]!, 0),
    );
    close(slopeOfH, ofH);
    const ofA = ofH.map((value, i) => value * slopes[estimator](p.data[i]!));
    close(slopeOfA, ofA);
    close(
      found.slopes[0]!.weight,
      x.flatMap((value) => ofA.map((of) => value * of)),
    );
    close(
      found.slopes[1]!.weight,
      [...h.data].flatMap((value) => error.map((of) => value * of)),
    );
    close(
      found.slopeOfX,
      x.map((_, i) => ofA.reduce((total, of, unit) => total + of * params[0]!.weight!.data[i * 8 + unit]!, 0)),
    );
  },
);

it("draws anew with another seed, and the same with the same", () => {
  const model = mlp({ input: 3, hidden: [{ units: 30, estimator: "disarm" }], classes: 3 });
  const { params } = model.init(1);
  const read = passageOf(model, backend)!;
  const bits = (seed: number) => [...read(params, data, 0, seed).units[0]!.h.data];
  expect(bits(1)).toEqual(bits(1));
  expect(bits(1)).not.toEqual(bits(2));
});

it("reads gates, of which the chosen ones multiply their blocks", () => {
  const gate = { name: "top-k", k: 2 } as const;
  const gated = [{ blocks: 6, width: 2, gater: { name: "dense", hidden: [] }, gate }] as const;
  const model = gatedMlp({ input: 3, gated, classes: 3 });
  const { params } = model.init(2);
  const { units, slopes } = passageOf(model, backend)!(params, data, 3, 0);
  const { a, p, u, h, slopeOfA } = units[0]!;
  expect([p, u]).toEqual([undefined, undefined]);
  const open = [...h.data].flatMap((value, k) => (value === 0 ? [] : [k]));
  const best = [...a.data.keys()].sort((i, j) => a.data[j]! - a.data[i]!).slice(0, 2);
  expect(open).toEqual(best.sort((i, j) => i - j));
  expect(slopeOfA.data).toEqual(slopes[0]!.bias!.data);
  const ofBlock = (k: number) => Math.max(...slopes[1]!.out!.data.slice(6 * k, 6 * k + 6).map(Math.abs));
  for (let k = 0; k < 6; k++) if (!open.includes(k)) expect(ofBlock(k)).toBe(0);
});

const square = labelledSplit("test", Array.from({ length: 3 * 36 }, (_, i) => Math.sin(3 * i)), [0, 1, 2], [6, 6]); // biome-ignore format: one line
const images = labelledDataset("images", ["a", "b", "c"], { train: square, valid: square, test: square });

const filled = (value: number) => new NdArray(new Float32Array(4).fill(value), [4]);
it("follows an image through convolutions that decide, normalised as at test", () => {
  const stages = [conv({ features: 4, size: 3 }), pool({}), normalise({ estimator: "straight-through-slope" }), dense({})]; // biome-ignore format: one line
  const model = network({ input: [6, 6], stages, head: classes(3) });
  const params = model.init(2).params.map((row) => ({
    ...row,
    ...(row.mean && { mean: filled(0.25), variance: filled(4), scale: filled(3) }),
  })) as Params<NdArray>;
  const found = passageOf(model, backend)!(params, images, 2, 5);
  const [mapped, pooled, normalised, scores] = found.stages;
  const ofFirst = (i: number, j: number) => square.fields.x.data[2 * 36 + 6 * i + j] ?? 0;
  const at = (r: number, c: number, of: number) =>
    [0, 1, 2]
      .flatMap((i) => [0, 1, 2].map((j) => [i, j] as const))
      .reduce((sum, [i, j]) => {
        const [row, column] = [r + i - 1, c + j - 1];
        const isInside = row >= 0 && row < 6 && column >= 0 && column < 6;
        return sum + (isInside ? ofFirst(row, column) : 0) * params[0]!.weight!.data[(3 * i + j) * 4 + of]!;
      }, params[0]!.bias!.data[of]!);
  const each = Array.from({ length: 6 * 6 * 4 }, (_, k) => at(Math.floor(k / 24), Math.floor(k / 4) % 6, k % 4));
  close(mapped!.sent!.value, each);
  const best = Array.from({ length: 36 }, (_, k) => {
    const [r, c, of] = [2 * Math.floor(k / 12), 2 * (Math.floor(k / 4) % 3), k % 4];
    return Math.max(...[0, 1].flatMap((i) => [0, 1].map((j) => at(r + i, c + j, of))));
  });
  close(pooled!.sent!.value, best);
  const [layer] = found.units;
  const { a, p, u, h, slopeOfH, slopeOfA } = layer!;
  close(a, best.map((y) => (3 * (y - 0.25)) / Math.sqrt(4 + 1e-5))); // biome-ignore format: one line
  close(p, [...a.data].map(sigmoid));
  expect([...h.data]).toEqual([...u!.data].map((draw, i) => Number(draw < p!.data[i]!)));
  expect(normalised!.sent!.value.shape).toEqual([3, 3, 4]);
  close(scores!.sent!.value, [...found.scores.data]);
  close(scores!.sent!.slope, [...found.slopeOfScores.data]);
  close(normalised!.sent!.slope, [...slopeOfH.data]);
  close(
    slopeOfA,
    Array.from(slopeOfH.data, (of, i) => of * p!.data[i]! * (1 - p!.data[i]!)),
  );
  close(found.slopes[2]!.shift, [0, 1, 2, 3].map((c) => [...slopeOfA.data].reduce((sum, of, i) => sum + (i % 4 === c ? of : 0), 0))); // biome-ignore format: one line
  close(
    pooled!.sent!.slope,
    Array.from(slopeOfA.data, (of) => (3 * of) / Math.sqrt(4 + 1e-5)),
  );
});

it("follows an image through the steps of an LSTM whose gates decide, and back through time", () => {
  const cell = { name: "lstm", gates: "straight-through-slope" } as const;
  const model = recurrentNetwork({ input: [6, 6], cell, units: 5, classes: 3 });
  const { params } = model.init(3);
  const found = passageOf(model, backend)!(params, images, 1, 7);
  const [own] = found.stages;
  const of = (name: string) => own![name]!.value.data;
  const slope = (name: string) => own![name]!.slope.data;
  expect(own!.forget!.value.shape).toEqual([6, 5]);
  expect(new Set([...of("input"), ...of("forget"), ...of("output")])).toEqual(new Set([0, 1]));
  for (let k = 0; k < 30; k++) {
    const before = k < 5 ? 0 : of("c")[k - 5]!;
    expect(of("c")[k]).toBeCloseTo(of("forget")[k]! * before + of("input")[k]! * of("candidate")[k]!, 5);
    expect(of("h")[k]).toBeCloseTo(of("output")[k]! * Math.tanh(of("c")[k]!), 5);
    for (const gate of ["input", "forget", "output"]) {
      const p = sigmoid(of(`${gate}:a`)[k]!);
      expect(slope(`${gate}:a`)[k]).toBeCloseTo(slope(gate)[k]! * p * (1 - p), 5);
    }
    expect(slope("output")[k]).toBeCloseTo(slope("h")[k]! * Math.tanh(of("c")[k]!), 5);
    expect(slope("forget")[k]).toBeCloseTo(slope("c")[k]! * before, 5);
  }
  // The scores read the last step alone.
  close(found.scores, affine([...of("h")].slice(25), params[1]!));
  const error = [...found.slopeOfScores.data];
  close(new NdArray(slope("h").slice(25), [5]), [0, 1, 2, 3, 4].map((unit) => error.reduce((sum, e, c) => sum + e * params[1]!.weight!.data[3 * unit + c]!, 0))); // biome-ignore format: one line
  const bias = [0, 1, 2, 3, 4].map((unit) => [0, 1, 2, 3, 4, 5].reduce((sum, t) => sum + slope("forget:a")[5 * t + unit]!, 0)); // biome-ignore format: one line
  close(found.slopes[0]!["forget.bias"], bias);
});
