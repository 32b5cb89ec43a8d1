import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { datasetFromArrays, streamed, type TrainingData } from "../data/index.ts";
import { batchesOf } from "../data/stream.ts";
import { classes, dense, network } from "../models/index.ts";
import { augmentationFor } from "./augment.ts";
import { type TrainOptions, train } from "./index.ts";

const SIZE = 5;
/** A bright pixel left or right of the middle. */
const images = (count: number) => ({
  x: Array.from({ length: count }, (_, i) =>
    Array.from({ length: SIZE }, (_, y) =>
      Array.from({ length: SIZE }, (_, x) => (y === 2 && x === 1 + 2 * (i % 2) ? 1 + (i % 7) / 10 : 0)),
    ),
  ),
  label: Array.from({ length: count }, (_, i) => i % 2),
});
const data = datasetFromArrays({ train: images(40), valid: images(10), test: images(10) });
const model = () => network({ input: [SIZE, SIZE], stages: [dense({ name: "output" })], head: classes(2) });
const options: TrainOptions = { backend: "reference", epochs: 2, batch: 16, augment: [{ name: "shift", pixels: 1 }] };

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "augment-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const numbers = ({ params }: { params: readonly { readonly [name: string]: { data: ArrayLike<number> } }[] }) =>
  params.map((layer) => Object.values(layer).map(({ data }) => [...(data as Float32Array)]));

describe("train with augment", () => {
  test("gives the same numbers every time, and others than without it, without a change to the data", async () => {
    const before = JSON.stringify([data.train, data.valid, data.test]);
    const first = await train(model(), data, options);
    expect(numbers(await train(model(), data, options))).toEqual(numbers(first));
    expect(numbers(await train(model(), data, { ...options, augment: [] }))).not.toEqual(numbers(first));
    expect(JSON.stringify([data.train, data.valid, data.test])).toBe(before);
  });

  test("sees other changes in every epoch, and validates on images as they are", async () => {
    // At such a rate no parameter moves: only the images make a difference.
    const still: TrainOptions = { ...options, epochs: 3, optimizer: { name: "sgd", rate: 1e-30 } };
    const losses = async (given: TrainOptions) => {
      const { history } = await train(model(), data, given);
      return [history.map((epoch) => epoch.train.nll), history.map((epoch) => epoch.valid.deterministic.nll)] as const;
    };
    const [training, validation] = await losses({ ...still, augment: [{ name: "shift", pixels: 2 }] });
    const [plain, plainValidation] = await losses({ ...still, augment: [] });
    expect(new Set(training.map((nll) => nll.toFixed(6))).size).toBe(3);
    expect(new Set(plain.map((nll) => nll.toFixed(6))).size).toBe(1);
    expect(validation).toEqual(plainValidation);
  });

  test("resumes within an epoch as if it had not stopped", async () => {
    const whole = await train(model(), data, options);
    const stop = new AbortController();
    let steps = 0;
    await expect(
      train(model(), data, {
        ...options,
        runFolder: join(dir, "run"),
        signal: stop.signal,
        lookAt: [4],
        onLook: () => {
          steps++;
          stop.abort();
        },
      }),
    ).rejects.toThrow();
    expect(steps).toBe(1);
    const resumed = await train(model(), data, { ...options, runFolder: join(dir, "run"), resume: true });
    expect(numbers(resumed)).toEqual(numbers(whole));
    await expect(
      train(model(), data, { ...options, augment: [{ name: "flip" }], runFolder: join(dir, "run"), resume: true }),
    ).rejects.toThrow(/resume: training.augment/);
  });

  test("changes a stream's images in a copy, which are the same as those in memory of the same places", async () => {
    const { x, label } = images(40);
    const flat = Float32Array.from(x.flat(2));
    const own = flat.slice();
    const stream: TrainingData = {
      ...data,
      train: streamed({
        fields: data.fields,
        *batches(_, size) {
          for (let from = 0; from < 40; from += size)
            yield {
              x: own.subarray(from * SIZE * SIZE, Math.min(40, from + size) * SIZE * SIZE),
              label: Int32Array.from(label.slice(from, from + size)),
            };
        },
      }),
    };
    const seen = async (of: TrainingData, size: number, skip = 0): Promise<Map<number, string>> => {
      const augmented = augmentationFor({ augment: options.augment, seed: 1 }, { input: "x" }, of);
      const found = new Map<number, string>();
      for await (const batch of batchesOf("test", of.train, { epoch: 1, size, seed: 1, skip })) {
        const { fields, places } = augmented(batch, 1);
        const all = fields.x!.data;
        places.forEach((place, i) => found.set(place, all.slice(i * SIZE * SIZE, (i + 1) * SIZE * SIZE).join()));
      }
      return found;
    };
    const inMemory = await seen(data, 16);
    expect(inMemory.size).toBe(40);
    expect(new Set(inMemory.values()).size).toBeGreaterThan(20);
    expect(await seen(stream, 16)).toEqual(inMemory);
    expect(await seen(data, 7)).toEqual(inMemory);
    const rest = await seen(data, 7, 3);
    expect(rest.size).toBe(19);
    for (const [place, image] of rest) expect(image).toBe(inMemory.get(place));
    expect(own).toEqual(flat);
  });

  test.each<[string, object, string]>([
    [
      "another name",
      { name: "spin" },
      'train: augment.0.name must be one of shift, flip, rotate, erase, received "spin"',
    ],
    ["no distance", { name: "shift" }, "train: augment.0.pixels must be a whole number at least 1, received undefined"],
    ["a long distance", { name: "shift", pixels: 5 }, "augment shift: pixels must be below the 5 pixels"],
  ])("refuses %s before anything is written", async (_, augment, message) => {
    const run = train(model(), data, {
      ...options,
      augment: [augment as { name: "flip" }],
      runFolder: join(dir, "run"),
    });
    await expect(run).rejects.toThrow(message);
    await expect(train(model(), data, { ...options, runFolder: join(dir, "run") })).resolves.toBeDefined();
  });
});
