import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../backends/backend.ts";
import { referenceBackend } from "../backends/reference/reference.ts";
import { startBackend } from "../backends/select.ts";
import type { LabelledDataset, SplitName } from "../data/dataset.ts";
import { datasetFromArrays } from "../data/from-arrays.ts";
import { UserError } from "../errors.ts";
import type { Estimator } from "../estimators/estimator.ts";
import { add, div, greater, mul, NdArray, sqrt, sub, type Tensor } from "../graph/index.ts";
import { values } from "../models/heads/values.ts";
import { type Hidden, mlp } from "../models/mlp.ts";
import type { Model } from "../models/model.ts";
import { network } from "../models/network.ts";
import { dense } from "../models/stages/dense.ts";
import { recurrent } from "../models/stages/recurrent.ts";
import { loadModel } from "../predict/load-model.ts";
import { decodeCheckpoint } from "./checkpoint.ts";
import { Diverged } from "./events.ts";
import type { TrainOptions } from "./options.ts";
import { toyData } from "./testing.ts";
import { train } from "./train.ts";

const data = toyData();
const net = (...hidden: Hidden[]): Model => mlp({ input: [2, 2], hidden, classes: 3 });
const binary = { units: 6, estimator: "straight-through" } as const;
const options: TrainOptions = { epochs: 4, batch: 30, optimizer: { name: "sgd", rate: 0.1 } };

/** An estimator of a linear unit: what it does in a step is given, and what it keeps starts at 0. */
const mine = (estimate: Estimator["estimate"], keeps?: string): Hidden => ({
  units: 6,
  estimator: {
    card: {
      ...{ name: "mine", title: "mine", family: "deterministic", summary: "", formula: "", source: "" },
      ...{ unbiased: false, passes: 1, backward: 1, readsPath: true, readsLoss: false },
    },
    unit: { sample: (a) => a, readout: (a) => a, stochastic: false },
    ...(keeps !== undefined && { init: () => ({ [keeps]: NdArray.zeros([]) }) }),
    estimate,
  },
});
/** x/0·0: not a number wherever `when` is 1, and 0 elsewhere. */
const spoiled = (when: Tensor): Tensor => mul(div(when, sub(1, when)), 0);

let wasm: Backend;
let home: string;
beforeAll(async () => {
  wasm = await startBackend("wasm", { threads: 1 });
  home = await mkdtemp(join(tmpdir(), "diverged-"));
});
afterAll(async () => {
  await wasm.close();
  await rm(home, { recursive: true, force: true });
});

async function failure(model: Model, more: TrainOptions = {}, given = data): Promise<Error> {
  const found = await train(model, given, { ...options, backend: wasm, ...more }).catch((error) => error);
  expect(found).toBeInstanceOf(UserError);
  return found;
}

