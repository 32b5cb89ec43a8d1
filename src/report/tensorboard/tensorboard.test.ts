import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { full } from "../../../test/support/full.ts";
import { pythonWith } from "../../../test/support/python.ts";
import { referenceBackend } from "../../backends/reference/reference.ts";
import { tfRecord } from "../../formats/tfrecord.ts";
import { mlp } from "../../models/mlp.ts";
import { weightsPng } from "../../plots/image-grid.ts";
import { type EpochMetrics, Interrupted, type TrainOptions, train } from "../../train/index.ts";
import { abortAt, toyData } from "../../train/testing.ts";
import { histogram } from "./event.ts";
import { tensorBoard } from "./tensorboard.ts";
import {
  bytesAt,
  eventsOf,
  fieldsOf,
  floatsAt,
  intAt,
  type ReadEvent,
  recordsOf,
  scalarsOf,
  textAt,
} from "./testing.ts";

const data = toyData();
const model = mlp({ input: [2, 2], hidden: [{ units: 5, estimator: "straight-through" }], classes: 3 });
const options: TrainOptions = { epochs: 3, batch: 30, seed: 7, backend: referenceBackend() };

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "tensorboard-"));
});
afterAll(() => rm(home, { recursive: true, force: true }));

const fileIn = (folder: string): string => join(folder, "events.out.tfevents.heaviside");
const read = async (folder: string): Promise<ReadEvent[]> => eventsOf(await readFile(fileIn(folder)));
const START = "_hparams_/session_start_info";
const END = "_hparams_/session_end_info";

/** The content of an event of the HPARAMS plugin: its start or end. */
const pluginOf = (event: ReadEvent, tag: string, field: number) => {
  const plugin = fieldsOf(bytesAt(fieldsOf(bytesAt(event.values.get(tag)!, 9)), 1));
  expect(textAt(plugin, 1)).toBe("hparams");
  return fieldsOf(bytesAt(fieldsOf(bytesAt(plugin, 2)), field));
};

/** All that doesn't depend on the clock. */
const untimed = (events: readonly ReadEvent[]) =>
  events.map(({ step, values }) => ({
    step,
    values: Array.from(values, ([tag, value]) => [tag, value] as const).filter(
      ([tag]) => !tag.startsWith("time/") && tag !== START && tag !== END,
    ),
  }));

test("a training's events hold its scores, parameters, first weights and options", async () => {
  const folder = join(home, "whole");
  const history: EpochMetrics[] = [];
  const result = await train(model, data, {
    ...options,
    log: tensorBoard(folder),
    onEpoch: (metrics) => history.push(metrics),
  });
  const [start, ...rest] = await read(folder);
  const epochs = rest.slice(0, -1);
  expect(epochs.map(({ step }) => step)).toEqual([3, 6, 9]);
  for (const [i, { train: running, valid, examplesPerSecond }] of history.entries()) {
    const scalars = scalarsOf(epochs[i]!);
    const expected = {
      "nll/train": running.nll,
      "error/train": running.error,
      "nll/valid.deterministic": valid.deterministic.nll,
      "error/valid.stochastic": valid.stochastic.error,
      "time/examplesPerSecond": examplesPerSecond,
      "time/epoch": i + 1,
    };
    for (const [tag, value] of Object.entries(expected)) expect(scalars.get(tag), tag).toBe(Math.fround(value));
  }
  // All parameters, counted.
  const tags = ["hidden1/weight", "hidden1/bias", "output/weight", "output/bias"];
  const last = epochs.at(-1)!;
  const histograms = tags.map((tag) => fieldsOf(bytesAt(last.values.get(tag)!, 5)));
  const sizes = [20, 5, 15, 3];
  expect(histograms.map((fields) => floatsAt(fields, 3, 8)[0])).toEqual(sizes);
  expect(histograms.map((fields) => floatsAt(fields, 7, 8).reduce((a, b) => a + b))).toEqual(sizes);
  // The five units' weights over 2 × 2 pixels, with a line between two.
  const picture = fieldsOf(bytesAt(last.values.get("hidden1/weight image")!, 4));
  expect([intAt(picture, 1), intAt(picture, 2)]).toEqual([2, 14]);
  const weight = result.params[0]!.weight!.data;
  const units = Array.from({ length: 5 }, (_, unit) => [0, 1, 2, 3].map((pixel) => weight[pixel * 5 + unit]!));
  const { png } = await weightsPng(units, { width: 2, height: 2, columns: 8 });
  const chosenEpoch = epochs[result.selectedEpoch - 1]!.values.get("hidden1/weight image")!;
  expect(Array.from(bytesAt(fieldsOf(bytesAt(chosenEpoch, 4)), 4))).toEqual(Array.from(png));

  const chosen = new Map(
    pluginOf(start!, START, 3)
      .get(1)!
      .map((entry) => {
        const fields = fieldsOf(entry as Uint8Array);
        return [textAt(fields, 1), fieldsOf(bytesAt(fields, 2))] as const;
      }),
  );
  expect(floatsAt(pluginOf(start!, START, 3), 5, 8)).toEqual([start!.seconds]);
  expect(floatsAt(chosen.get("training.batch")!, 2, 8)).toEqual([30]);
  expect(floatsAt(chosen.get("training.seed")!, 2, 8)).toEqual([7]);
  expect(textAt(chosen.get("training.optimizer.name")!, 3)).toBe("momentum");
  const final = rest.at(-1)!;
  expect(final.step).toBe(history[result.selectedEpoch - 1]!.step);
  expect(intAt(pluginOf(final, END, 4), 1)).toBe(1);
  expect(scalarsOf(final).get("error/result.test.deterministic")).toBe(Math.fround(result.test.deterministic.error));
});

