import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { referenceBackend } from "../../backends/reference/reference.ts";
import { resident } from "../../compile/resident.ts";
import { datasetFromArrays } from "../../data/from-arrays.ts";
import type { EstimatorName } from "../../estimators/index.ts";
import { constant, evaluate, gradients, leaves, mapTree, NdArray, type Tensor, type Tree } from "../../graph/index.ts";
import { gatedMlp } from "../../models/gated-mlp.ts";
import { classes } from "../../models/heads/classes.ts";
import { mlp } from "../../models/mlp.ts";
import type { Model, Params } from "../../models/model.ts";
import { network } from "../../models/network.ts";
import { recurrentNetwork } from "../../models/recurrent.ts";
import { conv } from "../../models/stages/conv.ts";
import { dense } from "../../models/stages/dense.ts";
import { flatten } from "../../models/stages/flatten.ts";
import { updateFor } from "../../optimizers/index.ts";
import { key } from "../../random/index.ts";
import { trainingDefaults } from "../config.ts";
import { Interrupted, type TrainEvent } from "../events.ts";
import type { TrainOptions } from "../options.ts";
import { initialState, TRAINING_NOISE, type TrainingState } from "../step.ts";
import { abortAt, toyData } from "../testing.ts";
import { train, trainer } from "../train.ts";
import { GradientWatch, STEEP } from "./gradient.ts";
import { spreadExamples, unitsWatch } from "./units.ts";
import { steepInWords, unitWarnings } from "./words.ts";

const on = referenceBackend();
const when = { when: "epoch 2", inEpoch: 50_000, examples: 500 };

/** What is seen of a model's units, with these numbers in place of its first parameters. */
function seenOf(model: Model, set: { readonly [path: string]: (unit: number) => number } = {}, data = toyData()) {
  const params = mapTree(model.init(1).params as Tree<NdArray>, (value, path) => {
    const f = set[path];
    return f
      ? new NdArray(
          Float32Array.from(value.data, (_, i) => f(i)),
          value.shape,
        )
      : value;
  });
  const on_ = resident<Params<Tensor>>(params as never, { backend: on });
  return unitsWatch(model, on)!(on_, spreadExamples(model, data.valid));
}
const layer = (estimator: EstimatorName) => mlp({ input: [2, 2], hidden: [{ units: 6, estimator }], classes: 3 });
const firing = (model: Model, bias: (unit: number) => number) =>
  Array.from(seenOf(model, { "0.weight": () => 0, "0.bias": bias })[0]!.firing!.data);

describe("what is seen of units", () => {
  test("is the chance of each to fire: 0 or 1 of those that draw nothing", () => {
    for (const name of ["rectifier", "threshold"] as const)
      expect(firing(layer(name), (i) => (i < 2 ? -1 : 1))).toEqual([0, 0, 1, 1, 1, 1]);
    const chances = firing(layer("disarm"), (i) => i - 2);
    for (const [i, chance] of chances.entries()) expect(chance).toBeCloseTo(1 / (1 + Math.exp(2 - i)), 6);
  });

  test("is for images that of each channel, over all places", () => {
    const stages = [conv({ features: 2, size: 1, estimator: "rectifier" }), flatten(), dense({})];
    const model = network({ input: [2, 2], stages, head: classes(3) });
    const [seen] = seenOf(model, { "0.weight": () => 0, "0.bias": (i) => (i === 0 ? -1 : 1) });
    expect(Array.from(seen!.firing!.data)).toEqual([0, 1]);
  });

  test("is the share of probabilities near 0 and 1, where a unit's gradient vanishes there", () => {
    const extreme = (name: EstimatorName) =>
      seenOf(layer(name), { "0.weight": () => 0, "0.bias": (i) => [-4.7, -4.5, 0, 4.5, 4.7, 9][i]! })[0]!.extreme;
    for (const name of ["sigmoid", "disarm", "score-function", "concrete"] as const)
      expect(extreme(name)).toBeCloseTo(1 / 2, 6);
    for (const name of ["straight-through", "rectifier", "tanh", "threshold"] as const)
      expect(extreme(name)).toBeUndefined();
  });

  test("is that of an LSTM's gates, each by its name", () => {
    const x = Array.from({ length: 30 }, (_, i) => Array.from({ length: 5 }, (_, t) => [Math.sin(i + t), 1]));
    const data = datasetFromArrays({ x, label: x.map((_, i) => i % 2) });
    const model = recurrentNetwork({ input: [5, 2], cell: { name: "lstm" }, units: 4, classes: 2 });
    const seen = seenOf(model, { '0."forget.bias"': (i) => (i === 0 ? 40 : 0) }, data as never);
    const named = new Map(seen.map(({ name, extreme }) => [name, extreme]));
    expect(named.get("forget of recurrent1")).toBe(0.25);
    expect(named.get("input of recurrent1")).toBe(0);
    expect(named.get("candidate of recurrent1")).toBeUndefined();
  });

  test("leaves out gates that a control closes, but not other ones", () => {
    const gates = (sparsity: object) =>
      gatedMlp({ input: [2, 2], classes: 3, gated: [{ blocks: 4, width: 3, gate: "disarm", ...sparsity }] });
    expect(seenOf(gates({})).map(({ name, firing }) => [name, firing])).toEqual([["gates of blocks1", undefined]]);
    expect(unitsWatch(gates({ sparsity: { name: "kl", target: 0.1, weight: 0.01 } }), on)).toBeUndefined();
  });
});

