import { describe, expect, it } from "vitest";
import { lineChart, scatter, waterfall } from "./index.ts";

const text = (svg: string): string[] => [...svg.matchAll(/<text[^>]*>([^<]+)</g)].map(([, words]) => words!);
/** [x, width] of each bar, in pixels. */
const bars = (svg: string): number[][] =>
  [...svg.matchAll(/<rect [^>]*width="([^"]+)"[^>]* x="([^"]+)"/g)].map(([, width, x]) => [Number(x), Number(width)]);

describe("waterfall", () => {
  const steps = [
    { name: "+ one", value: 2, low: 1, high: 3 },
    { name: "+ two", value: -1, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY },
  ];
  const options = { title: "t", x: "nats", from: { name: "from", value: 3 }, to: { name: "to", value: 4 } };

  it("each step begins where the one before ended, and the last ends where the last bar does", async () => {
    const [from, up, down, to] = bars(await waterfall(steps, options)) as [number[], number[], number[], number[]];
    const end = ([x, width]: number[]) => x! + width!;
    expect(up[0]).toBeCloseTo(end(from), 1);
    expect(end(down)).toBeCloseTo(end(up), 1);
    expect(down[0]).toBeCloseTo(end(to), 1);
    expect(up[1]! / from[1]!).toBeCloseTo(2 / 3, 2);
  });

  it("writes values with their signs, and draws no interval without ends", async () => {
    const svg = await waterfall(steps, options);
    expect(text(svg)).toEqual(expect.arrayContaining(["3.000", "+2.000", "−1.000", "4.000"]));
    const whiskers = /aria-label="rule"[^>]*>(.*?)<\/g>/.exec(svg)![1]!;
    expect(whiskers.match(/<line /g)).toHaveLength(1);
    // Around the end of its step: from 3 + 1 to 3 + 3, where the axis has 0 and 3 at the ends of the first bar.
    const [zero, width] = bars(svg)[0]!;
    const at = (name: string) => Number(new RegExp(`${name}="([^"]+)"`).exec(whiskers)![1]);
    expect(at("x1")).toBeCloseTo(zero! + (width! * 4) / 3, 0);
    expect(at("x2")).toBeCloseTo(zero! + (width! * 6) / 3, 0);
  });
});

describe("lineChart with intervals", () => {
  const points = [1, 2, 3].map((x) => ({ x, y: x, low: x / 2, high: 2 * x }));
  it("draws a band and a line for each curve, and names it", async () => {
    const svg = await lineChart(
      [
        { name: "a", points },
        { name: "b", points },
      ],
      { title: "t", x: "step", y: "loss" },
    );
    expect(svg.match(/aria-label="area"/g)).toHaveLength(2);
    expect(svg.match(/aria-label="line"/g)).toHaveLength(2);
    expect(text(svg)).toEqual(expect.arrayContaining(["a", "b"]));
  });

  it("leaves out what a logarithmic axis can't show, and bands without ends", async () => {
    const endless = points.map((p) => ({ ...p, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY }));
    const svg = await lineChart([{ name: "a", points: [{ x: -1, y: 1, low: 0, high: 2 }, ...endless] }], {
      title: "t",
      x: "step",
      y: "loss",
      log: true,
      logX: true,
    });
    expect(svg).not.toMatch(/NaN|Infinity/);
    expect(svg).not.toMatch(/aria-label="area"[^>]*>.*?<path[^>]* d="M/);
  });
});

describe("scatter", () => {
  it("draws each point once, names the clouds, and leaves out what a logarithm can't show", async () => {
    const clouds = [
      {
        name: "a",
        points: [
          [1, 1],
          [10, 100],
          [-1, 3],
        ] as [number, number][],
      },
      {
        name: "b",
        points: [
          [5, Number.NaN],
          [2, 2],
        ] as [number, number][],
      },
    ];
    const svg = await scatter(clouds, { title: "t", x: "p", y: "v", log: true, line: { from: [1, 1], to: [10, 100] } });
    expect(svg.match(/<circle /g)).toHaveLength(3);
    expect(text(svg)).toEqual(expect.arrayContaining(["● a", "● b"]));
  });
});

it("a scatter plot of named points writes each point's name, and no names above", async () => {
  const clouds = [{ name: "7", points: [[0, 1], [2, 3]] as const }, { name: "42", points: [[5, 5]] as const }]; // biome-ignore format: one line
  const svg = await scatter(clouds, { title: "t", x: "p", y: "v", named: true });
  const written = [...svg.matchAll(/>(7|42)<\/text>/g)].map(([, name]) => name);
  expect(written).toEqual(["7", "7", "42"]);
  expect(svg).not.toMatch(/<circle|●/);
});
