import { expect, test } from "vitest";
import { referenceBackend } from "../../backends/reference/reference.ts";
import { type Trained, train } from "../../train/index.ts";
import { toyData } from "../../train/testing.ts";
import type { TaskOptions } from "../engine/tasks.ts";
import { recordsOf } from "../testing.ts";
import { netOf, quickWidePlan, trainingOf, type WidePlan, widePlan } from "./plan.ts";
import { resultsOf } from "./results.ts";
import { bestRate, type Surroundings, type TrainingRecord, tasks, type WideRecord } from "./study.ts";

const plan: WidePlan = {
  ...{ data: ["one", "two"], longer: ["two"], trunk: 6, blocks: 8, width: 3, open: 2, gain: 2 },
  ...{ epochs: 1, batch: 10, rates: [0.1, 0.3], chosenOn: 30, limit: 60, seeds: 2 },
  ...{ backends: ["reference"], batches: [1, 4], rounds: 3, seconds: 0.01 },
};

/** Trains on toy data; remembers what was trained on how many examples. */
function workshop(): Omit<Surroundings, "done"> & { readonly trained: string[] } {
  const trained: string[] = [];
  const results = new Map<string, Trained>();
  return {
    trained,
    load: async (name, limit) => ({ ...toyData({ train: limit ?? 60 }), name }),
    async train(name, model, data, options) {
      const known = results.get(name);
      if (known) return known;
      trained.push(`${name} of ${data.name}: ${data.train.size}`);
      const result = await train(model, data, { ...options, backend: "reference" });
      results.set(name, result);
      return result;
    },
    backend: async () => referenceBackend(),
  };
}

const study = (asked: WidePlan, shop: ReturnType<typeof workshop>, options?: TaskOptions<WideRecord>) =>
  recordsOf<WideRecord>((around) => tasks(asked, { ...shop, ...around }), options);

test("every arm chooses its rate on few examples of each data set, then trains all seeds with it; both are timed", async () => {
  const options = workshop();
  const records = await study(plan, options);
  const trainings = records.filter((record): record is TrainingRecord => record.kind !== "times");
  const runs = trainings.filter(({ kind }) => kind === "run");
  expect(options.trained.filter((name) => name.startsWith("rate"))).toHaveLength(8);
  expect(options.trained.filter((name) => name.startsWith("rate")).every((name) => name.endsWith(": 30"))).toBe(true);
  expect(options.trained.filter((name) => name.startsWith("run")).every((name) => name.endsWith(": 60"))).toBe(true);
  const longer = "gated, twice the epochs";
  expect(runs.map(({ data, arm, seed }) => `${data} ${arm} ${seed}`)).toEqual([
    ...["one gated 1", "one dense 1", "one gated 2", "one dense 2"],
    ...["two gated 1", "two dense 1", `two ${longer} 1`, "two gated 2", "two dense 2", `two ${longer} 2`],
  ]);
  for (const { data, arm, rate } of runs) {
    const tried = trainings.filter(
      (other) => other.kind === "rate" && other.data === data && other.arm === (arm === longer ? "gated" : arm),
    );
    expect(rate).toBe(bestRate(tried));
  }
  // Timed as soon as there is a trained network, before the second data set.
  expect(records.findIndex(({ kind }) => kind === "times")).toBe(8);
  const times = records[8]!;
  expect(times).toMatchObject({ kind: "times", backend: { name: "reference" } });
  if (times.kind !== "times") return;
  expect(times.accounts.inference.open).toEqual([2 / 8]);
  expect(times.timings.map(({ phase, batch }) => `${phase} ${batch}`)).toEqual([
    ...["training 1", "training 4", "inference 1", "inference 4"],
  ]);
});

test("a study goes on from its records: what is known is not done again, and the records are the same", async () => {
  const first = workshop();
  const all = new Map<string, WideRecord>();
  const keep = async (id: string, record: WideRecord) => void all.set(id, record);
  const whole = await study({ ...plan, backends: [] }, first, { onRecord: keep });
  const known = new Map([...all].slice(0, 9));
  const second = workshop();
  const again = await study({ ...plan, backends: [] }, second, { known });
  const settled = (records: readonly WideRecord[]) => records.map((record) => ({ ...record, examplesPerSecond: 0 }));
  expect(settled(again)).toEqual(settled(whole));
  expect(second.trained).toHaveLength(first.trained.length - 9);
});

test("the lowest validation error chooses the rate, the lower rate of equals", () => {
  expect(
    bestRate([
      { rate: 0.05, valid: 4 },
      { rate: 0.3, valid: 2 },
      { rate: 0.1, valid: 2 },
      { rate: 1, valid: 3 },
    ]),
  ).toBe(0.1);
});

test("results pair the seeds, and call equal what errs at most one standard error of the test set more", () => {
  const run = (arm: "gated" | "dense", seed: number, error: number): WideRecord => ({
    ...{ kind: "run", data: "one", arm, rate: 0.1, seed, valid: error, test: error },
  });
  const compare = (...gated: [number, number]) => {
    const records = [run("gated", 2, gated[1]), run("dense", 1, 4), run("dense", 2, 4.2), run("gated", 1, gated[0])];
    return resultsOf(records, { ...plan, data: ["one"] }, 10_000).arms;
  };
  const equal = (...gated: [number, number]) => compare(...gated)[0]!.against!.equal;
  const [gated, dense] = compare(4.1, 4.4);
  expect([gated!.test, dense!.test]).toEqual([[4.1, 4.4], [4, 4.2]]); // biome-ignore format: pairs
  expect([gated!.mean, dense!.mean]).toEqual([expect.closeTo(4.25, 9), expect.closeTo(4.1, 9)]);
  expect(gated!.against!.difference.value).toBeCloseTo(0.15, 9);
  expect(gated!.against!.standardError).toBeCloseTo(0.1983, 3);
  expect(dense!.against).toBeUndefined();
  expect([equal(4.1, 4.4), equal(4.25, 4.4), equal(1, 1)]).toEqual([true, false, true]);
});

test("twice the epochs is the gated network's training, but for that", () => {
  const [usual, longer] = (["gated", "gated, twice the epochs"] as const).map((arm) => trainingOf(plan, arm, 0.1, 1));
  expect(longer).toEqual({ ...usual, epochs: 2 * plan.epochs });
  expect(netOf("gated, twice the epochs", plan, toyData()).config).toEqual(netOf("gated", plan, toyData()).config);
});

test("the two networks differ in their gates alone: as many units, the gated one's share of blocks as the plan says", () => {
  const data = toyData();
  for (const each of [widePlan, quickWidePlan]) {
    const [gated, dense] = [netOf("gated", each, data), netOf("dense", each, data)];
    const blocks = gated.layers.find(({ gates }) => gates)!;
    expect(blocks.gates!.blocks * blocks.gates!.width).toBe(dense.layers[1]!.output[0]);
    expect(gated.layers[0]).toMatchObject({ output: [each.trunk], activation: "rectifier" });
    expect(dense.layers[0]).toMatchObject({ output: [each.trunk], activation: "rectifier" });
    expect(each.open / each.blocks).toBeLessThan(0.07);
    expect(each.blocks).toBeGreaterThanOrEqual(64);
  }
});
