import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { folderForAllTests } from "../../test/support/temporary.ts";
import { writeTinyData } from "../../test/support/tiny-data.ts";
import { eventsOf } from "../report/tensorboard/testing.ts";
import { heaviside } from "./testing.ts";

let folder: string;
let data: string;
folderForAllTests((path) => {
  folder = path;
  data = writeTinyData(path);
});
const small = () => ["--data-dir", data, "--backend", "reference", "--hidden", "6", "--batch", "100"];
const stepsIn = async (run: string): Promise<number[]> =>
  eventsOf(await readFile(join(run, "events.out.tfevents.heaviside"))).map(({ step }) => step);

test("train --tensorboard writes events into the run folder, and so does its resume", async () => {
  const run = join(folder, "events");
  const { code } = await heaviside("train", ...small(), "--epochs", "1", "--out", run, "--tensorboard");
  expect(code).toBe(0);
  // The options, an epoch of two steps, the result.
  expect(await stepsIn(run)).toEqual([0, 2, 2]);
  expect((await heaviside("train", "--resume", run, "--epochs", "2")).code).toBe(0);
  expect((await stepsIn(run)).slice(0, 3)).toEqual([0, 2, 4]);
});

test("a training that is done gets its events by a resume", async () => {
  const run = join(folder, "late");
  await heaviside("train", ...small(), "--epochs", "2", "--out", run);
  expect(existsSync(join(run, "events.out.tfevents.heaviside"))).toBe(false);
  expect((await heaviside("train", "--resume", run, "--tensorboard")).code).toBe(0);
  expect((await stepsIn(run)).slice(0, 3)).toEqual([0, 2, 4]);
});

test("train --tensorboard needs a run folder", async () => {
  const { code, err } = await heaviside("train", ...small(), "--no-out", "--tensorboard");
  expect([code, err]).toEqual([
    1,
    "heaviside: train: --tensorboard writes into the run folder, received --no-out too\n",
  ]);
});
