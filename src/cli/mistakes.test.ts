import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { heaviside, tinyData } from "./testing.ts";

let folder: string;
let data: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "heaviside-mistakes-"));
  data = await tinyData();
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await rm(data, { recursive: true });
});

/** What `train` says about this config file. */
async function complaint(text: string): Promise<string> {
  const path = join(folder, "config.json");
  await writeFile(path, text);
  const { code, out, err } = await heaviside("train", "--config", path, "--print-config");
  expect(code).toBe(1);
  expect(out).toBe("");
  expect(err).not.toMatch(/\n\s+at /);
  return err.replaceAll(path, "FILE");
}

describe("a config file's mistakes", () => {
  it.each<[unknown, string]>([
    [{ hidden: [{ units: -3, estimator: "sigmoid" }] }, "hidden.0.units: must be a whole number from 1, received -3"],
    [{ hidden: [{ units: 2.5, estimator: "sigmoid" }] }, "hidden.0.units: must be a whole number from 1, received 2.5"],
    [{ hidden: [{ estimator: "sigmoid" }] }, "hidden.0.units: must be a whole number from 1, received undefined"],
    [{ hidden: 400 }, "hidden: must be a list of hidden layers, received 400"],
    [{ hidden: [400] }, "hidden.0: must be an object, received 400"],
    [{ hidden: [{ units: 4, estimator: "straigth-through" }] }, 'hidden.0.estimator: did you mean "straight-through"?'],
    [
      { hidden: [{ units: 4, estimator: { name: "noisy-rectifier", sd: -1 } }] },
      "hidden.0.estimator: noisy-rectifier: sd must be a finite number",
    ],
    [{ hidden: [{ units: 4, estimator: { name: "noisy-rectifier", ds: 1 } }] }, 'no option "ds"'],
    [
      { hidden: [{ units: 4, estimator: "sigmoid", unit: 3 }] },
      "hidden.0.unit: there is no such option, did you mean units?",
    ],
    [{ epoch: 3 }, "epoch: there is no such option, did you mean epochs?"],
    [{ zzz: 3 }, "zzz: there is no such option, the options are data, dataDir"],
    [{ epochs: "ten" }, 'epochs: must be a whole number from 1, received "ten"'],
    [{ epochs: null }, "epochs: must be a whole number from 1, received null"],
    [{ batch: 0 }, "batch: must be a whole number from 1, received 0"],
    [{ data: "mnits" }, 'data: must be one of mnist, fashion-mnist, folder (did you mean mnist?), received "mnits"'],
    [
      { optimizer: { name: "sgdd", rate: 1 } },
      'optimizer.name: must be one of sgd, momentum, nesterov, adam (did you mean sgd?), received "sgdd"',
    ],
    [{ optimizer: "sgd" }, 'optimizer: must be an object with a name, received "sgd"'],
    [{ optimizer: { name: "sgd", rate: 0 } }, "optimizer.rate: must be a number above 0, received 0"],
    [
      { optimizer: { name: "sgd", rate: 1, momentum: 0.9 } },
      "optimizer.momentum: there is no such option, the options are name, rate",
    ],
    [
      { optimizer: { name: "adam", rate: 1, beta: 0.9 } },
      "optimizer.beta: there is no such option, did you mean beta1?",
    ],
    [
      { schedule: { name: "step-decay", every: 2 } },
      "schedule.factor: must be a number above 0, at most 1, received undefined",
    ],
    [{ seed: -1 }, "seed: must be a whole number from 0 to 4294967295, received -1"],
    [{ test: "always" }, 'test: must be one of end, epoch, received "always"'],
    [{ clip: { norm: "5" } }, 'clip.norm: must be a number above 0, received "5"'],
    [{ out: "" }, 'out: must be a text that is not empty, received ""'],
    [[], "FILE: must hold an object, received a list"],
  ])("%j", async (config, expected) => {
    expect(await complaint(JSON.stringify(config))).toContain(expected);
  });

  it("are told all at once, each with its path", async () => {
    expect(await complaint('{"epochs": 0, "batch": -1, "sede": 4}')).toBe(
      "heaviside: FILE:\n  epochs: must be a whole number from 1, received 0\n" +
        "  batch: must be a whole number from 1, received -1\n  sede: there is no such option, did you mean seed?\n",
    );
  });

  it.each([
    ['{"epochs": 3,}', 'FILE:1:14: must be JSON: expected a name in double quotes, received "}"'],
    ['{\n  "epochs": 3\n  "batch": 5\n}', 'FILE:3:3: must be JSON: expected a comma or }, received "\\""'],
    ["{\n  epochs: 3\n}", 'FILE:2:3: must be JSON: expected a name in double quotes, received "e"'],
    ['{"epochs": 3', "FILE:1:13: must be JSON: expected a comma or }, received the end of the file"],
    ['{"epochs" 3}', 'FILE:1:11: must be JSON: expected a colon, received "3"'],
    ['{"a": [1, nope]}', 'FILE:1:11: must be JSON: expected a value, received "n"'],
    ["{} x", 'FILE:1:4: must be JSON: expected the end of the file, received "x"'],
    ["", "FILE:1:1: must be JSON: expected a value, received the end of the file"],
  ])("malformed JSON is located: %j", async (text, expected) => {
    expect(await complaint(text)).toBe(`heaviside: ${expected}\n`);
  });
});