test("a training that was stopped anywhere and resumed leaves the same events, each step once", async () => {
  const whole = join(home, "unstopped");
  await train(model, data, { ...options, log: tensorBoard(whole), runFolder: whole });
  const expected = untimed(await read(whole));
  for (const stop of full ? [1, 4, 7, 9, 14] : [4, 14]) {
    const runFolder = join(home, `stopped-${stop}`);
    const log = tensorBoard(runFolder);
    const stopped = train(model, data, { ...options, runFolder, log, signal: abortAt(stop) });
    await expect(stopped).rejects.toThrow(Interrupted);
    await train(model, data, { ...options, runFolder, log: tensorBoard(runFolder), resume: true });
    expect(untimed(await read(runFolder)), `stop ${stop}`).toEqual(expected);
  }
  // Resumed once more, a training that is done writes its last event alone.
  const before = recordsOf(await readFile(fileIn(whole))).slice(0, -1);
  await train(model, data, { ...options, log: tensorBoard(whole), runFolder: whole, resume: true });
  expect(recordsOf(await readFile(fileIn(whole))).slice(0, -1)).toEqual(before);
  expect(untimed(await read(whole))).toEqual(expected);
});

test("what a killed process left behind is replaced: a step that no checkpoint knows, half of a record, nothing", async () => {
  const runFolder = join(home, "killed");
  const short = { ...options, runFolder, epochs: 2 };
  await train(model, data, { ...short, log: tensorBoard(runFolder) });
  const whole = await readFile(fileIn(runFolder));
  const expected = untimed(await read(runFolder));
  // Whole records of another kind, shorter than an event.
  await writeFile(fileIn(runFolder), tfRecord(Uint8Array.of(1, 2, 3)));
  await train(model, data, { ...short, resume: true, log: tensorBoard(runFolder) });
  expect(untimed(await read(runFolder)).map(({ step }) => step)).toEqual(expected.map(({ step }) => step));
  // The final event again, as if of a later step; and cut at every 97th byte.
  for (const left of [Buffer.concat([whole, whole.subarray(whole.length - 500)]), ...cuts(whole, 97)]) {
    await writeFile(fileIn(runFolder), left);
    await train(model, data, { ...short, resume: true, log: tensorBoard(runFolder) });
    const found = untimed(await read(runFolder));
    expect(found.map(({ step }) => step)).toEqual(expected.map(({ step }) => step));
    // Parameters of steps that were lost can't be written again, scores can.
    for (const [i, { values }] of found.entries())
      for (const [tag, value] of expected[i]!.values)
        if (value.has(2)) expect(new Map(values).get(tag), tag).toEqual(value);
  }
});

