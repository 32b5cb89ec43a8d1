import { describe, expect, it } from "vitest";
import { TUNING_SEED } from "../engine/comparison.ts";
import { type Plan, standardPlan } from "./plan.ts";
import { resultsOf, spread } from "./results.ts";
import type { RowName } from "./rows.ts";
import { chosenSetting, type TrialRecord } from "./study.ts";
import { claimsInWords, inBrief, plusMinus, table } from "./words.ts";

const plan: Plan = { ...standardPlan, rows: ["straight-through", "sigmoid"], seeds: 2 };

interface Made {
  readonly valid?: number;
  readonly test?: number;
  readonly nll?: number;
  readonly setting?: number;
}

const record = (row: RowName, seed: number, { valid = 2, test = 2, nll = 0.01, setting = 0 }: Made): TrialRecord => ({
  row,
  setting,
  seed,
  outcome: {
    epoch: 7,
    train: { nll, error: 0 },
    valid: { nll: 0.1, error: valid },
    ...(seed < TUNING_SEED && {
      test: {
        thresholded: { nll: 0.1, error: test },
        stochastic: { nll: 0.1, error: 2 * test },
        on: 12,
        open: 10,
      },
    }),
    curve: [],
    secondsPerEpoch: 5,
    multiplyAdds: { dense: 1000, done: 100 },
  },
});

/** Three settings of each row, tried; then two seeds of the second one. */
const tuned = (row: RowName, valid: readonly number[]): TrialRecord[] =>
  valid.map((error, setting) => record(row, TUNING_SEED, { setting, valid: error }));
const records: TrialRecord[] = [
  ...tuned("straight-through", [3, 1.5, 1.5]),
  ...tuned("sigmoid", [2, 2.5, 2.2]),
  record("straight-through", 1, { setting: 1, valid: 1.4, test: 1.3, nll: 0.001 }),
  record("sigmoid", 1, { test: 1.9 }),
  record("straight-through", 2, { setting: 1, valid: 1.6, test: 1.5, nll: 0.1 }),
  record("sigmoid", 2, { test: 2.1 }),
];

describe("chosenSetting", () => {
  it("takes the lowest validation error of the tuning seed, the first of equals; results play no part", () => {
    expect(chosenSetting(records, "straight-through", plan)).toEqual({ setting: 1, tried: [3, 1.5, 1.5] });
    expect(chosenSetting(records, "sigmoid", plan).setting).toBe(0);
    const lucky = [record("sigmoid", 3, { setting: 2, valid: 0 }), ...records];
    expect(chosenSetting(lucky, "sigmoid", plan).setting).toBe(0);
  });

  it("takes the first setting, the paper's, where none is tried", () => {
    expect(chosenSetting([], "sigmoid", { tuningEpochs: 0 })).toEqual({ setting: 0, tried: [] });
  });
});

describe("resultsOf", () => {
  it("puts means and standard deviations of the final trainings beside the published values", () => {
    const { rows } = resultsOf(records, plan);
    const [st, sigmoid] = rows;
    expect(rows.map(({ row }) => row)).toEqual(["straight-through", "sigmoid"]);
    expect(st!.seeds).toEqual([1, 2]);
    expect(st!.test.value).toBeCloseTo(1.4, 12);
    expect(st!.test.sd).toBeCloseTo(Math.sqrt(0.02), 12);
    expect(st!.valid.value).toBeCloseTo(1.5, 12);
    expect(st!.sampled.value).toBeCloseTo(2.8, 12);
    expect(st!.nll.value).toBeCloseTo(0.01, 12); // the geometric mean of 0.001 and 0.1
    expect(st!.published).toEqual({ nll: 3.3e-3, valid: 1.42, test: 1.39 });
    expect(st!.setting.label).toBe(sigmoid!.setting.label.replace(/.*/, st!.tried[1]!.label));
    expect([st!.on.value, st!.open.value, st!.epoch.value]).toEqual([12, 10, 7]);
  });

  it("leaves out rows without a final training, and judges only what is there", () => {
    const { rows, claims } = resultsOf(records.slice(0, 6).concat(records[6]!), plan);
    expect(rows.map(({ row }) => row)).toEqual(["straight-through"]);
    expect(claims.map(({ seeds }) => seeds)).toEqual(claims.map(() => 0));
  });

  it("pairs rows by seed, in whatever order the records came", () => {
    const claims = resultsOf(records, plan).claims;
    expect(resultsOf([...records].reverse(), plan)).toEqual(resultsOf(records, plan));
    const sparse = claims.at(-1)!;
    // Straight-through − sigmoid: −0.6 for both seeds.
    expect(sparse.differences[1]!.value).toBeCloseTo(-0.6, 12);
  });
});

describe("spread", () => {
  it("of one value has no deviation and no interval", () => {
    expect(spread([3])).toEqual({
      value: 3,
      sd: 0,
      low: Number.NEGATIVE_INFINITY,
      high: Number.POSITIVE_INFINITY,
      values: [3],
    });
    expect(plusMinus(spread([3]))).toBe("3.00");
  });
});

describe("in words", () => {
  const results = resultsOf(records, plan);

  it("the table has the paper's three columns beside ours", () => {
    const { cells, numbers } = table(results.rows);
    expect(cells.map(({ length }) => length)).toEqual(cells.map(() => cells[0]!.length));
    expect(numbers).toHaveLength(cells[0]!.length - 1);
    expect(cells[1]!.slice(0, 9)).toEqual([
      "straight-through",
      "2",
      "1.0e-2",
      "3.3e-3",
      "1.50 ± 0.14",
      "1.42",
      "1.40 ± 0.14",
      "1.39",
      "2.80 ± 0.28",
    ]);
  });

  it("the answer names the best row and says whether the paper's 1.39 is reached", () => {
    expect(inBrief(results)).toContain(
      "Lowest mean test error: straight-through, 1.40 ± 0.14 % over 2 seeds, with 10.0 % of its gates open.",
    );
    expect(inBrief(results)).toContain("the paper's single run 1.39 %: not reached");
    const better = records.map((r) =>
      r.row === "straight-through"
        ? record(r.row, r.seed, { setting: r.setting, valid: r.outcome.valid.error, test: 1.2 })
        : r,
    );
    expect(inBrief(resultsOf(better, plan))).toContain("1.39 %: reached");
  });

  it("a claim is said with its verdict, its p-value and the difference that decides", () => {
    const two = resultsOf(records, plan);
    const texts = claimsInWords(two);
    expect(texts[1]).toContain("not judged; it takes at least 2 seeds of every row that it compares");
    for (const text of texts) expect(text).not.toMatch(/undefined|NaN/);
  });
});