describe("a warning", () => {
  const chances = (...values: number[]) => new NdArray(Float32Array.from(values), [values.length]);

  test("counts units that fire for less than one example in two epochs, where they are half of a layer", () => {
    const seen = { name: "hidden1", bits: false, firing: chances(0, 0.9e-5, 1.1e-5, 0.5) };
    expect(unitWarnings([seen], when)).toEqual([
      {
        ...{ kind: "dead units", where: "hidden1" },
        message:
          "hidden1: 2 of 4 units fire for none of 500 validation examples after epoch 2, and hardly learn: try a lower rate, a smaller gain, or fewer units",
      },
    ]);
    expect(unitWarnings([{ ...seen, firing: chances(0, 1.1e-5, 1.1e-5, 0.5) }], when)).toEqual([]);
  });

  test("counts units that always fire, where they output bits", () => {
    const seen = { name: "hidden1", bits: true, firing: chances(1, 1, 0.5) };
    expect(unitWarnings([seen], when).map(({ kind }) => kind)).toEqual(["constant units"]);
    expect(unitWarnings([{ ...seen, bits: false }], when)).toEqual([]);
  });

  test("names units that are nearly all saturated", () => {
    const seen = (extreme: number) => [{ name: "forget of lstm1", bits: false, extreme }];
    expect(unitWarnings(seen(0.979), when)).toEqual([]);
    expect(unitWarnings(seen(0.998), when)[0]).toMatchObject({
      ...{ kind: "saturated units", where: "forget of lstm1" },
      message: expect.stringContaining("forget of lstm1: 99.8% of its probabilities are below 0.01 or above 0.99"),
    });
  });

  test("gives the gradient's size, and how often the usual one", () => {
    expect(steepInWords({ norm: 3456.7, usual: 1.5 }, { epoch: 2, batch: 7 }).message).toBe(
      "the gradient has the norm 3460 in epoch 2 at step 7, 2,304 times the usual 1.5: it explodes. Clip it (--clip 2), limit each unit's weights (--max-norm 3), or try a lower rate",
    );
    expect(steepInWords({ norm: Infinity, usual: 1.5 }, { epoch: 1, batch: 3 }).message).toMatch(
      /^the gradient is no longer finite in epoch 1 at step 3, it was 1.5: it explodes/,
    );
  });
});

