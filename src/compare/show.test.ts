import { expect, test } from "vitest";
import { compare } from "./compare.ts";
import { madeUp } from "./testing.ts";

const layer = (estimator: string) => [{ units: 5, estimator: estimator as "disarm" }];
const over = (estimator: string, errors: readonly number[]) =>
  errors.map((error, i) => madeUp({ seed: i + 1, error, hidden: layer(estimator) }));
const three = [...over("disarm", [1, 2, 3]), ...over("straight-through", [3, 4, 8]), ...over("rebar", [11, 13])];
const found = await compare(three);

test("as text: a table of groups, one of pairs, and what they are", () => {
  expect(String(found)).toBe(`flowers: test error (%), deterministic readout, mean ± sd over seeds

   group                       seeds  test error (%)    95% interval
A  estimator disarm                3     2.00 ± 1.00   −0.48 to 4.48
B  estimator straight-through      3     5.00 ± 2.65  −1.57 to 11.57
C  estimator rebar                 2    12.00 ± 1.41  −0.71 to 24.71

pair   seeds    mean     95% interval      p   Holm
A − B      3   −3.00    −7.30 to 1.30  0.095  0.095  no difference found
A − C      2  −10.50  −16.85 to −4.15      –      –  too few seeds for a test
B − C      2   −8.50  −14.85 to −2.15      –      –  too few seeds for a test

Lower is better. p: paired t-test over the seeds in both groups; Holm: p
corrected for 1 test.`);
});

test("as text: the baseline is A, and numbers without spread are said to have none", async () => {
  const runs = [...over("disarm", [1, 1, 1]), ...over("rebar", [2, 2, 2]), ...over("arm", [1, 1, 1])];
  expect(
    (await compare(runs, { against: "rebar" })).text(),
  ).toBe(`flowers: test error (%), deterministic readout, mean ± sd over seeds

   group             seeds  test error (%)  95% interval
A  estimator rebar       3     2.00 ± 0.00     all equal
B  estimator disarm      3     1.00 ± 0.00     all equal
C  estimator arm         3     1.00 ± 0.00     all equal

pair   seeds   mean  95% interval  p  Holm
B − A      3  −1.00     all equal  –     –  no spread: no test
C − A      3  −1.00     all equal  –     –  no spread: no test

A is the baseline: every other group is compared with it.
Lower is better.
All seeds of A, B, C give the same number, so there is no interval. More test
examples may tell them apart.`);
});

test("as text of any width: no line is longer, and --wide has every metric", async () => {
  const long = await compare([
    ...three,
    madeUp({ seed: 1, error: 9, hidden: layer("score-function-minimum-variance"), training: { maxNorm: 3, patience: 7, clip: { norm: 3 } } }), // biome-ignore format: one line
  ]);
  for (const line of long.text({ columns: 80 }).split("\n")) expect(line.length, line).toBeLessThanOrEqual(80);
  expect(long.text()).toContain("One group has one seed only: it says nothing about other seeds.");
  const [, , head] = long.text({ wide: true }).split("\n");
  expect(head!.trim().split(/ {2,}/)).toEqual(
    ["group", "seeds", "test error (%)", "test NLL (nats)", "95% interval", "sampling error", "sampling NLL", "validation error", "validation NLL"], // biome-ignore format: one line
  );
});

test("as CSV: a row for each run with all digits", () => {
  const [head, first, ...rest] = found.toCsv().split("\n");
  expect(head).toBe(
    "group,estimator,seed,run,epochs,selected_epoch,test_nll,test_error,test_sampled_nll,test_sampled_error,valid_nll,valid_error",
  );
  expect(first).toBe("estimator disarm,disarm,1,run 1,10,7,0.1,1,0.3,3,0.2,2");
  expect(rest).toHaveLength(8);
  expect(rest.at(-1)).toBe("");
});

test("as CSV: what has commas stands in quotes", async () => {
  const runs = [1, 2].map((batch) => madeUp({ seed: 1, error: 1, hidden: layer(batch === 1 ? "disarm" : "rebar"), training: { batch } })); // biome-ignore format: one line
  expect((await compare(runs)).toCsv()).toContain('"estimator rebar, batch 2",rebar,2,1,run 2,');
});

test("as CSV of curves: a row for each validation, a number that a run lacks is empty there", async () => {
  const valid = (error: number) => ({ deterministic: { error }, stochastic: { error: error + 1 } });
  const runs = [1, 2].map((seed) => {
    const gates = seed === 2 ? { gates: [{ open: 0.25 }] } : {};
    const history = [0.5, 1.5].map((error, i) => ({
      ...{ epoch: i + 1, step: 10 * (i + 1), train: { nll: error / 3, ...gates }, valid: valid(error * seed) },
      ranOn: [{ backend: "wasm" }],
    }));
    return { ...madeUp({ seed, error: seed }), history: history as never };
  });
  const comparison = await compare(runs);
  expect(comparison.toCsv("curves").split("\n")).toEqual([
    "group,seed,run,epoch,step,train.nll,valid.deterministic.error,valid.stochastic.error,train.gates.0.open",
    "all runs,1,run 1,1,10,0.16666666666666666,0.5,1.5,",
    "all runs,1,run 1,2,20,0.5,1.5,2.5,",
    "all runs,2,run 2,1,10,0.16666666666666666,1,2,0.25",
    "all runs,2,run 2,2,20,0.5,3,4,0.25",
    "",
  ]);
  const nothing = await compare([runs[0]!, madeUp({ seed: 2, error: 1 })]);
  expect(() => nothing.toParquet("curves")).toThrow(
    "compare: the validations of run 2 must be known: give its run folder, or all that train gave",
  );
  expect(() => nothing.toCsv("steps" as never)).toThrow("compare: table must be one of runs, curves");
});

test("as Parquet: a file that begins and ends as one", () => {
  for (const table of ["runs", undefined] as const) {
    const bytes = found.toParquet(table);
    const ends = [bytes.subarray(0, 4), bytes.subarray(-4)].map((end) => new TextDecoder().decode(end));
    expect(ends).toEqual(["PAR1", "PAR1"]);
  }
});

test("as LaTeX: tables for booktabs, with special characters escaped", async () => {
  const latex = found.toLatex();
  expect(latex).toContain(String.raw`A & estimator disarm & 3 & $0.20 \pm 0.10$ & $2.00 \pm 1.00$ \\`);
  expect(latex).toContain(String.raw`test error (\%) \\`);
  expect(latex).toContain(
    String.raw`A $-$ B & 3 & $-3.00$ & $[-7.30, 1.30]$ & $0.095$ & $0.095$ & no difference found \\`,
  );
  const odd = await compare([1, 2].map((seed) => madeUp({ seed, error: seed, data: { name: "50%_of{mine}" } })));
  expect(odd.toLatex()).toContain("% 50%_of{mine}, mean");
  expect(odd.toLatex()).not.toContain("toprule\n  pair");
});

test("as JSON: everything, with names of runs in place of their configs", () => {
  const json = JSON.parse(JSON.stringify(found));
  expect(Object.keys(json).sort()).toEqual(
    ["data", "groups", "metric", "metrics", "notes", "pairs", "readout", "split"], // biome-ignore format: one line
  );
  expect(json.groups[0]).toMatchObject({
    name: "estimator disarm",
    seeds: [1, 2, 3],
    runs: ["run 1", "run 2", "run 3"],
  });
  expect(json.pairs[1]).toMatchObject({ first: "estimator disarm", second: "estimator rebar", p: null });
});
