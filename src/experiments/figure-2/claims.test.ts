import { describe, expect, it } from "vitest";
import { type Claim, claims, judge, type Values } from "./claims.ts";
import { paperRows, rowNamed } from "./rows.ts";

/** Values by row, seeds 1, 2, …; every measure the same. */
const given =
  (rows: Record<string, readonly number[]>): Values =>
  (row) =>
    new Map((rows[row] ?? []).map((value, i) => [i + 1, value]));

const helps: Claim = {
  text: "noise helps",
  comparisons: [{ row: "noisy-sigmoid", against: "sigmoid", measure: "test error" }],
  margin: 0,
};
const verdict = (claim: Claim, rows: Record<string, readonly number[]>) => judge(given(rows), 0.05, [claim])[0]!;

describe("judge", () => {
  it("takes differences seed by seed: a small one that every seed shows is seen behind large ones between seeds", () => {
    const sigmoid = [1, 2, 3, 4, 5];
    const noisy = sigmoid.map((x, i) => x - 0.1 - 0.01 * (i % 2));
    expect(verdict(helps, { sigmoid, "noisy-sigmoid": noisy }).verdict).toBe("supported");
    expect(verdict(helps, { sigmoid: noisy, "noisy-sigmoid": sigmoid }).verdict).toBe("contradicted");
    expect(verdict(helps, { sigmoid, "noisy-sigmoid": [...noisy].reverse() }).verdict).toBe("undecided");
  });

  it("is the paired t-test: differences −1, −2, −3 have t = −2√3 with 2 degrees of freedom, p = 0.0742", () => {
    const { p, differences, seeds } = verdict(helps, { sigmoid: [0, 0, 0], "noisy-sigmoid": [-1, -2, -3] });
    // P(|T₂| > t) = 1 − t/√(2 + t²).
    expect(p).toBeCloseTo(1 - Math.sqrt(12 / 14), 12);
    expect(differences[0]!.value).toBe(-2);
    expect(seeds).toBe(3);
    const at = (level: number) =>
      judge(given({ sigmoid: [0, 0, 0], "noisy-sigmoid": [-1, -2, -3] }), level, [helps])[0]!.verdict;
    expect([at(0.074), at(0.075)]).toEqual(["undecided", "supported"]);
  });

  it("corrects for all claims together: the same figures that support one claim alone don't support it among seven", () => {
    const rows = { sigmoid: [0, 0, 0, 0], "noisy-sigmoid": [-1, -1.5, -2, -1.2] };
    const [alone] = judge(given(rows), 0.05, [helps]);
    const among = judge(
      given(rows),
      0.05,
      Array.from({ length: 7 }, () => helps),
    );
    expect(alone!.verdict).toBe("supported");
    expect(among[0]!.p).toBeCloseTo(7 * alone!.p, 12);
    expect(
      judge(
        given(rows),
        0.02,
        Array.from({ length: 7 }, () => helps),
      )[0]!.verdict,
    ).toBe("undecided");
  });

  it("best of all needs every difference, and one row that is surely better contradicts it", () => {
    const best: Claim = {
      text: "best",
      comparisons: [
        { row: "straight-through", against: "sigmoid", measure: "test error" },
        { row: "straight-through", against: "rectifier", measure: "test error" },
      ],
      margin: 0,
    };
    const near = (centre: number): number[] => [-0.02, 0.01, 0.02, -0.01, 0].map((x) => centre + x);
    const flat = [1, 1, 1, 1, 1];
    const cases: [number, number, string][] = [
      [2, 2, "supported"],
      [2, 1, "undecided"],
      [2, 0.5, "contradicted"],
    ];
    for (const [sigmoid, rectifier, expected] of cases)
      expect(
        verdict(best, { "straight-through": flat, sigmoid: near(sigmoid), rectifier: near(rectifier) }).verdict,
      ).toBe(expected);
  });

  it("the opposite of the worst comparison counts as many times as there are comparisons", () => {
    const rows = { "straight-through": [3, 2, 1], sigmoid: [0, 0, 0], rectifier: [9, 8, 9] };
    const comparisons = (["sigmoid", "rectifier"] as const).map((against) => ({
      row: "straight-through" as const,
      against,
      measure: "test error" as const,
    }));
    const one = verdict({ ...helps, comparisons: comparisons.slice(0, 1) }, rows);
    const both = verdict({ ...helps, comparisons }, rows);
    expect(both.p).toBeCloseTo(2 * one.p, 12);
    expect(both.decisive).toBe(0);
  });

  it("a margin allows to be worse by that much, and a number stands for the other row", () => {
    const asGood: Claim = { ...helps, margin: 0.2 };
    const worse = [0.1, 0.11, 0.09, 0.1, 0.1];
    const rows = { sigmoid: [0, 0, 0, 0, 0], "noisy-sigmoid": worse };
    expect(verdict(helps, rows).verdict).toBe("contradicted");
    expect(verdict(asGood, rows).verdict).toBe("supported");
    const number: Claim = { ...helps, comparisons: [{ row: "noisy-sigmoid", against: 12, measure: "test error" }] };
    expect(verdict(number, rows).verdict).toBe("supported");
    expect(verdict(number, { "noisy-sigmoid": [20, 21, 20, 22] }).verdict).toBe("contradicted");
  });

  it("uses the seeds that both rows have, and leaves open what has fewer than two", () => {
    const one = verdict(helps, { sigmoid: [1], "noisy-sigmoid": [0, 0, 0] });
    expect([one.verdict, one.seeds, one.p]).toEqual(["undecided", 1, 1]);
    expect(verdict(helps, { sigmoid: [1, 2] }).seeds).toBe(0);
    expect(verdict(helps, { sigmoid: [1, 1.1, 1.2, 9], "noisy-sigmoid": [0, 0.1, 0.2] })).toMatchObject({
      verdict: "supported",
      seeds: 3,
    });
  });

  it("differences that are all the same decide without a variance", () => {
    expect(verdict(helps, { sigmoid: [1, 2], "noisy-sigmoid": [0.5, 1.5] }).verdict).toBe("supported");
    expect(verdict(helps, { sigmoid: [1, 2], "noisy-sigmoid": [1, 2] }).verdict).toBe("undecided");
  });
});

describe("claims", () => {
  it("compare rows of the table, straight-through with each of the others", () => {
    const named = claims.flatMap(({ comparisons }) => comparisons.flatMap(({ row, against }) => [row, against]));
    for (const name of named) if (typeof name === "string") expect(paperRows).toContain(name);
    const best = claims.find(({ text }) => text.startsWith("Straight-through is best"))!;
    expect(best.comparisons.map(({ against }) => against)).toEqual(
      paperRows.filter((row) => row !== "straight-through"),
    );
  });

  it("the paper's own single runs are on the side of the text in two of three orders of test errors", () => {
    const test = (row: (typeof paperRows)[number]): number => rowNamed(row).published!.test;
    const sides = claims
      .filter(({ text, margin }) => margin === 0 && !text.startsWith("All"))
      .filter(({ comparisons }) => comparisons.every(({ measure }) => measure === "test error"))
      .map(({ comparisons }) =>
        comparisons.every(({ row, against }) => test(row) < test(against as (typeof paperRows)[number])),
      );
    // Noisy rectifiers beat plain ones on the paper's validation set and not on its test set.
    expect(sides).toEqual([false, true, true]);
  });
});
