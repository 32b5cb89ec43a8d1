import { beforeAll, describe, expect, it, vi } from "vitest";
import type { Executable } from "../../backends/backend.ts";
import { referenceBackend } from "../../backends/reference/reference.ts";
import type { SplitName } from "../../data/dataset.ts";
import { labelledDataset, labelledSplit } from "../../data/testing.ts";
import { TUNING_SEED } from "../engine/comparison.ts";
import type { TaskOptions } from "../engine/tasks.ts";
import { recordsOf } from "../testing.ts";
import { answer, claimInWords, formInWords } from "./answer.ts";
import { changed, type Plan, standardPlan } from "./plan.ts";
import { resultsOf } from "./results.ts";
import { chosenRate, type StudyRecord, tasks } from "./study.ts";
import { pointsOf } from "./trial.ts";

const split = (name: SplitName, size: number) => {
  const labels = Int32Array.from({ length: size }, (_, i) => (i * 7) % 4);
  const inputs = Float32Array.from({ length: size * 4 }, (_, i) =>
    i % 4 === labels[Math.floor(i / 4)] ? 1 : ((i * 31) % 40) / 100,
  );
  return labelledSplit(name, inputs, labels);
};
const data = labelledDataset("made", ["0", "1", "2", "3"], {
  train: split("train", 60),
  valid: split("valid", 20),
  test: split("test", 20),
});
const { small, large, regulariser } = standardPlan.parts;
const plan: Plan = {
  ...standardPlan,
  parts: {
    small: { ...small, hidden: [2], rates: [0.1, 1], epochs: 1 },
    large: {
      ...large,
      arms: ["sigmoid", "sigmoidNoise", "k4", "k1", "threshold"],
      hidden: [3],
      rates: [0.1, 1],
      epochs: 1,
    },
    regulariser: { ...regulariser, hidden: [3], rates: [0.1, 1], epochs: 2, limit: 40 },
  },
  seeds: 2,
  batch: 20,
  points: 3,
  scored: 30,
  samples: 2,
  form: { ...standardPlan.form, networks: [[3], [2, 2]], repeats: 20, examples: 6 },
};

let records: StudyRecord[];
const backend = referenceBackend();
const study = (options?: TaskOptions<StudyRecord>) =>
  recordsOf<StudyRecord>((around) => tasks(plan, data, { ...around, backend }), options);
beforeAll(async () => {
  records = await study();
});

