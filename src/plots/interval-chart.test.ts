import { describe, expect, it } from "vitest";
import { intervalChart, plane } from "./index.ts";
import { textsOf } from "./testing.ts";

const text = (svg: string): string[] => textsOf(svg).map(({ text }) => text);
const count = (svg: string, mark: string): number =>
  [...svg.matchAll(new RegExp(`aria-label="${mark}"[^>]*>(.*?)</g>`, "gs"))].flatMap(([, inside]) => [
    ...inside!.matchAll(/<(circle|line)/g),
  ]).length;
const one = { value: 1, low: 0.5, high: 2 };
const ten = { value: 10, low: 10, high: 10 };
const none = { value: 0, low: 0, high: 0 };

describe("intervalChart", () => {
  it("draws a dot and a line for each value, a hollow dot above the label 0 for 0, and names all", async () => {
    const svg = await intervalChart(
      [
        { name: "first", ...one },
        { name: "second & last", ...ten },
        { name: "nothing", ...none },
      ],
      { title: "cost", x: "ms" },
    );
    expect(text(svg)).toEqual(expect.arrayContaining(["first", "second & last", "nothing"]));
    expect(count(svg, "dot")).toBe(3);
    expect(count(svg, "rule")).toBe(3);
    const hollow = [...svg.matchAll(/<circle[^>]* fill="none"[^>]*>/g)].map(([dot]) =>
      Number(/cx="([\d.]+)"/.exec(dot)![1]),
    );
    const zero = textsOf(svg).find(({ text }) => text === "0")!;
    expect(hollow).toHaveLength(1);
    expect((zero.left + zero.right) / 2).toBeCloseTo(hollow[0]!, 0);
    // On a logarithmic axis the ends are as far from the value.
    const [x1, x2, cx] = ["x1", "x2", "cx"].map((name) =>
      Number(new RegExp(`(?:rule|dot)"[^]*?<(?:line|circle)[^>]* ${name}="([\\d.]+)"`).exec(svg)![1]),
    );
    expect(cx).toBeCloseTo((x1! + x2!) / 2, 0);
  });

  it("draws nothing of values that aren't numbers", async () => {
    const svg = await intervalChart([{ name: "a", value: Number.NaN, low: 0, high: 1 }], { title: "t", x: "x" });
    expect(count(svg, "dot")).toBe(0);
    expect(svg).not.toContain("NaN");
  });
});

describe("plane", () => {
  it("draws points with both intervals, hollow ones at their upper end, and what is 0 at the edge", async () => {
    const svg = await plane(
      [
        { name: "biased", x: one, y: ten },
        { name: "unbiased", x: { value: 0.1, low: 0, high: 0.3 }, y: one, atMost: true },
        { name: "silent", x: ten, y: none },
      ],
      { title: "plane", x: "bias", y: "variance" },
    );
    expect(text(svg)).toEqual(expect.arrayContaining(["biased", "unbiased", "silent", "←"]));
    expect(count(svg, "dot")).toBe(3);
    expect(svg).not.toMatch(/NaN|Infinity/);
  });

  it("writes 0 and no other number where a variance of 0 stands, below the axis' least value", async () => {
    const points = [
      { name: "noisy", x: one, y: { value: 0.09, low: 0.02, high: 0.3 } },
      { name: "exact", x: ten, y: { value: 0, low: 0, high: 0 } },
    ];
    const svg = await plane(points, { title: "plane", x: "bias", y: "variance" });
    const texts = textsOf(svg);
    const zero = texts.find(({ text }) => text === "0")!;
    const ticks = texts.filter(({ right }) => Math.abs(right - zero.right) < 0.1);
    expect(ticks.map(({ text }) => Number(text))).toEqual([
      0, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09, 0.1, 0.2, 0.3,
    ]);
    const middles = ticks.map(({ top, bottom }) => (top + bottom) / 2);
    const dots = [...svg.matchAll(/<circle[^>]* cy="([\d.]+)"/g)].map(([, y]) => Number(y));
    expect(Math.abs(Math.max(...dots) - middles[0]!)).toBeLessThan(2);
    expect(Math.min(...dots)).toBeLessThan(middles[5]!);
    const without = await plane(points.slice(0, 1), { title: "plane", x: "bias", y: "variance" });
    expect(text(without)).not.toContain("0");
  });

  it("leaves out points without a place", async () => {
    const nowhere = { value: Number.NaN, low: Number.NaN, high: Number.NaN };
    const svg = await plane([{ name: "lost", x: nowhere, y: one }], { title: "plane", x: "x", y: "y" });
    expect(text(svg)).not.toContain("lost");
  });
});