describe("a command line's mistakes", () => {
  it.each<[string[], number, string]>([
    [["trian"], 2, "unknown command 'trian'; did you mean train?"],
    [["train", "--epoch", "3"], 2, "unknown option '--epoch'; did you mean --epochs?"],
    [["train", "--epochs"], 2, "option '--epochs <n>' argument missing"],
    [["train", "extra"], 2, "too many arguments"],
    [["train", "--epochs", "many"], 1, 'epochs: must be a whole number from 1, received "many"'],
    [["train", "--hidden", "-3"], 1, "hidden.0.units: must be a whole number from 1, received -3"],
    [
      ["train", "--hidden", "4,4", "--estimator", "sigmoid,sigmoid,tanh"],
      1,
      "--estimator: must be one for all hidden layers or one each (2), received 3",
    ],
    [["train", "--estimator", "straight"], 1, 'did you mean "straight-through"?'],
    [["train", "--backend", "cuda"], 1, 'backend: must be one of auto, reference, wasm, native, received "cuda"'],
    [["train", "--precision", "half"], 1, 'precision: must be one of float32, bfloat16, received "half"'],
    [["train", "--backend", "wasm", "--precision", "bfloat16"], 1, "wasm: precision must be one of float32"],
    [["train", "--config", "/nowhere/config.json"], 1, "config: cannot read /nowhere/config.json: it doesn't exist"],
    [["train", "--resume"], 1, "--resume needs the folder of a run"],
    [["train", "--resume", "/nowhere"], 1, "cannot read /nowhere/config.json"],
    [["train", "--data-dir", "/nowhere"], 1, "/nowhere does not exist"],
    [["data", "cifar"], 1, "data: must be one of mnist, fashion-mnist, folder"],
    [["backends", "--threads", "0"], 1, "--threads must be a whole number at least 1 and at most 64, received 0"],
    [["start", "--seconds", "soon"], 1, 'first-look: --seconds must be a finite number above 0, received "soon"'],
    [["start", "--units", "0"], 1, "first-look: --units must be a whole number at least 1, received 0"],
  ])("heaviside %j", async (argv, expectedCode, expected) => {
    const { code, err, out } = await heaviside(...argv);
    expect(err).toContain(expected);
    expect(err).toMatch(/^heaviside: /);
    expect(err).not.toMatch(/\n\s+at /);
    expect({ code, out }).toEqual({ code: expectedCode, out: "" });
  });

  it("a folder that can't be written is said before anything is trained", async () => {
    const file = join(folder, "file");
    await writeFile(file, "");
    const { code, err, out } = await heaviside("train", "--data-dir", data, "--backend", "reference", "--out", file);
    expect(code).toBe(1);
    expect(err).toContain(`${file} must be a folder, it is a file`);
    expect(out).not.toContain("epoch 1");
  });

  it("a folder that holds a run is not overwritten", async () => {
    const run = join(folder, "run");
    const argv = [
      "train",
      "--data-dir",
      data,
      "--backend",
      "reference",
      "--hidden",
      "3",
      "--epochs",
      "1",
      "--out",
      run,
    ];
    expect((await heaviside(...argv)).code).toBe(0);
    const { code, err } = await heaviside(...argv);
    expect(code).toBe(1);
    expect(err).toContain("holds a run already");
  });

  it("a resumed run can't change what decides its numbers", async () => {
    const run = join(folder, "other");
    await heaviside(
      "train",
      "--data-dir",
      data,
      "--backend",
      "reference",
      "--hidden",
      "3",
      "--epochs",
      "1",
      "--out",
      run,
    );
    const { code, err } = await heaviside("train", "--resume", run, "--batch", "50");
    expect(code).toBe(1);
    expect(err).toMatch(/batch/);
  });
});
