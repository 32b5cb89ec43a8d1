import { describe, expect, it } from "vitest";
import { GROUPS, type Moments } from "../statistics/jackknife.ts";
import { choose, parseBudget } from "./choose.ts";
import type { Row } from "./row.ts";

/** A row with these moments, each group's variance off by `spread` or so. */
function row(estimator: string, given: Partial<Moments>, rest: Partial<Row> & { spread?: number } = {}): Row {
  const { spread = 0, ...other } = rest;
  const all: Moments = { mm: 1, mg: 1, gg: 1, variance: 1, ...given };
  const without = Array.from({ length: GROUPS }, (_, s) => ({
    ...all,
    variance: all.variance * (1 + (s % 2 ? spread : -spread)),
  }));
  const second = { value: 1e-3, low: 1e-3, high: 1e-3 };
  const made = { estimator, unbiased: true, sameUnits: true, forward: 1, seconds: second, ...other };
  return { ...made, jackknife: { all, without, p: 1 } } as unknown as Row;
}

const [ms5, once] = [parseBudget("5ms"), parseBudget("1x")];

describe("a budget", () => {
  it.each([
    ["2x", "times the cheapest step", 2],
    ["4evals", "forward passes", 4],
    ["1 eval", "forward passes", 1],
    ["5ms", "seconds", 0.005],
    ["0.5s", "seconds", 0.5],
    ["20us", "seconds", 2e-5],
  ] as const)("is read: %s", (text, unit, value) => {
    expect(parseBudget(text)).toEqual({ unit, value: expect.closeTo(value, 12) });
  });

  it.each(["", "2", "x", "-1x", "0x", "2y", "2x 3", "fast"])("is refused: %j", (text) => {
    expect(() => parseBudget(text)).toThrow("as in 2x, 4evals, 5ms; received");
  });
});

describe("choose", () => {
  it("takes the least variance where nothing is biased and steps cost the same", () => {
    const choice = choose([row("loud", { variance: 4 }), row("quiet", { variance: 2 })], once);
    expect(choice.chosen).toBe("quiet");
    expect(choice.ranked.map(({ estimator, error }) => [estimator, error.value])).toEqual([
      ["quiet", 2],
      ["loud", 4],
    ]);
  });

  it("averages as many estimates as fit: a cheap step can win", () => {
    const slow = { seconds: { value: 4e-3, low: 4e-3, high: 4e-3 } };
    const rows = [row("slow", { variance: 2 }, slow), row("fast", { variance: 4 })];
    const { ranked, chosen } = choose(rows, ms5);
    expect(chosen).toBe("fast");
    expect(ranked.map(({ averaged, error }) => [averaged, error.value])).toEqual([
      [5, 0.8],
      [1, 2],
    ]);
    expect(choose(rows, parseBudget("4x")).ranked[0]).toMatchObject({ estimator: "fast", averaged: 4 });
    // What is left of the budget is no estimate: 7.9 ms are seven of the fast steps, and one of the slow.
    expect(choose(rows, parseBudget("7.9ms")).ranked.map(({ averaged }) => averaged)).toEqual([7, 1]);
    expect(choose(rows, parseBudget("7evals")).ranked.map(({ averaged }) => averaged)).toEqual([7, 7]);
  });

  it("counts the residual of a biased one at its best scale, which no average takes away", () => {
    // m = 2·(0.8, 0.6)·…: cosine 0.8, residual² 0.36; c = 0.4; c² variance = 0.16.
    const biased = row("biased", { mm: 4, mg: 1.6, variance: 1 }, { unbiased: false });
    const { ranked } = choose([biased, row("unbiased", { variance: 1 })], once);
    expect(ranked[0]).toMatchObject({ estimator: "biased", error: { value: expect.closeTo(0.36 + 0.16, 12) } });
    expect(choose([biased, row("unbiased", { variance: 1 })], ms5).chosen).toBe("unbiased");
  });

  it("abstains where intervals overlap, and names the tied", () => {
    const rows = [
      row("a", { variance: 1 }, { spread: 0.02 }),
      row("b", { variance: 1.05 }, { spread: 0.02 }),
      row("c", { variance: 9 }, { spread: 0.02 }),
    ];
    const { chosen, tied } = choose(rows, once);
    expect(chosen).toBeUndefined();
    expect(tied).toEqual(["a", "b"]);
    expect(choose(rows.slice(1), once).chosen).toBe("b");
  });

  it("abstains where the clock can't tell how many fit", () => {
    const unsure = { seconds: { value: 1e-3, low: 0.9e-3, high: 2.4e-3 } };
    const rows = [row("a", { variance: 5 }, unsure), row("b", { variance: 8 })];
    expect(choose(rows, ms5).tied).toEqual(["a", "b"]);
    expect(choose(rows, parseBudget("5evals")).chosen).toBe("a");
  });

  it("leaves out what doesn't fit or trains other units", () => {
    const dear = { seconds: { value: 1, low: 1, high: 1 } };
    const rows = [
      row("dear", { variance: 0.1 }, dear),
      row("other", { variance: 0.1 }, { sameUnits: false }),
      row("a", {}),
    ];
    const { chosen, excluded } = choose(rows, ms5);
    expect(chosen).toBe("a");
    expect(excluded).toEqual([
      { estimator: "dear", reason: "one step costs more than the budget" },
      { estimator: "other", reason: "it trains units of another kind" },
    ]);
    expect(() => choose(rows.slice(0, 2), ms5)).toThrow("no estimator fits: dear: one step costs more");
  });
});
