import { rm } from "node:fs/promises";
import { expect, test } from "vitest";
import { referenceBackend } from "../../backends/reference/reference.ts";
import { tinyData } from "../../cli/testing.ts";
import { datasetFor, modelFor } from "../../config/make.ts";
import { Diverged, train } from "../../train/index.ts";
import { TUNING_SEED } from "../engine/comparison.ts";
import type { TaskOptions } from "../engine/tasks.ts";
import { recordsOf } from "../testing.ts";
import { changed, type NeuronsPlan, neuronsPlan, quickNeuronsPlan } from "./plan.ts";
import { dataOf, measureOf, modelOf, nameOf } from "./problems.ts";
import { type NeuronsRecord, type Surroundings, tasks } from "./study.ts";
import { variantNames } from "./variants.ts";

const plan: NeuronsPlan = {
  problems: [
    { task: "adding", length: 6, units: 3, batch: 4, steps: 4, validateEvery: 2, held: 5 },
    { task: "copy", length: 2, units: 3, batch: 4, steps: 2, validateEvery: 2, held: 5 },
  ],
  ...{ variants: ["lstm", "lif-modulated"], seeds: 2, rates: [0.01, 0.1], clip: 1, traced: ["lif-modulated"] },
};

const backend = referenceBackend();

function study(around: Partial<Surroundings> = {}, options?: TaskOptions<NeuronsRecord>, asked = plan) {
  const surroundings: Omit<Surroundings, "done"> = {
    backend,
    load: (problem) => datasetFor({ data: dataOf(problem, undefined) }),
    train: (_, model, data, given) => train(model, data, { ...given, backend }),
    ...around,
  };
  return recordsOf<NeuronsRecord>(({ done }) => tasks(asked, { ...surroundings, done }), options);
}

test("every cell chooses its rate by validation with a seed of its own, then trains all seeds with it; a traced one is looked at", async () => {
  const records = await study();
  expect(records).toHaveLength(2 * 2 * (2 + 2));
  for (const problem of plan.problems.map(nameOf))
    for (const variant of plan.variants) {
      const own = records.filter((r) => r.problem === problem && r.variant === variant);
      const tried = own.filter(({ kind }) => kind === "rate");
      expect(tried.map(({ rate, seed, test }) => [rate, seed, test])).toEqual([
        [0.01, TUNING_SEED, null],
        [0.1, TUNING_SEED, null],
      ]);
      const best = tried[0]!.valid! <= tried[1]!.valid! ? 0.01 : 0.1;
      const runs = own.filter(({ kind }) => kind === "run");
      expect(runs.map(({ rate, seed }) => [rate, seed])).toEqual([[best, 1], [best, 2]]); // biome-ignore format: pairs
      for (const { valid, test, curve, parameters, trace } of runs) {
        expect(curve.map(({ step }) => step)).toEqual(problem === "adding 6" ? [2, 4] : [2]);
        expect(valid).toBe(Math.min(...curve.map(({ error }) => error)));
        expect(test).toBeGreaterThan(0);
        expect(parameters).toBeGreaterThan(0);
        expect(trace !== undefined).toBe(problem === "adding 6" && variant === "lif-modulated");
      }
    }
  const { trace } = records.find((record) => record.trace)!;
  expect(trace!.marked.reduce((sum, mark) => sum + mark, 0)).toBe(2);
  expect([trace!.values, trace!.trace.memory, trace!.trace.kept].map(({ length }) => length)).toEqual([6, 6, 6]);
  expect(trace!.times.marked).toBeGreaterThan(0);
});

test("a study resumes from its records", async () => {
  const all = new Map<string, NeuronsRecord>();
  const timeless = (records: readonly NeuronsRecord[]) =>
    records.map(({ seconds: _, sequencesPerSecond: __, ...record }) => record);
  const short = { ...plan, problems: plan.problems.slice(1) };
  const whole = await study({}, { onRecord: async (id, record) => void all.set(id, record) }, short);
  const trained: string[] = [];
  const again = await study(
    {
      train: (name, model, data, given) => {
        trained.push(name);
        return train(model, data, { ...given, backend });
      },
    },
    { known: new Map([...all].slice(0, 6)) },
    short,
  );
  expect(timeless(again)).toEqual(timeless(whole));
  expect(trained).toEqual(["run copy 2 lstm 2", "run copy 2 lif-modulated 2"]);
});

test("a training that diverges is a record without errors, and other rates are chosen", async () => {
  const failing: Surroundings["train"] = async (_, model, data, given) => {
    if (given.optimizer?.rate === 0.01) throw new Diverged("the loss", { epoch: 1, step: 1, what: "the loss" });
    return train(model, data, { ...given, backend });
  };
  const records = await study({ train: failing }, {}, { ...plan, problems: plan.problems.slice(1), seeds: 1 });
  expect(records.filter(({ rate }) => rate === 0.01).map(({ valid, curve }) => [valid, curve])).toEqual([
    [null, []],
    [null, []],
  ]);
  expect(records.filter(({ kind }) => kind === "run").map(({ rate }) => rate)).toEqual([0.1, 0.1]);
  await expect(
    study({
      train: async () => {
        throw new Error("disk");
      },
    }),
  ).rejects.toThrow("disk");
});

test("every cell makes a network for every task of the plans, which reads what the task has", async () => {
  for (const problem of neuronsPlan.problems.filter(({ task }) => task !== "sequential-mnist")) {
    const small = { ...problem, held: 1 };
    const data = await datasetFor({ data: dataOf(small, undefined) });
    expect(data.fields.x!.shape[0]).toBe(measureOf(problem).steps);
    for (const variant of variantNames) {
      const model = modelFor({ model: modelOf(variant, { ...problem, units: 2 }, data) }, data);
      expect(model.layers.at(-1)!.output).toEqual(problem.task === "adding" ? [1] : [measureOf(problem).steps, data.fields.label!.classes!.length]); // biome-ignore format: one line
    }
  }
});

test("images are read by row, and each cell says one of ten classes", async () => {
  const dir = await tinyData();
  try {
    const problem = neuronsPlan.problems.find(({ task }) => task === "sequential-mnist")!;
    const data = await datasetFor({ data: dataOf(problem, dir) });
    expect(data.fields.x!.shape).toEqual([4, 4]);
    for (const variant of variantNames) {
      const model = modelFor({ model: modelOf(variant, { ...problem, units: 2 }, data) }, data);
      expect(model.layers.at(-1)!.output).toEqual([10]);
    }
  } finally {
    await rm(dir, { recursive: true });
  }
});

test("trivial baselines: Var(u + v), symbols guessed at ten steps of all, bits guessed but for the first", () => {
  expect(measureOf({ task: "adding", length: 9 }).baseline).toBeCloseTo(2 / 12, 12);
  expect(measureOf({ task: "copy", length: 100 }).baseline).toBeCloseTo(0.17329, 5);
  expect(measureOf({ task: "parity", length: 4 }).baseline).toBeCloseTo(0.75 * Math.log(2), 12);
  expect(measureOf({ task: "sequential-mnist" })).toMatchObject({ metric: "error", baseline: 90, steps: 28 });
});

test("a plan is cut to tasks, cells and lengths; images have no length that could be too long", () => {
  const cut = changed(neuronsPlan, { tasks: ["copy", "sequential-mnist"], cells: ["gru"], seeds: 1, longest: 30 });
  expect(cut.problems.map(nameOf)).toEqual(["copy 30", "mnist by row"]);
  expect([cut.variants, cut.seeds]).toEqual([["gru"], 1]);
  expect(changed(quickNeuronsPlan, {})).toEqual(quickNeuronsPlan);
});
