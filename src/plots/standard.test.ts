import { describe, expect, it } from "vitest";
import {
  barChart,
  classHistogram,
  histogram,
  intervalChart,
  lineChart,
  matrixChart,
  plane,
  scatter,
  scatterMatrix,
  traceChart,
  waterfall,
} from "./index.ts";
import { colourOf, fontFor, GREY, palette } from "./plot.ts";
import { coloursOf, faultsOf, textsOf } from "./testing.ts";

const names =
  "straight-through score-function-minimum-variance disarm rebar muprop ugc local-expectation arm concrete exact rodeo reinmax".split(
    " ",
  );
const points = (k: number, n: number) =>
  Array.from({ length: n }, (_, i) => ({ x: i + 1, y: (k + 1) / (i + 1) ** (k / 9) }));
const curves = (count: number, n: number) => names.slice(0, count).map((name, k) => ({ name, points: points(k, n) }));
const figure = (value: number) => ({ value, low: value / 2, high: 1.5 * value });
const long = "A finding whose title needs two lines or more, since it says what was found and where it holds";
const labels = {
  title: long,
  x: "training steps of batches of 100 examples",
  y: "variance of one estimate / squared length of the gradient",
};

const charts: Readonly<Record<string, () => Promise<string>>> = {
  "a line chart of one point": () =>
    lineChart([{ name: "straight-through-slope", points: [{ x: 1, y: 45.44 }] }], { ...labels, log: true }),
  "a line chart of two curves": () => lineChart(curves(2, 10), { ...labels, log: true }),
  "a line chart of twelve curves": () => lineChart(curves(12, 60), { ...labels, log: true, logX: true }),
  "a line chart of large steps": () =>
    lineChart([{ name: "a", points: [0, 4e3, 8e3, 12e3, 2e6].map((x) => ({ x, y: x })) }], labels),
  "a line chart of equal ends": () =>
    lineChart(
      names.slice(0, 8).map((name) => ({
        name,
        points: [
          { x: 1, y: 1 },
          { x: 2, y: 3 },
        ],
      })),
      labels,
    ),
  "a line chart of no curve": () => lineChart([], labels),
  intervals: () =>
    intervalChart(
      names.map((name, k) => ({ name, ...figure(10 ** (k - 4)) })),
      labels,
    ),
  bars: () =>
    barChart(
      names.map((name, k) => ({ name, value: k })),
      labels,
    ),
  "a waterfall": () =>
    waterfall(
      names.slice(0, 3).map((name) => ({ name, ...figure(0.01) })),
      { ...labels, from: { name: "from", value: 0.1 }, to: { name: "to", value: 0.13 } },
    ),
  "a histogram": () => histogram([0.1, 0.2, 0.2], { ...labels, domain: [0, 1] }),
  "a histogram by class": () =>
    classHistogram(
      names.slice(0, 6).map((name, k) => ({ name, values: [k, k + 0.5, 3, Number.NaN] })),
      { title: long, x: labels.x, y: "rows", domain: [0, 6] },
    ),
  "a matrix of scatters": async () =>
    scatterMatrix(
      names.slice(0, 3).map((name) => ({ name, values: [1, 2.5, 1e6, Number.NaN] })),
      { title: long, classes: [0, 1, 2, 3] },
    ),
  "a plane": () =>
    plane(
      names.map((name, k) => ({
        name,
        x: figure(0.01 * (1 + (k % 4))),
        y: figure(10 ** -(k % 5)),
        atMost: k % 3 === 0,
      })),
      labels,
    ),
  "a scatter": () =>
    scatter(
      [
        {
          name: "one",
          points: [
            [1, 2],
            [3, 4],
          ],
        },
        { name: "two", points: [[10, 200]] },
      ],
      { ...labels, log: true },
    ),
  "a matrix": () =>
    matrixChart(
      ["lstm", "leaky, modulated"].flatMap((row) =>
        ["adding 50", "copy 100"].map((column) => ({ row, column, text: "98%", strong: row === "lstm" })),
      ),
      { title: long },
    ),
  traces: () =>
    traceChart(
      [
        { title: "input current", stems: { values: [0, 1, 0] } },
        { title: "V", lines: [{ values: [1, 1e5, 0.003] }], level: 1 },
      ],
      { ...labels, shaded: { from: 1, to: 2, label: "context on" } },
    ),
};

describe.each(Object.entries(charts))("%s", (_, chart) => {
  it("has texts of 11 pixels or more at a width of 400, inside of it and not over each other, and few colours", async () => {
    const svg = await chart();
    expect(faultsOf(svg)).toEqual([]);
    expect(coloursOf(svg).size).toBeLessThanOrEqual(8);
    // Text is that of the page or coloured: no black that a dark page would hide.
    expect(svg).not.toMatch(/<text[^>]* fill="(#000|#000000|black)"/);
    expect(textsOf(svg).length).toBeGreaterThan(2);
  });
});

describe("colours", () => {
  const linear = (c: number): number => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  const luminance = (colour: string): number => {
    const [r, g, b] = [1, 3, 5].map((at) => linear(Number.parseInt(colour.slice(at, at + 2), 16) / 255)) as [
      number,
      number,
      number,
    ];
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a: string, b: string): number => {
    const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
    return (high + 0.05) / (low + 0.05);
  };

  it.each([...palette, GREY])("%s has a contrast of 3 or more on white, and on the dark ground", (colour) => {
    expect(contrast(colour, "#ffffff")).toBeGreaterThan(3);
    expect(contrast(colour, "#161719")).toBeGreaterThan(3);
  });

  it("are eight, and grey beyond", () => {
    expect(new Set(palette).size).toBe(8);
    expect([7, 8, 99].map(colourOf)).toEqual([palette[7], GREY, GREY]);
  });

  it("of many curves are those of the ones that end lowest and highest, and all are named", async () => {
    const many = names.map((name, k) => ({
      name,
      points: [
        { x: 1, y: 50 },
        { x: 2, y: 10 * k },
      ],
    }));
    const svg = await lineChart(many, { title: "t", x: "x", y: "y" });
    const strokes = [...svg.matchAll(/<g[^>]* aria-description="([^"]+)"[^>]*><path[^>]*>/g)].map(
      ([group, name]) => [name, /stroke="(#\w+)"/.exec(group)![1]] as const,
    );
    const grey = strokes.filter(([, colour]) => colour === GREY).map(([name]) => name);
    expect(grey).toEqual(names.slice(4, 8));
    expect(coloursOf(svg).size).toBe(8);
    const said = textsOf(svg)
      .map(({ text }) => text)
      .join(" ");
    for (const name of names) expect(said.replaceAll("- ", "-")).toContain(name);
  });
});

describe("sizes of text", () => {
  it("are 11 pixels or more on a phone of 358, whatever the picture's width", () => {
    for (const width of [300, 440, 620, 860, 1280]) expect((fontFor(width) * 358) / width).toBeGreaterThanOrEqual(11);
    expect(fontFor(100)).toBe(13);
  });
});
