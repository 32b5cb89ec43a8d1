/**
 * Events that `train --tensorboard` wrote, read by Google's protobuf with TensorBoard's messages. Those messages are compared with an installed
 * TensorBoard's, where there is one: no Debian release has it.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { heaviside } from "../../src/cli/testing.ts";
import { numbersIn } from "../../src/formats/json.ts";
import { pythonWith } from "../support/python.ts";
import { root } from "../support/repository.ts";
import { folderForAllTests } from "../support/temporary.ts";
import { writeTinyData } from "../support/tiny-data.ts";

const reader = `${root}test/tensorboard/read_events.py`;
const python = pythonWith("google.protobuf");
interface Event {
  readonly step: number;
  readonly values: Readonly<
    Record<
      string,
      {
        readonly scalar?: number;
        readonly histogram?: readonly number[];
        readonly image?: readonly number[];
        readonly png?: string;
        readonly start?: object;
        readonly end?: number;
      }
    >
  >;
}

let folder: string;
folderForAllTests((path) => {
  folder = path;
});

describe.skipIf(!python)("Google's protobuf [needs python3-protobuf]", () => {
  const run = () => join(folder, "run");
  const eventsOf = (): Event[] => JSON.parse(execFileSync(python!, [reader, run()], { encoding: "utf8" }));
  beforeAll(async () => {
    const own = ["--data-dir", writeTinyData(folder), "--backend", "reference", "--hidden", "6", "--batch", "100"];
    const { code } = await heaviside("train", ...own, "--epochs", "2", "--tensorboard", "--out", run());
    expect(code).toBe(0);
  });

  test("reads every number of metrics.jsonl, the parameters, the pictures and the options", () => {
    const [start, ...rest] = eventsOf();
    const lines = readFileSync(join(run(), "metrics.jsonl"), "utf8").trim().split("\n");
    const epochs = rest.slice(0, lines.length);
    for (const [i, line] of lines.entries()) {
      const { step, train, valid } = JSON.parse(line);
      const { values } = epochs[i]!;
      expect(epochs[i]!.step).toBe(step);
      const scores = { train, "valid.deterministic": valid.deterministic, "valid.stochastic": valid.stochastic };
      for (const [of, score] of Object.entries(scores))
        for (const [name, number] of numbersIn(score))
          expect(values[`${name}/${of}`]!.scalar, name).toBe(Math.fround(number));
      const { histogram = [] } = values["hidden1/weight"]!;
      // 4 × 4 pixels, six units: all are counted, in 30 buckets.
      expect(histogram.slice(0, 3)).toEqual([96, 96, 30]);
      expect(histogram[3]!).toBeLessThan(histogram[4]!);
      const { image = [], png } = values["hidden1/weight image"]!;
      expect(png).toBe("89504e470d0a1a0a");
      expect(image.slice(0, 2)).toEqual(image.slice(2));
    }
    expect(start!.values["_hparams_/session_start_info"]!.start).toMatchObject({
      "training.epochs": 2,
      "training.optimizer.name": "momentum",
      "model.hidden.0.units": 6,
    });
    const last = rest.at(-1)!.values;
    expect(last["_hparams_/session_end_info"]!.end).toBe(1);
    const { test: scores } = JSON.parse(readFileSync(join(run(), "result.json"), "utf8"));
    expect(last["error/result.test.deterministic"]!.scalar).toBe(Math.fround(scores.deterministic.error));
  });

  test("refuses a file of which a byte was changed", () => {
    const file = join(run(), "events.out.tfevents.heaviside");
    const bytes = readFileSync(file);
    const damaged = Buffer.from(bytes);
    damaged[Math.floor(bytes.length / 2)]! ^= 1;
    writeFileSync(file, damaged);
    const { status, stderr } = spawnSync(python!, [reader, run()], { encoding: "utf8" });
    writeFileSync(file, bytes);
    expect([status, stderr]).toEqual([1, expect.stringMatching(/a checksum at byte \d+ is wrong/)]);
  });
});

const withTensorBoard = pythonWith("tensorboard");
if (withTensorBoard)
  test("the reader's messages are those of the installed TensorBoard", () => {
    const said = execFileSync(withTensorBoard, [reader, "--against-tensorboard"], { encoding: "utf8" });
    expect(said.trim()).toBe("the messages are TensorBoard's");
  });
