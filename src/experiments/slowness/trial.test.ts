import { describe, expect, it } from "vitest";
import { referenceBackend } from "../../backends/reference/reference.ts";
import type { SplitName } from "../../data/dataset.ts";
import { labelledDataset, labelledSplit } from "../../data/testing.ts";
import type { NdArray } from "../../graph/index.ts";
import type { Params } from "../../models/model.ts";
import { armModel, arms } from "./arms.ts";
import { pointsOf, type TrialOptions, trial } from "./trial.ts";

const split = (name: SplitName, size: number) => {
  const labels = Int32Array.from({ length: size }, (_, i) => (i * 7) % 3);
  const inputs = Float32Array.from({ length: size * 3 }, (_, i) =>
    i % 3 === labels[Math.floor(i / 3)] ? 1 : ((i * 31) % 40) / 100,
  );
  return labelledSplit(name, inputs, labels);
};
const data = labelledDataset("made", ["0", "1", "2"], {
  train: split("train", 50),
  valid: split("valid", 20),
  test: split("test", 20),
});
const options: TrialOptions = {
  rate: 0.3,
  momentum: 0.9,
  batch: 10,
  steps: 12,
  seed: 1,
  points: 3,
  scored: 50,
  samples: 1,
  test: true,
  backend: referenceBackend(),
};
const model = armModel(arms.sigmoid, { input: [3], hidden: [4], classes: 3 });

describe("trial", () => {
  it("scores at the points asked for, over more than one epoch, and ends where its curve does", async () => {
    const { curve, train } = await trial(model, data, options);
    expect(curve.map(({ step }) => step)).toEqual(pointsOf(12, 3));
    expect(curve.at(-1)).toEqual({ step: 12, nll: train.nll, readout: train.readout.nll });
    expect(train.nll).toBeLessThan(curve[0]!.nll);
  });

  it("is a function of its options, and each that should matter does", async () => {
    const first = await trial(model, data, options);
    expect(await trial(model, data, options)).toEqual(first);
    for (const change of [{ rate: 0.1 }, { momentum: 0 }, { batch: 5 }, { seed: 2 }])
      expect((await trial(model, data, { ...options, ...change })).train.nll, JSON.stringify(change)).not.toBe(
        first.train.nll,
      );
  });

  it("a seed orders the examples too, and not the first weights alone", async () => {
    const same = { ...model, init: () => model.init(1) };
    const [one, two] = [await trial(same, data, options), await trial(same, data, { ...options, seed: 2 })];
    expect(one.curve[0]).toEqual(two.curve[0]);
    expect(one.train.nll).not.toBe(two.train.nll);
  });

  it("reads the test set only where it may", async () => {
    expect((await trial(model, data, { ...options, test: false })).test).toBeUndefined();
    expect((await trial(model, data, options)).test).toBeDefined();
  });

  it("shows the parameters before the first step, on the way and at the end", async () => {
    const seen: [number, Params<NdArray>][] = [];
    await trial(model, data, {
      ...options,
      snapshots: [0, 5, 12],
      onSnapshot: async (step, params) => void seen.push([step, params]),
    });
    expect(seen.map(([step]) => step)).toEqual([0, 5, 12]);
    expect(seen[0]![1]).toEqual(model.init(1).params);
    expect(seen[1]![1]).not.toEqual(seen[2]![1]);
  });

  it("says infinity where the loss has overflowed", async () => {
    const { train } = await trial(model, data, { ...options, rate: 1e38 });
    expect(train.nll).toBe(Number.POSITIVE_INFINITY);
  });

  it("counts every example as wrong where weights are no longer finite, though bits hide it", async () => {
    const bits = armModel(arms.unbiased, { input: [3], hidden: [4], classes: 3 });
    const { train, valid, test, curve } = await trial(bits, data, { ...options, rate: 1e38 });
    const { POSITIVE_INFINITY: nll } = Number;
    const lost = { nll, error: 100, readout: { nll, error: 100 } };
    expect([train, valid, test]).toEqual([lost, lost, lost]);
    expect(curve.at(-1)).toEqual({ step: 12, nll, readout: nll });
  });
});
