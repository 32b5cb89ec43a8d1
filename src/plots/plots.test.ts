import { Resvg } from "@resvg/resvg-js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { binned } from "./binned.ts";
import { spread } from "./end-labels.ts";
import { barChart, histogram, imageGrid, lineChart } from "./index.ts";
import { encodePng } from "./png.ts";
import { textsOf } from "./testing.ts";

const text = (svg: string): string[] => textsOf(svg).map(({ text }) => text);
/** The points of each line, in pixels. */
const lines = (svg: string): number[][][] =>
  [...svg.matchAll(/aria-label="line"[^>]*>(?:<title>[^<]*<\/title>)?<path[^>]* d="([^"]+)"/g)].map(([, d]) =>
    d!
      .slice(1)
      .split("L")
      .map((pair) => pair.split(",").map(Number)),
  );

describe("lineChart", () => {
  const series = [
    {
      name: "up",
      points: [
        { x: 1, y: 1 },
        { x: 2, y: 10 },
        { x: 3, y: 100 },
      ],
    },
    {
      name: "down & out",
      points: [
        { x: 1, y: 100 },
        { x: 2, y: Number.NaN },
        { x: 3, y: 1 },
      ],
    },
  ];

  it("labels an axis of small numbers with those numbers", async () => {
    const points = [0.002, 0.004, 0.03].map((y, i) => ({ x: i + 1, y }));
    const svg = await lineChart([{ name: "s", points }], { title: "t", x: "x", y: "y", log: true });
    expect(text(svg)).toContain("0.002");
    expect(text(svg)).not.toContain("0");
  });

  it("names the axes, and each line at its end", async () => {
    const svg = await lineChart(series, { title: "t", x: "epoch", y: "error" });
    expect(text(svg)).toEqual(expect.arrayContaining(["up", "down & out", "1", "2", "3"]));
    expect(text(svg).join()).toMatch(/error.*epoch/);
  });

  it("puts powers at equal distances on a logarithmic axis, and lower values lower down", async () => {
    const [up] = lines(await lineChart(series, { title: "t", x: "epoch", y: "error", log: true }));
    const [a, b, c] = up!.map(([, y]) => y!);
    expect(a! - b!).toBeCloseTo(b! - c!, 1);
    expect(a!).toBeGreaterThan(b!);
  });

  it("puts powers at equal distances on a logarithmic x axis, each with its number, and dashes what is only held against", async () => {
    const points = [1, 8, 64, 512].map((x) => ({ x, y: x }));
    const options = { title: "t", x: "width", y: "time", log: true, logX: true };
    const svg = await lineChart([{ name: "s", points: [{ x: -1, y: 1 }, ...points], dashed: true }], options);
    const [line] = lines(svg);
    expect(line).toHaveLength(4);
    const steps = line!.slice(1).map(([x, y], i) => [x! - line![i]![0]!, line![i]![1]! - y!]);
    for (const [across, up] of steps) {
      expect(across).toBeCloseTo(steps[0]![0]!, 1);
      expect(up).toBeCloseTo(steps[0]![1]!, 1);
    }
    expect(text(svg)).toEqual(expect.arrayContaining(["1", "8", "64", "512"]));
    expect(svg).toContain("stroke-dasharray");
  });

  it("writes small numbers as numbers on a logarithmic axis", async () => {
    const points = [
      { x: 1, y: 0.5 },
      { x: 2, y: 0.002 },
    ];
    const svg = await lineChart([{ name: "s", points }], { title: "t", x: "x", y: "y", log: true });
    expect(text(svg)).toEqual(expect.arrayContaining(["0.01", "0.1"]));
    expect(text(svg).join()).not.toMatch(/\dm/);
  });

  it("leaves out points that have no place, and draws axes where nothing is left", async () => {
    const [, down] = lines(await lineChart(series, { title: "t", x: "x", y: "y" }));
    expect(down).toHaveLength(2);
    const svg = await lineChart([{ name: "none", points: [{ x: 1, y: -1 }] }], {
      title: "t",
      x: "x",
      y: "y",
      log: true,
    });
    expect(lines(svg)).toEqual([]);
    expect(svg).toContain("<title>t</title>");
  });

  it("escapes titles, so that the drawing stays well-formed", async () => {
    const svg = await lineChart(series, { title: 'a < b & "c"', x: "x", y: "y" });
    expect(() => new Resvg(svg).render()).not.toThrow();
  });
});