describe("study", () => {
  it("stopped anywhere and gone on with it gives the same records, bit for bit, and does nothing twice", async () => {
    const stop = new AbortController();
    // Aborts within a trial, after so many runs of any program.
    let runs = 0;
    const prepare = backend.prepare.bind(backend);
    const counting = vi.spyOn(backend, "prepare").mockImplementation((...given): Executable => {
      const executable = prepare(...given);
      return {
        describe: () => executable.describe(),
        program: executable.program,
        stepwise: () => executable.stepwise(),
        run(inputs) {
          if (++runs === 60) stop.abort();
          return executable.run(inputs);
        },
      };
    });
    const kept = new Map<string, StudyRecord>();
    const onRecord = async (id: string, record: StudyRecord) => {
      expect(kept.has(id)).toBe(false);
      kept.set(id, record);
    };
    await expect(study({ signal: stop.signal, onRecord })).rejects.toMatchObject({
      name: "AbortError",
    });
    counting.mockRestore();
    const before = kept.size;
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThan(records.length);
    expect(await study({ known: new Map(kept), onRecord })).toEqual(records);
    expect(kept.size).toBe(records.length);
    const nothing = () => expect.unreachable();
    expect(await study({ known: kept, onRecord: nothing, onProgress: nothing })).toEqual(records);
  }, 60_000);

  it("gives every arm the same number of trials, rates with a seed of its own and no look at the test set", () => {
    const trials = records.flatMap((r) => (r.kind === "trial" && r.part === "small" ? [r] : []));
    for (const arm of plan.parts.small.arms) {
      const own = trials.filter((r) => r.arm === arm);
      const tuning = own.filter(({ seed }) => seed >= TUNING_SEED);
      expect(tuning.map(({ rate, seed }) => [rate, seed])).toEqual(
        plan.parts.small.rates.flatMap((rate) => [
          [rate, TUNING_SEED],
          [rate, TUNING_SEED + 1],
        ]),
      );
      expect(tuning.every(({ outcome }) => outcome.test === undefined)).toBe(true);
      const rate = chosenRate(records, "small", plan.parts.small, arm);
      const total = (r: number) => tuning.filter((t) => t.rate === r).reduce((t, x) => t + x.outcome.valid.nll, 0);
      expect(rate).toBe(plan.parts.small.rates.reduce((best, r) => (total(r) < total(best) ? r : best)));
      expect(own.filter(({ seed }) => seed < TUNING_SEED).map((r) => [r.seed, r.rate])).toEqual([
        [1, rate],
        [2, rate],
      ]);
    }
  });

  it("all arms of a seed begin with the same weights: equal scores of p before the first step", () => {
    const starts = records.flatMap((r) =>
      r.kind === "trial" && r.part === "small" && r.seed === 1 && r.arm !== "threshold"
        ? [r.outcome.curve[0]!.readout]
        : [],
    );
    for (const start of starts) expect(start).toBeCloseTo(starts[0]!, 6);
  });

  it("a rate that overflows is not chosen", () => {
    const trial = (rate: number, nll: number): StudyRecord => ({
      kind: "trial",
      part: "small",
      arm: "k1",
      rate,
      seed: TUNING_SEED,
      outcome: { valid: { nll, readout: { error: Number.NaN } } } as never,
    });
    const part = { ...plan.parts.small, rates: [0.1, 1, 3] };
    const tried = [trial(0.1, Number.NaN), trial(1, 0.5), trial(3, Number.POSITIVE_INFINITY)];
    expect(chosenRate(tried, "small", part, "k1")).toBe(1);
  });
});

describe("resultsOf", () => {
  it("the shares of each route and of their mean add up to one", () => {
    const { shares } = resultsOf(records, plan, data);
    for (const { routes, shares: mean } of [shares.nll, shares.readout])
      for (const way of [...routes, mean]) expect(way.reduce((t, { share }) => t + share.value, 0)).toBeCloseTo(1, 8);
  });

  it("differences are of the same seeds", () => {
    const { parts } = resultsOf(records, plan, data);
    const value = (arm: string, seed: number) =>
      records.flatMap((r) =>
        r.kind === "trial" && r.part === "small" && r.arm === arm && r.seed === seed ? [r.outcome.train.nll] : [],
      )[0]!;
    const k1 = parts.small.find(({ arm }) => arm === "k1")!;
    expect(k1.against.nll.value).toBeCloseTo(
      (value("k1", 1) + value("k1", 2) - value("sigmoid", 1) - value("sigmoid", 2)) / 2,
      10,
    );
  });

  it("can be said in words", () => {
    const results = resultsOf(records, plan, data);
    for (const text of [answer(results), claimInWords(results), ...formInWords(results)]) {
      expect(text.length).toBeGreaterThan(50);
      expect(text).not.toMatch(/undefined|NaN/);
    }
  });
});

describe("plans", () => {
  it("points along a trial begin at 0, end at the last step and never repeat", () => {
    expect(pointsOf(100, 4)).toEqual([0, 6, 25, 56, 100]);
    const few = pointsOf(3, 24);
    expect(few).toEqual([0, 1, 2, 3]);
  });

  it("--epochs scales the regulariser's, --units is the large network's", () => {
    const given = changed(standardPlan, { epochs: 8, units: 50, seeds: 3, limit: 5000 });
    expect(given.parts.large).toMatchObject({ epochs: 8, hidden: [50], limit: 5000 });
    expect(given.parts.small).toMatchObject({ epochs: 8, hidden: [8] });
    expect(given.parts.regulariser.epochs).toBe((8 / large.epochs) * regulariser.epochs);
    expect(given.form.networks[0]).toEqual([50]);
    expect(given.seeds).toBe(3);
  });
});
