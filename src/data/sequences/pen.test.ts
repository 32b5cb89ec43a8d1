import { describe, expect, test } from "vitest";
import { checkDataset } from "../check.ts";
import { type Drawing, type Line, penDataset, resampled } from "./pen.ts";

describe("resampled(line, spacing)", () => {
  test("puts points at equal distances along the line, with both ends", () => {
    expect(resampled([[0, 0], [10, 0]], 2.5)).toEqual([[0, 0], [2.5, 0], [5, 0], [7.5, 0], [10, 0]]); // biome-ignore format: one line
    // 3 + 4 along two sides: a point at 3.5 is half a step up the second.
    expect(resampled([[0, 0], [3, 0], [3, 4]], 3.4)).toEqual([[0, 0], [3, 0.5], [3, 4]]); // biome-ignore format: one line
    expect(resampled([[0, 0], [0, 0], [4, 0], [4, 0]], 2)).toEqual([[0, 0], [2, 0], [4, 0]]); // biome-ignore format: one line
    expect(resampled([[0, 0], [1, 0]], 64)).toEqual([[0, 0], [1, 0]]); // biome-ignore format: one line
  });

  test("leaves one point of a line that doesn't move", () => {
    expect(resampled([[2, 3]], 1)).toEqual([[2, 3]]);
    expect(resampled([[2, 3], [2, 3]], 1)).toEqual([[2, 3]]); // biome-ignore format: one line
  });

  test("has parts that are as long as each other on a winding line", () => {
    const line: Line = Array.from({ length: 40 }, (_, i) => [i, (i * i) % 7]);
    const points = resampled(line, 5);
    expect([points[0], points.at(-1)]).toEqual([line[0], line.at(-1)]);
    // Each part follows the line, so that no two points are farther apart than that.
    const length = line.slice(1).reduce((sum, [x, y], i) => sum + Math.hypot(x - line[i]![0], y - line[i]![1]), 0);
    const part = length / (points.length - 1);
    expect(Math.abs(part - 5)).toBeLessThan(0.2);
    for (const [i, [x, y]] of points.slice(1).entries())
      expect(Math.hypot(x - points[i]![0], y - points[i]![1])).toBeLessThan(part + 1e-9);
  });
});

/** Drawing i: two lines, with 2 and 1 + i % 3 points. */
const drawing = (i: number): Drawing => ({
  name: `${i}`,
  lines: [
    [
      [100 + i, 7],
      [103 + i, 11],
    ],
    Array.from({ length: 1 + (i % 3) }, (_, at) => [100 + i, 20 + at] as const),
  ],
});
const groups = Array.from({ length: 12 }, (_, i) => [drawing(i)]);
const rows = ({ train, valid, test: held }: ReturnType<typeof penDataset>) =>
  [train, valid, held].flatMap(({ size, fields }) =>
    Array.from({ length: size }, (_, i) => {
      const steps = fields.x.shape[1]!;
      const at = (x: "x" | "y") =>
        Array.from({ length: steps }, (_, t) => [
          ...fields[x].data.subarray(3 * (i * steps + t), 3 * (i * steps + t + 1)),
        ]);
      return { x: at("x"), y: at("y"), length: fields.lengths.data[i]! };
    }),
  );

