import { describe, expect, test } from "vitest";
import { UserError } from "../../errors.ts";
import { checkDataset } from "../check.ts";
import type { LabelledDataset } from "../dataset.ts";
import { loadDataset } from "../index.ts";
import { hashOf } from "../testing.ts";
import { sineOfTurns } from "./manifolds.ts";

const small = { classes: 3, channels: 6, steps: 50, examples: 60, valid: 15, test: 12 };
/** The step in which each channel of each example fires. [examples][channels] */
const timesOf = ({ train: { fields, size } }: LabelledDataset, steps: number, channels: number): number[][] =>
  Array.from({ length: size }, (_, i) =>
    Array.from({ length: channels }, (_, channel) => {
      const spikes = Array.from({ length: steps }, (_, t) => fields.x.data[(i * steps + t) * channels + channel]!);
      expect(spikes.filter((spike) => spike !== 0)).toEqual([1]);
      return spikes.indexOf(1);
    }),
  );

describe("manifolds", () => {
  test("are spikes, one a channel, with the classes in turn", async () => {
    const data = await loadDataset("manifolds", small);
    checkDataset("test", data);
    expect(data.fields.x.shape).toEqual([50, 6]);
    expect([data.train.size, data.valid.size, data.test.size]).toEqual([60, 15, 12]);
    const times = timesOf(data, 50, 6);
    // Over all examples, the spikes of a channel reach the first and the last tenth: times are scaled to the steps.
    for (let channel = 0; channel < 6; channel++) {
      const all = times.map((time) => time[channel]!);
      expect([Math.min(...all) < 5, Math.max(...all) >= 45]).toEqual([true, true]);
    }
    expect([...data.train.fields.label.data].slice(0, 7)).toEqual([0, 1, 2, 0, 1, 2, 0]);
    expect(data.drawing!.split("\n").length).toBe(2);
    expect(data.baseline).toBe("A guess is wrong in 66.7% of all cases.");
  });

  test("have the same bytes for the same seed on any machine", async () => {
    const data = await loadDataset("manifolds", { ...small, dimension: 2 });
    expect([data.train, data.valid, data.test].map(({ fields }) => hashOf(fields.x))).toEqual([
      "7ea0de8f1d5fe900",
      "a313373975bd276e",
      "d378bc8103cafda7",
    ]);
    const other = await loadDataset("manifolds", { ...small, dimension: 2, seed: 1 });
    expect(hashOf(other.train.fields.x)).not.toBe(hashOf(data.train.fields.x));
  });

  test("give an example that doesn't depend on how many there are", async () => {
    const [few, many] = [
      await loadDataset("manifolds", small),
      await loadDataset("manifolds", { ...small, examples: 99 }),
    ];
    expect(many.train.fields.x.data.slice(0, 60 * 300)).toEqual(few.train.fields.x.data);
    expect(hashOf(many.valid.fields.x)).toBe(hashOf(few.valid.fields.x));
  });

  test("are smooth: on a curve, the times of an example are near those of its nearest neighbour of the same class", async () => {
    const data = await loadDataset("manifolds", { ...small, classes: 2, examples: 400, smoothness: 3 });
    const times = timesOf(data, 50, 6);
    const distance = (i: number, j: number): number =>
      times[i]!.reduce((sum, time, channel) => sum + Math.abs(time - times[j]![channel]!), 0) / 6;
    const nearest = (i: number, sameClass: boolean): number =>
      Math.min(...times.flatMap((_, j) => (i !== j && (i % 2 === j % 2) === sameClass ? [distance(i, j)] : [])));
    const far = Array.from({ length: 400 }, (_, i) => i).filter((i) => nearest(i, true) >= nearest(i, false));
    // 200 points of a curve are a few steps apart; another curve crosses it here and there.
    expect(far.length).toBeLessThan(8);
  });

  test.each([
    [{ classes: 1 }, "the number of classes must be an integer of at least 2, received 1"],
    [{ dimension: 0 }, "dimension must be a whole number at least 1"],
    [{ dimension: 1e9 }, "dimension must be a whole number at least 1 and at most 100, received 1000000000"],
    [{ smoothness: 0 }, "smoothness must be a finite number above 0"],
    [{ steps: 2 ** 20, channels: 2 ** 20 }, "of memory"],
    [{ alpha: 2 }, "received alpha"],
  ])("refuse %o", async (given, message) => {
    const options: object = given;
    await expect(loadDataset("manifolds", options)).rejects.toThrow(UserError);
    await expect(loadDataset("manifolds", options)).rejects.toThrow(message);
  });
});

test("sineOfTurns(t) is sin 2πt to 1e-12, also after many turns", () => {
  for (let i = -4000; i <= 4000; i++) {
    const t = i / 997;
    if (Math.abs(sineOfTurns(t) - Math.sin(2 * Math.PI * t)) > 1e-12) expect.fail(`at ${t}: ${sineOfTurns(t)}`);
  }
  expect([sineOfTurns(0.25), sineOfTurns(0.75), sineOfTurns(1)]).toEqual([
    expect.closeTo(1, 12),
    expect.closeTo(-1, 12),
    0,
  ]);
});
