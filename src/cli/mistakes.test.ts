import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { folderForAllTests } from "../../test/support/temporary.ts";
import { writeTinyData } from "../../test/support/tiny-data.ts";
import { heaviside } from "./testing.ts";

let folder: string;
let data: string;
folderForAllTests((path) => {
  folder = path;
});
folderForAllTests((path) => {
  data = writeTinyData(path);
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

const layers = (...hidden: unknown[]) => ({ model: { hidden } });
const optimizer = (given: unknown) => ({ training: { optimizer: given } });

describe("a config file's mistakes", () => {
  it.each<[unknown, string]>([
    [layers({ units: -3, estimator: "sigmoid" }), "hidden.0.units: must be a whole number at least 1, received -3"],
    [layers({ units: 2.5, estimator: "sigmoid" }), "hidden.0.units: must be a whole number at least 1, received 2.5"],
    [layers({ estimator: "sigmoid" }), "hidden.0.units: must be a whole number at least 1, received undefined"],
    [{ model: { hidden: 400 } }, "model.hidden: must be a list, received 400"],
    [layers(400), "model.hidden.0: must be an object, received 400"],
    [
      layers({ units: 4, estimator: "straigth-through" }),
      'hidden.0.estimator: there is no estimator "straigth-through", did you mean "straight-through"?',
    ],
    [
      layers({ units: 4, estimator: { name: "noisy-rectifier", sd: -1 } }),
      "model.hidden.0.estimator.sd: must be a finite number above 0, received -1",
    ],
    [
      layers({ units: 4, estimator: { name: "noisy-rectifier", ds: 1 } }),
      "model.hidden.0.estimator.ds: there is no such option, did you mean sd?",
    ],
    [
      layers({ units: 4, estimator: "sigmoid", unit: 3 }),
      "model.hidden.0.unit: there is no such option, did you mean units?",
    ],
    [{ epoch: 3 }, "epoch: there is no such option, did you mean training.epochs?"],
    [{ training: { epoch: 3 } }, "training.epoch: there is no such option, did you mean epochs?"],
    [{ zzz: 3 }, "zzz: there is no such option, the groups are data, model, training, machine"],
    [{ training: { zzz: 3 } }, "training.zzz: there is no such option, the options are epochs, steps, batch"],
    [{ training: { epochs: "ten" } }, 'training.epochs: must be a whole number at least 1, received "ten"'],
    [{ training: { epochs: null } }, "training.epochs: must be a whole number at least 1, received null"],
    [{ training: { epochs: 2, steps: 3 } }, "training.steps: stands in place of epochs: give one of them, received 3"],
    [{ training: { batch: 0 } }, "training.batch: must be a whole number at least 1, received 0"],
    [{ data: { name: "mnits" } }, 'data.name: there is no data set "mnits", did you mean "mnist"?'],
    [{ data: "mnist" }, 'data: must be an object: { "data": { "name": "mnist" } }, received "mnist"'],
    [{ model: 3 }, "model: must be an object with a name, received 3"],
    [
      optimizer({ name: "sgdd", rate: 1 }),
      'training.optimizer.name: must be one of sgd, momentum, nesterov, adam (did you mean sgd?), received "sgdd"',
    ],
    [optimizer("sgd"), 'training.optimizer: must be an object with a name, received "sgd"'],
    [optimizer({ name: "sgd", rate: 0 }), "training.optimizer.rate: must be a finite number above 0, received 0"],
    [
      optimizer({ name: "sgd", rate: 1, momentum: 0.9 }),
      "training.optimizer.momentum: there is no such option, the options are name, rate, parameters",
    ],
    [
      optimizer({ name: "adam", rate: 1, beta: 0.9 }),
      "training.optimizer.beta: there is no such option, did you mean beta1?",
    ],
    [
      optimizer({ name: "sgd", rate: 1, parameters: { prior: { name: "sgd" } } }),
      "training.optimizer.parameters.prior.rate: must be a finite number above 0, received undefined",
    ],
    [
      { training: { schedule: { name: "step-decay", every: 2 } } },
      "training.schedule.factor: must be a finite number above 0 and at most 1, received undefined",
    ],
    [{ training: { seed: -1 } }, "training.seed: must be a whole number at least 0 and below 4294967296, received -1"],
    [{ training: { test: "always" } }, 'training.test: must be one of end, epoch, received "always"'],
    [{ training: { clip: { norm: "5" } } }, 'training.clip.norm: must be a finite number above 0, received "5"'],
    [{ machine: { out: "" } }, 'machine.out: must be a text that is not empty, received ""'],
    [[], "FILE: must hold an object, received a list"],
  ])("%j", async (config, expected) => {
    expect(await complaint(JSON.stringify(config))).toContain(expected);
  });

  it("are told all at once, each with its path", async () => {
    expect(await complaint('{"training": {"epochs": 0, "batch": -1, "sede": 4}}')).toBe(
      "heaviside: FILE:\n  training.epochs: must be a whole number at least 1, received 0\n" +
        "  training.batch: must be a whole number at least 1, received -1\n  training.sede: there is no such option, did you mean seed?\n",
    );
  });

  it("are keys of a config without groups, and the groups that they belong to", async () => {
    const flat = { data: "mnist", dataDir: "x", limit: 3, model: "mlp", hidden: [], epochs: 3, backend: "wasm" };
    expect(await complaint(JSON.stringify(flat))).toBe(
      [
        "heaviside: FILE:",
        '  data: must be an object: { "data": { "name": "mnist" } }, received "mnist"',
        '  model: must be an object: { "model": { "name": "mlp" } }, received "mlp"',
        '  dataDir: belongs to data: { "data": { "dir": … } }',
        '  limit: belongs to data: { "data": { "limit": … } }',
        '  hidden: belongs to model: { "model": { "hidden": … } }',
        '  epochs: belongs to training: { "training": { "epochs": … } }',
        '  backend: belongs to machine: { "machine": { "backend": … } }',
        "",
      ].join("\n"),
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
    [["train", "--epochs", "many"], 1, 'training.epochs: must be a whole number at least 1, received "many"'],
    [["train", "--hidden", "-3"], 1, "model.hidden.0.units: must be a whole number at least 1, received -3"],
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
    [
      ["data", "svhn"],
      1,
      "data.name: must be the name of a data set (the names are mnist, fashion-mnist, cifar10, cifar100, folder, images, table, npz, adding, copy, parity, sequential-mnist, manifolds, characters, strokes, iam-online, circles, moons, spirals, xor, clouds)",
    ],
    ...[
      "pool:30 dense",
      "conv:8,size=3+3+3 dense",
      "conv:8,padding=valid,size=29 dense",
      "conv:8 residual:(pool:29) dense",
    ].map((stages): [string[], number, string] => [
      ["describe", "--model", "network", "--stages", stages],
      1,
      "network: stages[",
    ]),
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