describe("a training that is no longer finite says what was the first, and what to change:", () => {
  const rate = /try a rate ten times lower, or clip: \{ norm: 1 \}/;
  const cases: readonly [string, Model, TrainOptions, string, RegExp][] = [
    [
      "a rate that overflows behind a loss that stays finite",
      net(binary),
      { optimizer: { name: "sgd", rate: 1e30 } },
      "the bias of hidden1",
      rate,
    ],
    [
      "the only step of Adam",
      net(binary),
      { batch: 90, epochs: 1, optimizer: { name: "adam", rate: 3.4e38 } },
      "the bias of hidden1",
      rate,
    ],
    [
      "weights that max-norm would make 0",
      net(binary),
      { maxNorm: 3, optimizer: { name: "sgd", rate: 1e25 } },
      "the weight of hidden1",
      rate,
    ],
    [
      "weights that max-norm after some steps would make 0",
      net({ units: 6, estimator: "rectifier" }),
      { maxNorm: 3, maxNormEvery: 3, optimizer: { name: "sgd", rate: 1e25 } },
      "the loss",
      rate,
    ],
    [
      "a weight decay that turns weights round",
      net(binary),
      { weightDecay: { kind: "decoupled", rate: 1e9 } },
      "the loss",
      /: the weight decay 1000000000 times the learning rate 0.1 must be below 1, it is 100000000; choose a smaller weightDecay.rate/,
    ],
    [
      "first weights that overflow when they are multiplied",
      net({ units: 6, estimator: "rectifier", gain: 1e30 }, { units: 6, estimator: "rectifier", gain: 1e30 }),
      {},
      "the loss",
      /before any update, the first that isn't finite is the pre-activations of hidden2; .* choose a smaller gain$/,
    ],
    [
      "first weights that are much too large",
      net({ units: 6, estimator: "rectifier", gain: 1e12 }, { units: 6, estimator: "rectifier", gain: 1e12 }),
      {},
      "the loss",
      /the first step's loss is \S+ already, where guessing has 1.1; choose a smaller gain/,
    ],
    [
      "an output of an estimator of the user's own",
      net(mine((a, _, downstream) => ({ loss: downstream(mul(a, Number.NaN)), state: {} }))),
      {},
      "the loss",
      /is the output of hidden1; look at the estimator mine$/,
    ],
    [
      "a loss of such an estimator",
      net(
        binary,
        mine((a, _, downstream) => ({ loss: mul(downstream(a), Number.NaN), state: {} })),
      ),
      {},
      "the loss",
      /is the loss that the estimator of hidden2 gives; look at the estimator mine$/,
    ],
    [
      "a gradient behind a loss that stays finite",
      net(
        binary,
        mine((a, _, downstream) => ({ loss: downstream(sqrt(sub(a, a))), state: {} })),
      ),
      {},
      "the bias of hidden1",
      /is the gradient of the bias of hidden2; look at the estimator mine$/,
    ],
    [
      "what an estimator keeps",
      net(
        mine(
          (a, _, downstream, { average }) => ({ loss: downstream(a), state: { average: mul(add(average!, 1), 1e30) } }),
          "average",
        ),
      ),
      {},
      "the average that the estimator of hidden1 keeps",
      /: look at how the estimator updates what it keeps$/,
    ],
    [
      "a loss that breaks at once, long after the start",
      net(
        mine(
          (a, _, downstream, { n }) => ({
            loss: downstream(add(a, spoiled(greater(n!, 6)))),
            state: { n: add(n!, 1) },
          }),
          "n",
        ),
      ),
      {},
      "the loss",
      /in epoch 3 at step 2: the loss was \S+ just before, so that it came at once; look for an estimator .*; the parameters of epoch 2 are kept$/,
    ],
  ];
  test.each(cases)("%s", async (_, model, more, what, message) => {
    const error = (await failure(model, more)) as Diverged;
    expect(error).toBeInstanceOf(Diverged);
    expect(error.what).toBe(what);
    expect(error.message).toMatch(message);
    expect(error.message.startsWith(`train: ${what} is `)).toBe(true);
  });

  test("scores whose units read out what isn't finite", async () => {
    const { estimator, units } = mine((a, _, downstream) => ({ loss: downstream(a), state: {} }));
    const own = estimator as Estimator;
    const blind = { units, estimator: { ...own, unit: { ...own.unit, readout: (a: Tensor) => mul(a, Number.NaN) } } };
    const error = (await failure(net(blind))) as Diverged;
    expect([error.what, error.epoch, error.best]).toEqual(["the validation NLL", 1, undefined]);
    expect(error.message).toMatch(/^train: the validation NLL is NaN in epoch 1 at step 3/);
  });
});

describe("the last good epoch of a training that diverged", () => {
  // Weights grow tenfold a step, from below 1 to above 3e38.
  const growing: TrainOptions = { epochs: 60, weightDecay: { kind: "decoupled", rate: 110 } };

  test("is in the error and in the run folder, whichever way checkpoints are timed", async () => {
    const found: [string, number, number][] = [];
    for (const checkpointSeconds of [0, 60]) {
      const runFolder = join(home, `kept-${checkpointSeconds}`);
      const error = (await failure(net(binary), { ...growing, runFolder, checkpointSeconds })) as Diverged;
      expect(error).toBeInstanceOf(Diverged);
      expect(error.runFolder).toBe(runFolder);
      expect(error.message).toContain(`; the parameters of epoch ${error.best!.epoch} are kept in ${runFolder}`);
      const loaded = loadModel(await readFile(join(runFolder, "checkpoint.safetensors")));
      const { step, ...best } = error.best!;
      const { epoch, params, logDeviation, valid } = loaded;
      expect({ epoch, params, logDeviation, valid }).toEqual(best);
      expect(step).toBe(3 * best.epoch);
      const lines = (await readFile(join(runFolder, "metrics.jsonl"), "utf8")).trimEnd().split("\n");
      expect(lines.length).toBe(error.epoch - 1);
      for (const line of lines) expect(JSON.parse(line).valid.deterministic.nll).toBeTypeOf("number");
      expect((await readdir(runFolder)).sort()).toEqual(["checkpoint.safetensors", "config.json", "metrics.jsonl"]);
      found.push([error.what, error.epoch, error.step]);

      const again = (await failure(net(binary), { ...growing, runFolder, resume: true })) as Diverged;
      found.push([again.what, again.epoch, again.step]);
    }
    expect(new Set(found.map(String)).size).toBe(1);
    expect(found[0]![1]).toBeGreaterThan(5);
  });
});