describe("penDataset", () => {
  const data = penDataset("ink", groups, {}, "drawings");

  test("is checked, splits by a sixth, and says what it did", () => {
    checkDataset("test", data);
    expect([data.train.size, data.valid.size, data.test.size]).toEqual([8, 2, 2]);
    expect(data.fields).toMatchObject({ x: { shape: [4, 3] }, y: { shape: [4, 3] }, lengths: { shape: [] } });
    expect(data.splitNote).toMatch(
      /^12 drawings: 8 to train on, 2 to validate, 2 to test, drawn by seed 0. Distances are divided by [\d.]+.$/,
    );
  });

  test("asks for the next point, begins at no distance, lifts the pen at the end of a line, and pads with zeros", () => {
    const found = rows(data);
    const scale = 3 / Math.max(...found.map(({ x }) => x[1]![0]!));
    for (const { x, y, length } of found) {
      // Points are the two of the first line and those of the second.
      const second = length - 1;
      const lines: number[][] = [
        [0, 0, 0],
        [3, 4, 1],
        [-3, 9, second === 1 ? 1 : 0],
        ...Array.from({ length: second - 1 }, (_, i) => [0, 1, i === second - 2 ? 1 : 0]),
      ];
      const scaled = lines.map(([dx, dy, up]) => [dx! / scale, dy! / scale, up!]);
      const zeros = Array.from({ length: 4 - length }, () => [0, 0, 0]);
      expect(flat([...scaled.slice(0, -1), ...zeros])).toEqual(flat(x).map((value) => expect.closeTo(value, 6)));
      expect(flat([...scaled.slice(1), ...zeros])).toEqual(flat(y).map((value) => expect.closeTo(value, 6)));
      expect(y.slice(0, length - 1)).toEqual(x.slice(1, length));
    }
  });

  test("has distances with a mean square of 1 in the training examples", () => {
    const distances = rows({ ...data, valid: data.train, test: data.train }).flatMap(({ y, length }) =>
      y.slice(0, length).flatMap(([dx, dy]) => [dx!, dy!]),
    );
    expect(distances.reduce((sum, d) => sum + d * d, 0) / distances.length).toBeCloseTo(1, 5);
  });

  test("keeps groups together, omits what is longer, and takes a limit of the training examples", () => {
    const paired = Array.from({ length: 6 }, (_, i) => [drawing(i), drawing(i)]);
    const split = rows(penDataset("ink", paired, {}, "forms")).map(({ x }) => flat(x).join());
    const sizes = [8, 2, 2];
    let from = 0;
    for (const size of sizes) {
      const part = split.slice(from, from + size);
      expect(new Set(part).size).toBeLessThanOrEqual(size / 2);
      from += size;
    }
    expect(penDataset("ink", paired, {}, "forms").splitNote).toContain("drawn by seed 0, forms as wholes.");
    const short = penDataset("ink", groups, { steps: 3, limit: 2 }, "drawings");
    expect(short.fields.x.shape).toEqual([3, 3]);
    expect([short.train.size, short.valid.size]).toEqual([2, 1]);
    expect(short.splitNote).toContain("4 of more than 3 steps are omitted. The limit omits 4.");
    const all = penDataset("ink", groups, { limit: 9 }, "drawings");
    expect(all.train).toEqual(data.train);
    expect(all.warnings).toEqual([expect.stringContaining("the limit of 9 is more than the 8 examples")]);
    expect(Math.max(...rows(short).map(({ length }) => length))).toBe(3);
    expect(penDataset("ink", groups, { splitSeed: 1 }, "drawings").train).not.toEqual(data.train);
    expect(penDataset("ink", groups, {}, "drawings").train).toEqual(data.train);
  });

  test.each<[string, readonly (readonly Drawing[])[], object, string]>([
    [
      "one point",
      [[{ name: "dot.json", lines: [[[1, 1]]] }], ...groups],
      {},
      "data: ink: dot.json must have at least 2 points, received 1",
    ],
    ["two drawings", groups.slice(0, 2), {}, "data: ink needs at least 3 drawings, received 2"],
    ["no short ones", groups, { steps: 1 }, "data: ink needs at least 3 drawings of at most 1 steps, received 0"],
    ["a spacing of 0", groups, { spacing: 0 }, "data: ink: spacing must be a finite number above 0, received 0"],
    [
      "a spacing that makes too many points",
      groups,
      { spacing: 1e-9 },
      "data: ink: spacing must leave at most 100000 points of a drawing, received 1e-9, which makes ",
    ],
    [
      "a point that no pen reaches",
      [[{ name: "far.xml", lines: [[[0, 1], [1e308, -1e308]]] }], ...groups], // biome-ignore format: one line
      { spacing: 5 },
      "data: ink: far.xml: coordinates must lie within ±1000000, received 1e+308",
    ],
    ["a limit", groups, { limit: 0 }, "data: ink: limit must be a whole number at least 1, received 0"],
    ["a seed", groups, { splitSeed: -1 }, "data: ink: splitSeed must be a whole number at least 0"],
    [
      "a pen at rest",
      groups.map(
        () =>
          [
            {
              name: "",
              lines: [
                [
                  [1, 1],
                  [1, 1],
                ],
              ],
            },
          ] as Drawing[],
      ),
      {},
      "data: ink: the pen must move",
    ],
  ])("refuses %s", (_, given, options, message) => {
    expect(() => penDataset("ink", given, options, "drawings")).toThrow(message);
  });
});

const flat = (lines: readonly (readonly number[])[]): number[] => lines.flatMap((line) => [...line]);