describe("spread", () => {
  const labels = fc.array(
    fc.record({ at: fc.double({ min: 0, max: 100, noNaN: true }), size: fc.integer({ min: 5, max: 16 }) }),
    {
      minLength: 1,
      maxLength: 6,
    },
  );

  it("keeps labels apart, within the frame, in order", () => {
    fc.assert(
      fc.property(labels, (wanted) => {
        const placed = spread(
          wanted.map((label) => ({ ...label, was: label.at })),
          [0, 100],
        );
        placed.forEach(({ at, size, was }, i) => {
          expect(at - size / 2).toBeGreaterThanOrEqual(-1e-9);
          expect(at + size / 2).toBeLessThanOrEqual(100 + 1e-9);
          const above = placed[i - 1];
          if (above) {
            expect(at - above.at).toBeGreaterThanOrEqual((size + above.size) / 2 - 1e-9);
            expect(was).toBeGreaterThanOrEqual(above.was);
          }
        });
      }),
    );
  });

  it("leaves labels where they are when there is room", () => {
    const [low, high] = [
      { at: 10, size: 13 },
      { at: 50, size: 13 },
    ];
    expect(spread([high, low], [0, 100])).toEqual([low, high]);
  });

  it("moves two that meet by the same distance, each by what the other one's size asks for", () => {
    const meeting = [
      { at: 50, size: 12 },
      { at: 52, size: 12 },
    ];
    expect(spread(meeting, [0, 100]).map(({ at }) => at)).toEqual([45, 57]);
    const unequal = [
      { at: 50, size: 10 },
      { at: 50, size: 30 },
    ];
    expect(spread(unequal, [0, 100]).map(({ at }) => at)).toEqual([40, 60]);
  });
});

describe("binned", () => {
  it("counts every value once, lower edges in, both edges of the last bin in, what lies outside at the ends", () => {
    const counts = binned([0, 0.24, 0.25, 0.5, 1, 1, 3, -1, Number.NaN], [0, 1], 4).map((b) => b.count);
    expect(counts).toEqual([3, 1, 1, 3]);
  });

  it("gives equal values a bin", () => {
    expect(binned([2, 2], [2, 2], 2).reduce((sum, b) => sum + b.count, 0)).toBe(2);
  });
});

describe("histogram", () => {
  it("draws a bar as high as its count", async () => {
    const svg = await histogram([0.1, 0.1, 0.1, 0.9], { title: "t", x: "rate", domain: [0, 1], bins: 2 });
    const heights = [...svg.matchAll(/<rect[^>]*? height="([\d.]+)"/g)].map(([, h]) => Number(h)).filter((h) => h > 0);
    expect(heights).toHaveLength(2);
    expect(heights[0]! / heights[1]!).toBeGreaterThan(2.8);
  });
});

describe("barChart", () => {
  it("writes each value at its bar and a dash where there is none", async () => {
    const svg = await barChart(
      [
        { name: "a", value: 1.234 },
        { name: "b", value: Number.NaN },
      ],
      { title: "t", x: "%" },
    );
    expect(text(svg)).toEqual(expect.arrayContaining(["a", "b", "1.23", "–"]));
  });
});

/** The pixels of a picture as [r, g, b, a], drawn by an independent decoder. */
function decode(png: string, width: number, height: number): number[][] {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><image width="${width}" height="${height}" image-rendering="optimizeSpeed" href="${png}"/></svg>`;
  const pixels = new Resvg(svg).render().pixels;
  return Array.from({ length: width * height }, (_, i) => [...pixels.subarray(4 * i, 4 * i + 4)]);
}

describe("imageGrid", () => {
  it("is a PNG in which 0 is white, the largest blue, the opposite orange, and the gap transparent", async () => {
    const html = await imageGrid(
      [
        [0, 4],
        [-1, Number.NaN],
      ],
      { title: "<w>", width: 1, height: 2, columns: 2 },
    );
    expect(html).toContain('alt="&#60;w&#62;"');
    expect(html).toContain('width="6" height="4"');
    const pixels = decode(/src="([^"]+)"/.exec(html)![1]!, 3, 2);
    expect(pixels).toEqual([
      [255, 255, 255, 255],
      [0, 0, 0, 0],
      [184, 69, 10, 255],
      [11, 98, 168, 255],
      [0, 0, 0, 0],
      [0, 0, 0, 0],
    ]);
  });

  it("clips grays to 0..1 and fills rows from the left", async () => {
    const html = await imageGrid([[-1], [0.5], [2]], { title: "w", width: 1, height: 1, columns: 2, colours: "gray" });
    const pixels = decode(/src="([^"]+)"/.exec(html)![1]!, 3, 3).map(([level, , , alpha]) => (alpha ? level : "clear"));
    expect(pixels).toEqual([1, "clear", 128, "clear", "clear", "clear", 255, "clear", "clear"]);
  });
});

describe("encodePng", () => {
  it("writes the published bytes around the pixels: signature, sizes, checksum of the end", async () => {
    const png = await encodePng({
      width: 2,
      height: 1,
      pixels: Uint8Array.of(0, 1),
      palette: [
        [0, 0, 0],
        [9, 9, 9],
      ],
    });
    expect([...png.subarray(0, 8)]).toEqual([137, 80, 78, 71, 13, 10, 26, 10]);
    expect([...png.subarray(-8)]).toEqual([0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82]);
  });
});
