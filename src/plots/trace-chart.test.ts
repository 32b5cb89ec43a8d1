import { expect, test } from "vitest";
import { colourOf, matrixChart, traceChart } from "./index.ts";

const text = (svg: string): string[] => [...svg.matchAll(/<(?:text|tspan)[^>]*>([^<]+)</g)].map(([, words]) => words!);
const paths = (svg: string): number[][][] =>
  [...svg.matchAll(/aria-label="line"[^>]*><path[^>]* d="M([^"]+)"/g)].map(([, d]) =>
    d!.split("L").map((pair) => pair.split(",").map(Number)),
  );
const spikes = (svg: string): number =>
  (svg.match(new RegExp(`<line [^>]*stroke="${colourOf(3)}"|stroke="${colourOf(3)}"[^>]*>(<line[^>]*>)+`, "g")) ?? [])
    .length;

test("traceChart: panels share the axis of time, each with a scale of its own, linear or logarithmic", async () => {
  const svg = await traceChart(
    [
      { title: "V", lines: [{ values: [0, 1, 4] }] },
      { title: "τ", lines: [{ values: [1, 10, 100] }], log: true },
    ],
    { title: "traces", x: "time (steps)" },
  );
  const [v, tau] = paths(svg);
  expect(v!.map(([x]) => x)).toEqual(tau!.map(([x]) => x));
  const heights = (points: number[][]): number[] => points.map(([, y]) => points[0]![1]! - y!);
  expect(heights(v!)[2]).toBeCloseTo(4 * heights(v!)[1]!, 1);
  expect(heights(tau!)[2]).toBeCloseTo(2 * heights(tau!)[1]!, 1);
  expect(Math.min(...tau!.map(([, y]) => y!))).toBeGreaterThan(Math.max(...v!.map(([, y]) => y!)));
  expect(text(svg)).toEqual(expect.arrayContaining(["V", "τ", "0", "4", "1", "100"]));
  expect(svg).toContain("time (steps)");
});

test("traceChart: stems for what isn't 0, spikes at their steps, what is beyond the range at its end", async () => {
  const given = { title: "x", stems: { values: [0, 0.5, 0, 1], strong: [3] }, range: [0, 1] as const };
  const without = await traceChart([given], { title: "t", x: "time" });
  const svg = await traceChart([{ ...given, spikes: [1, 2], level: 0.5 }], { title: "t", x: "time" });
  expect(spikes(svg)).toBeGreaterThan(spikes(without));
  const high = await traceChart([{ title: "V", lines: [{ values: [0, 1, 9] }], range: [0, 1] }], {
    title: "t",
    x: "x",
  });
  const [line] = paths(high);
  expect(line![2]![1]).toBe(line![1]![1]);
  const shaded = await traceChart([given], { title: "t", x: "time", shaded: { from: 1, to: 2, label: "context" } });
  expect(text(shaded)).toContain("context");
});

test("matrixChart: cells by row and column with their texts; those that stand out are filled", async () => {
  const svg = await matrixChart(
    [
      { row: "lstm", column: "adding 50", text: "3%", strong: true },
      { row: "rnn", column: "adding 50", text: "98%", strong: false },
    ],
    { title: "who solves what" },
  );
  expect(text(svg)).toEqual(expect.arrayContaining(["lstm", "rnn", "adding", "50", "3%", "98%"]));
  const [quiet, strong] = [...svg.matchAll(/<g[^>]*aria-label="cell"[^>]*>(<rect[^>]*>)/g)].map(
    ([group]) => /fill="([^"]+)"/.exec(group)?.[1],
  );
  // The colour of the text is inherited.
  expect([quiet, strong]).toEqual([undefined, "#1b7f74"]);
});