const cuts = (bytes: Buffer, every: number): Buffer[] =>
  Array.from({ length: Math.floor(bytes.length / every) }, (_, i) => bytes.subarray(0, i * every)).filter(
    (_, i) => i % (full ? 8 : 24) === 0,
  );

test("a folder with another training's events, a path that is no folder and what is no log are refused", async () => {
  const folder = join(home, "taken");
  const log = () => tensorBoard(folder);
  await train(model, data, { ...options, epochs: 1, log: log() });
  await expect(train(model, data, { ...options, epochs: 1, log: log() })).rejects.toThrow(
    `tensorBoard: ${folder} holds the events of another training: choose another folder`,
  );
  await writeFile(join(home, "file"), "");
  await expect(train(model, data, { ...options, log: tensorBoard(join(home, "file")) })).rejects.toThrow("file");
  expect(() => tensorBoard("")).toThrow('tensorBoard: folder must be the path of a folder, received ""');
  await expect(train(model, data, { ...options, log: "runs/a" as never })).rejects.toThrow(
    'train: log must be a log, such as tensorBoard("logs/first"), received "runs/a"',
  );
});

test("a histogram counts each number once, from the least to the largest", () => {
  const of = (values: readonly number[]) => {
    const fields = fieldsOf(bytesAt(fieldsOf(histogram("a", values)), 5));
    const [limits, counts] = [floatsAt(fields, 6, 8), floatsAt(fields, 7, 8)];
    return { limits, counts, sums: [1, 2, 3, 4, 5].map((field) => floatsAt(fields, field, 8)[0]) };
  };
  const { limits, counts, sums } = of([0, 1, 1, 3, 30]);
  expect(limits).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
  expect(counts.flatMap((n, i) => (n > 0 ? [[i, n]] : []))).toEqual([[0, 1], [1, 2], [3, 1], [29, 1]]); // biome-ignore format: pairs
  expect(sums).toEqual([0, 30, 5, 35, 911]);
  const same = of([2, 2, 2]);
  expect([same.limits[29], same.counts[29], same.counts[0]]).toEqual([2, 3, 0]);
});

/** TensorBoard's own reader, where it is: it isn't a Debian package, so CI has the reader above alone. */
const python = pythonWith("tensorboard.backend.event_processing.event_accumulator");
const program = `
import json, sys
from tensorboard.backend.event_processing import event_accumulator
from tensorboard.plugins.hparams import plugin_data_pb2
events = event_accumulator.EventAccumulator(sys.argv[1], {"scalars": 0, "histograms": 0, "images": 0, "tensors": 0})
events.Reload()
tags = events.Tags()
content = events.SummaryMetadata("_hparams_/session_start_info").plugin_data.content
start = plugin_data_pb2.HParamsPluginData.FromString(content).session_start_info
print(json.dumps({
    "steps": [e.step for e in events.Scalars("error/train")],
    "error": [e.value for e in events.Scalars("error/train")],
    "counts": [e.histogram_value.num for e in events.Histograms("hidden1/weight")],
    "images": [[e.width, e.height] for e in events.Images("hidden1/weight image")],
    "batch": start.hparams["training.batch"].number_value,
}))`;

if (python)
  test("TensorBoard's own reader finds all of it", async () => {
    const folder = join(home, "read");
    const { history } = await train(model, data, { ...options, log: tensorBoard(folder) });
    const found = JSON.parse(execFileSync(python!, ["-c", program, folder], { encoding: "utf8" }));
    expect(found).toEqual({
      steps: [3, 6, 9],
      error: history.map((metrics) => Math.fround(metrics.train.error)),
      counts: [20, 20, 20],
      images: [[14, 2], [14, 2], [14, 2]], // biome-ignore format: pairs
      batch: 30,
    });
  });
