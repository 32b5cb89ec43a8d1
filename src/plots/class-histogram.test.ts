import { expect, test } from "vitest";
import { classHistogram, scatterMatrix } from "./index.ts";
import { colourOf } from "./plot.ts";
import { faultsOf, textsOf } from "./testing.ts";

/** Rectangles of a colour: x, y, width, height. */
const rects = (svg: string, colour: string): number[][] =>
  [...svg.matchAll(/<rect ([^>]*)>/g)]
    .map(([, attributes]) => attributes!)
    .filter((attributes) => attributes.includes(`fill="${colour}"`))
    .map((attributes) => ["x", "y", "width", "height"].map((name) => Number(new RegExp(` ?${name}="([\\d.]+)"`).exec(attributes)![1]))); // biome-ignore format: one line

test("classes stand upon each other, each in its colour, what is outside in the outer bins", async () => {
  const svg = await classHistogram(
    [
      { name: "first", values: [0.5, 0.5, 1.5, 1.5] },
      { name: "second", values: [0.5, 9, Number.NaN] },
    ],
    { title: "two classes", x: "x", y: "rows", domain: [0, 2], bins: 2 },
  );
  const [first, second] = [rects(svg, colourOf(0)), rects(svg, colourOf(1))];
  expect([first.length, second.length]).toEqual([2, 2]);
  for (const bin of [0, 1]) {
    expect(first[bin]![3]).toBeCloseTo(2 * second[bin]![3]!, 0);
    expect(second[bin]![1]! + second[bin]![3]!).toBeCloseTo(first[bin]![1]!, 0);
  }
  for (const text of ["■ first", "■ second", "second: 1 at 1 to 2"]) expect(svg).toContain(text);
});

test("a matrix has a panel for each pair below its diagonal, and points of each colour where both numbers are", () => {
  const columns = ["a", "b", "c"].map((name, i) => ({ name, values: [i, 1, 2, i === 2 ? Number.NaN : 3] }));
  const svg = scatterMatrix(columns, { title: "three", classes: [0, 1, 1, 1] });
  expect(svg.match(/<rect /g)).toHaveLength(6);
  const dots = [...svg.matchAll(/<path d="([^"]*)" stroke="([^"]*)"/g)].map(([, d, colour]) => [colour, d!.split("M").length - 1]); // biome-ignore format: one line
  const of = (n: number) => [[colourOf(0), 1], [colourOf(1), n]]; // biome-ignore format: one line
  expect(dots).toEqual([...of(3), ...of(2), ...of(2)]);
  // 0 stands at the lower left, 3 at the upper right.
  expect(svg).toContain("M5,113h0");
  expect(svg).toContain("M113,5h0");
});

test("the last number of an axis stands inside the picture, where its tick is at the end", async () => {
  const values = [3100, 6900];
  const svg = await classHistogram([{ name: "n", values }], { title: "t", x: "x", y: "rows", domain: [3000, 7000] });
  expect(textsOf(svg).map(({ text }) => text)).toContain("7,000");
  expect(faultsOf(svg)).toEqual([]);
});