describe("what an estimator keeps, and no loss or score shows,", () => {
  /** It keeps the number of its steps, and NaN from the third on. */
  const counting = net(
    mine((a, _, downstream, { n }) => {
      const next = add(n!, 1);
      return { loss: downstream(a), state: { n: add(next, spoiled(greater(next, 2.5))) } };
    }, "n"),
  );
  const what = "the n that the estimator of hidden1 keeps";

  test("is looked at before an epoch counts as good, whatever the number of its steps", async () => {
    const error = (await failure(counting, { epochs: 1, batch: 30 })) as Diverged;
    expect([error.what, error.epoch, error.step, error.best]).toEqual([what, 1, 3, undefined]);
  });

  test("is looked at before a checkpoint is written, which doesn't change the step that is reported", async () => {
    const runFolder = join(home, "guarded");
    const error = (await failure(counting, { batch: 15, runFolder, checkpointSeconds: 0 })) as Diverged;
    expect([error.what, error.epoch, error.step]).toEqual([what, 1, 4]);
    const { header, arrays } = decodeCheckpoint(await readFile(join(runFolder, "checkpoint.safetensors")), "x");
    expect((header as { position: { batch: number } }).position.batch).toBe(2);
    expect(arrays.get("state.estimators.0.n")!.item()).toBe(2);
  });
});

describe("data with what no training can use", () => {
  const changed = (split: SplitName, field: "x" | "label", at: number, value: number): LabelledDataset => {
    const { fields } = data[split];
    const { data: values, shape } = fields[field];
    const copy = values.slice();
    copy[at] = value;
    return { ...data, [split]: { ...data[split], fields: { ...fields, [field]: new NdArray(copy, shape) } } };
  };

  test.each<[SplitName, "x" | "label", number, number, string]>([
    ["train", "x", 71, Number.NaN, "x must be finite numbers, row 17, value 3 is NaN"],
    ["valid", "x", 0, Number.POSITIVE_INFINITY, "x must be finite numbers, row 0, value 0 is Infinity"],
    ["test", "x", 159, Number.NEGATIVE_INFINITY, "x must be finite numbers, row 39, value 3 is -Infinity"],
    ["train", "label", 17, 3, "label must be in 0..2, row 17 is 3 (counted from 0)"],
    ["valid", "label", 0, -1, "label must be in 0..2, row 0 is -1 (counted from 0)"],
    ["test", "label", 39, 255, "label must be in 0..2, row 39 is 255 (counted from 0)"],
  ])("is refused before the first step: %s %s, place %d is %d", async (split, field, at, value, message) => {
    const runFolder = join(home, "refused");
    const error = await failure(net(binary), { runFolder }, changed(split, field, at, value));
    expect(error).not.toBeInstanceOf(Diverged);
    expect(error.message).toContain(`train: the ${split} split of toy: ${message}`);
    expect(await readdir(home)).not.toContain("refused");
  });

  test("is found too where it comes after the check, as the reason of what diverged", async () => {
    const mutable = changed("train", "x", 0, 0.5);
    const onEpoch = () => mutable.train.fields.x.data.set([Number.NaN], 42);
    expect((await failure(net(binary), { onEpoch }, mutable)).message).toContain("row 10, value 2 is NaN");
    const relabelled = changed("train", "label", 0, 1);
    const change = () => relabelled.train.fields.label.data.set([7], 5);
    expect((await failure(net(binary), { onEpoch: change }, relabelled)).message).toContain(
      "row 5 is 7 (counted from 0)",
    );
  });

  test("isn't looked for in arrays that were found good, and once more for more classes", async () => {
    await train(net(binary), data, { ...options, epochs: 1, backend: referenceBackend() });
    const fewer = { ...data, fields: { ...data.fields, label: { ...data.fields.label, classes: ["a", "b"] } } };
    const error = await failure(mlp({ input: [2, 2], hidden: [binary], classes: 2 }), {}, fewer);
    expect(error.message).toMatch(/label must be in 0\.\.1, row \d+ is 2 \(counted from 0\)/);
  });
});

test.each<[string, object, RegExp]>([
  [
    "of none",
    { name: "rnn" },
    /already; try a rate ten times lower, or clip: \{ norm: 1 \}, and scale inputs and targets/,
  ],
  ["within a cell", { name: "lif" }, /already; look at the options of the estimators/],
])("a steep first step of a recurrent network tells of estimators %s", async (_, cell, advice) => {
  const x = Array.from({ length: 12 }, (_, i) => [[i], [i + 1]]);
  const large = datasetFromArrays({ x, y: x.map((_, i) => 1e6 * (i + 1)) });
  const model = network({
    input: [2, 1],
    stages: [recurrent({ cell: cell as { name: "rnn" }, units: 3 }), dense({})],
    head: values(1),
  });
  const found = await train(model, large, { epochs: 40, optimizer: { name: "sgd", rate: 10 }, backend: wasm }).catch(
    (e) => e,
  );
  expect(found).toBeInstanceOf(Diverged);
  expect(found.message).toMatch(advice);
});
