import { expect, it } from "vitest";
import { referenceBackend } from "../../backends/reference/reference.ts";
import { labelledDataset, labelledSplit } from "../../data/testing.ts";
import type { NdArray } from "../../graph/index.ts";
import { gatedMlp, mlp, recurrentNetwork } from "../../models/index.ts";
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
  expect(slopeOfA).toBe(slopes[0]!.bias);
  const ofBlock = (k: number) => Math.max(...slopes[1]!.out!.data.slice(6 * k, 6 * k + 6).map(Math.abs));
  for (let k = 0; k < 6; k++) if (!open.includes(k)) expect(ofBlock(k)).toBe(0);
});

it("has nothing to say of a network that reads steps", () => {
  const steps = recurrentNetwork({ input: [3, 1], cell: { name: "lif" }, units: 4, classes: 3 });
  expect(passageOf(steps, backend)).toBeUndefined();
});
