import { describe, expect, test } from "vitest";
import { compare } from "./compare.ts";
import { madeUp } from "./testing.ts";

const units = (estimator: string) => [{ units: 5, estimator: estimator as "disarm" }];
const over = (estimator: string, errors: readonly number[], training?: object) =>
  errors.map((error, i) => madeUp({ seed: i + 1, error, hidden: units(estimator), ...(training && { training }) }));

const a = over("disarm", [1, 2, 3]);
const b = over("straight-through", [3, 4, 8]);
const c = over("rebar", [11, 13, 12]);
/** Student's t with 2 degrees of freedom in closed form: two-sided p of a mean of three values. */
const p2 = (t: number) => 1 - Math.abs(t) / Math.sqrt(2 + t * t);
/** P(|T| ≤ x) = 0.95 with 2 degrees of freedom: x² = 2·0.95²/(1 − 0.95²). */
const t95 = Math.sqrt((2 * 0.95 ** 2) / (1 - 0.95 ** 2));

describe("compare", () => {
  test("gives mean, deviation and interval of each group, the best first", async () => {
    const { groups, split, readout, metric } = await compare([...c, ...a, ...b]);
    expect([split, readout, metric.name]).toEqual(["test", "deterministic", "error"]);
    expect(groups.map(({ name }) => name)).toEqual([
      "estimator disarm",
      "estimator straight-through",
      "estimator rebar",
    ]);
    expect(groups[0]!.figures.error).toMatchObject({ mean: 2, sd: 1, values: [1, 2, 3] });
    const [low, high] = groups[0]!.figures.error!.interval!;
    expect(low).toBeCloseTo(2 - t95 / Math.sqrt(3), 9);
    expect(high).toBeCloseTo(2 + t95 / Math.sqrt(3), 9);
    expect(groups[1]!.figures.error).toMatchObject({ mean: 5, sd: Math.sqrt(7) });
    expect(groups[1]!.figures.nll!.mean).toBeCloseTo(0.5, 12);
    expect(groups[0]!.valid.error!.values).toEqual([2, 3, 4]);
    expect(groups[0]!.sampled!.error!.values).toEqual([3, 4, 5]);
  });

  test("tests pairs over the seeds that both have, and corrects for all of them", async () => {
    const { pairs } = await compare([...a, ...b, ...c]);
    // A − B: −2, −2, −5; A − C: −10, −11, −9; B − C: −8, −9, −4.
    const [ab, ac, bc] = [p2(-3), p2(-10 * Math.sqrt(3)), p2(-Math.sqrt(21))];
    expect(pairs.map(({ difference }) => difference!.mean)).toEqual([-3, -10, -7]);
    for (const [i, p] of [ab, ac, bc].entries()) expect(pairs[i]!.p).toBeCloseTo(p, 9);
    expect(pairs[1]!.corrected).toBeCloseTo(3 * ac, 9);
    expect(pairs[2]!.corrected).toBeCloseTo(2 * bc, 9);
    // Holm: never below that of a smaller p.
    expect(pairs[0]!.corrected).toBeCloseTo(Math.max(ab, 2 * bc), 9);
    expect(pairs.map(({ verdict }) => verdict)).toEqual(["no difference found", "lower", "no difference found"]);
    const alone = await compare([...a, ...b, ...c], { against: "rebar" });
    expect(alone.against).toBe("estimator rebar");
    expect(alone.groups.map(({ name }) => name.split(" ")[1])).toEqual(["rebar", "disarm", "straight-through"]);
    expect(alone.pairs.map(({ first, second }) => [first, second])).toEqual([
      ["estimator disarm", "estimator rebar"],
      ["estimator straight-through", "estimator rebar"],
    ]);
    expect(alone.pairs[1]!.corrected).toBeCloseTo(bc, 9);
    expect(alone.pairs.map(({ verdict }) => verdict)).toEqual(["lower", "lower"]);
  });

  test("says nothing of what too few seeds can't tell", async () => {
    const one = await compare([...a.slice(0, 1), ...b.slice(0, 1), ...c.slice(1, 2)]);
    expect(one.groups[0]!.figures.error).toEqual({ mean: 1, sd: null, interval: null, values: [1] });
    expect(one.pairs.map(({ p, corrected, verdict }) => [p, corrected, verdict])).toEqual([
      [null, null, "one seed"],
      [null, null, "no seed in common"],
      [null, null, "no seed in common"],
    ]);
    const two = await compare([...a, ...b.slice(1)]);
    expect(two.pairs[0]).toMatchObject({ seeds: [2, 3], p: null, corrected: null, verdict: "too few seeds" });
    expect(two.pairs[0]!.difference!.mean).toBe(-3.5);
  });

  test("makes no interval and no test of numbers that all seeds have in common", async () => {
    const equal = over("rebar", [4, 4, 4]);
    const { groups, pairs } = await compare([
      ...a,
      ...equal,
      ...over("arm", [5, 6, 7]),
      ...over("disarm", [1, 2, 3], { batch: 7 }),
    ]);
    expect(groups.find(({ name }) => name.includes("rebar"))!.figures.error).toEqual({
      ...{ mean: 4, sd: 0, interval: null, values: [4, 4, 4] },
    });
    const of = (first: string, second: string) =>
      pairs.find((pair) => pair.first.includes(first) && pair.second.includes(second))!;
    expect(of("disarm", "disarm")).toMatchObject({ p: null, corrected: null, verdict: "equal in every seed" });
    expect(of("disarm", "estimator arm")).toMatchObject({ p: null, verdict: "one difference in every seed" });
    expect(of("disarm", "rebar").p).not.toBeNull();
  });

  test("tests the metric that is asked for, higher or lower", async () => {
    const { pairs, groups } = await compare([...b, ...c], { metric: "nll" });
    expect(pairs[0]!.difference!.mean).toBeCloseTo(-0.7, 12);
    expect(groups[0]!.name).toBe("estimator straight-through");
  });

  test.each<[string, () => unknown, string]>([
    ["one run", () => compare(a.slice(1, 2)), "compare: needs at least two runs, received 1"],
    [
      "no list",
      () => compare("runs" as never),
      'compare: runs must be a list of run folders or results, received "runs"',
    ],
    [
      "something else",
      () => compare([a[0]!, { seed: 1 } as never]),
      'compare: run 2 must be the path of a run folder or a result of train, received {"seed":1}',
    ],
    [
      "a seed that comes twice",
      () => compare([...a, a[1]!]),
      "compare: a group needs one run for each seed, run 2 and run 4 have the same config and seed 2: give one of them",
    ],
    [
      "other data",
      () => compare([a[0]!, madeUp({ seed: 2, error: 1, data: { name: "birds" } })]),
      "compare: runs must share one data set, run 1 has flowers with 6 + 3 + 3 examples and run 2 has birds with 6 + 3 + 3 examples",
    ],
    [
      "another split",
      () => compare([a[0]!, madeUp({ seed: 2, error: 1, data: { checksum: "def" } })]),
      "compare: runs must share one data set, the examples of flowers in run 1 and run 2 differ: make both with one seed of datasetFromArrays",
    ],
    [
      "another split of a table",
      () =>
        compare(["abc", "def"].map((checksum, seed) => madeUp({ seed, error: 1, data: { name: "table", checksum } }))),
      "differ: train both on the same file with one --split-seed (splitSeed of loadDataset)",
    ],
    [
      "other drawn sequences",
      () =>
        compare(["abc", "def"].map((checksum, seed) => madeUp({ seed, error: 1, data: { name: "adding", checksum } }))),
      "differ: train both with one seed of the data (--data adding:seed=0)",
    ],
    [
      "a metric that there isn't",
      () => compare(a, { metric: "eror" }),
      'compare: metric must be one of nll, error (did you mean error?), received "eror"',
    ],
    [
      "a group that there isn't",
      () => compare([...a, ...b], { against: "disam" }),
      'compare: against must name one of the groups estimator disarm; estimator straight-through (did you mean disarm?), received "disam"',
    ],
    [
      "a number that isn't one",
      () => compare([a[0]!, madeUp({ seed: 2, error: Number.NaN })]),
      "compare: nll of run 2 must be a finite number, received NaN",
    ],
  ])("%s is refused in one sentence", async (_, call, message) => {
    await expect(call()).rejects.toThrow(message);
  });

  test("runs of different heads are refused", async () => {
    const other = { ...a[1]!, identity: { ...a[1]!.identity, model: { head: { kind: "values", shape: [1] } } } };
    await expect(compare([a[0]!, other])).rejects.toThrow(
      "compare: runs must have the same head, run 1 has classes (nll, error) and run 2 has values (",
    );
  });
});