describe("the gradient", () => {
  const model = mlp({ input: [2, 2], hidden: [{ units: 6, estimator: "rectifier" }], classes: 3 });
  const state = initialState(model, updateFor({ optimizer: { name: "sgd", rate: 0.1 } }), 1);
  const { fields } = toyData().train;
  const given = [
    new NdArray(fields.x.data.slice(0, 80), [20, 2, 2]),
    new NdArray(fields.label.data.slice(0, 20), [20]),
  ];
  const scaled = (by: number): TrainingState<NdArray> => ({
    ...state,
    params: mapTree(state.params as Tree<NdArray>, ({ data, shape }) => new NdArray(Float32Array.from(data, (x) => x * by), shape)) as never, // biome-ignore format: one line
  });
  const at = (from: TrainingState<NdArray>) => resident<TrainingState<Tensor>>(from as never, { backend: on });
  const watch = () => new GradientWatch(model, trainingDefaults, on, undefined);

  /** Its norm by the definition. */
  function normOf({ params }: TrainingState<NdArray>): number {
    const own = mapTree(params as Tree<NdArray>, (value) => constant(value)) as unknown as Params<Tensor>;
    const noise = key(trainingDefaults.seed).fold(TRAINING_NOISE).fold(0);
    const batch = { x: constant(given[0]!), label: constant(given[1]!) };
    const { loss } = model.train(own, batch, noise, [{}, {}]);
    const total = evaluate([loss])[0]!.data.length;
    const found = evaluate(
      gradients(
        loss.sum(),
        leaves<Tensor>(own as unknown as Tree<Tensor>).map(({ value }) => value),
      ),
    );
    return Math.hypot(...found.flatMap(({ data }) => Array.from(data, (g) => g / total)));
  }

  test("is looked at after 16, 64, 256, 512, … steps, and found where its norm is many times the usual and the first", () => {
    const [usual, steep] = [normOf(state), normOf(scaled(300))];
    expect(steep / usual).toBeGreaterThan(STEEP);
    const one = watch();
    for (let step = 1; step <= 300; step++) {
      // Far too large wherever nobody looks.
      const isSeen = [16, 64, 256].includes(step);
      expect(one.after(step, 1, at(isSeen ? state : scaled(300)), given), `${step}`).toBeUndefined();
    }
    const found = one.after(512, 1, at(scaled(300)), given)!;
    expect(found.norm / steep).toBeCloseTo(1, 4);
    expect(found.usual / usual).toBeCloseTo(1, 4);
    expect(watch().after(16, 1, at(scaled(300)), given)).toBeUndefined();
  });

  test("that shrinks with the loss may come back to its first size", () => {
    const one = watch();
    one.after(16, 1, at(scaled(300)), given);
    for (let step = 256; step < 256 * 20; step += 256) one.after(step, 1, at(state), given);
    expect(one.after(256 * 20, 1, at(scaled(300)), given)).toBeUndefined();
  });

  test("is looked at after a loss that is far above the first ones, eight times at most", () => {
    const one = watch();
    for (let step = 1; step <= 20; step++) one.after(step, 1, at(state), given);
    expect(one.after(40, 1.9, at(scaled(300)), given)).toBeUndefined();
    expect(one.after(40, 2.1, at(scaled(300)), given)?.norm).toBeGreaterThan(0);
    const other = watch();
    for (let step = 1; step <= 20; step++) other.after(step, 1, at(state), given);
    for (let i = 0; i < 8; i++) expect(other.after(65 + 17 * i, 3, at(state), given)).toBeUndefined();
    expect(other.after(230, 3, at(scaled(300)), given)).toBeUndefined();
  });
});

describe("a training", () => {
  const data = toyData({ train: 2000, valid: 300 });
  const saturated = mlp({ input: [2, 2], hidden: [{ units: 6, estimator: "sigmoid", gain: 2000 }], classes: 3 });
  const options: TrainOptions = { epochs: 11, batch: 100, optimizer: { name: "sgd", rate: 1e-4 }, backend: on };

  test("warns once, behind the validation that found it, in its metrics and after a resume", async () => {
    const runFolder = await mkdtemp(join(tmpdir(), "health-"));
    try {
      const events: TrainEvent[] = [];
      const stopped = trainer(saturated, data, { ...options, runFolder, signal: abortAt(20 * 7) });
      const read = async () => {
        for await (const event of stopped) events.push(event);
      };
      await expect(read()).rejects.toBeInstanceOf(Interrupted);
      const warned = events.flatMap((event, i) =>
        event.kind === "warning" ? [[event.message, events[i - 1]!] as const] : [],
      );
      expect(warned.map(([message]) => message)).toEqual([
        expect.stringMatching(/^hidden1: \d+(\.\d)?% of its probabilities are below 0.01 or above 0.99 after epoch 5/),
      ]);
      expect(warned[0]![1]).toMatchObject({ kind: "epoch", epoch: 5, warnings: [{ kind: "saturated units" }] });
      const more: string[] = [];
      await train(saturated, data, {
        ...options,
        runFolder,
        resume: true,
        onWarning: ({ message }) => more.push(message),
      });
      expect(more).toEqual([]);
      const lines = (await readFile(join(runFolder, "metrics.jsonl"), "utf8")).trimEnd().split("\n");
      expect(lines.map((line) => JSON.parse(line).warnings?.length ?? 0)).toEqual([0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    } finally {
      await rm(runFolder, { recursive: true });
    }
  });

  test("has the same parameters whether units are looked at or not", async () => {
    const last = async (valid: number) => {
      let state: TrainingState<NdArray> | undefined;
      const given = { ...data, valid: toyData({ train: 2000, valid }).valid };
      const model = mlp({ input: [2, 2], hidden: [{ units: 6, estimator: "disarm" }], classes: 3 });
      const lookAt = {
        lookAt: [110],
        onLook: (look: { read(): TrainingState<NdArray> }) => void (state = look.read()),
      };
      await train(model, given, { ...options, epochs: 6, ...lookAt });
      return state;
    };
    expect(await last(300)).toEqual(await last(199));
  });
});
