import { expect, test } from "vitest";
import { readAt } from "./reading.ts";

const losses = { name: "losses", at: [10, 20, 30, 40].map((x) => [x, x / 100] as const) };
const scores = {
  name: "scores",
  at: [
    [20, 5],
    [40, 4],
    [60, Number.NaN],
  ] as const,
};

test("a chart is read at the nearest x that a line has, and each line at its last point up to there", () => {
  expect(readAt([losses, scores], 33)).toEqual({
    x: 30,
    values: [
      { line: losses, point: [30, 0.3] },
      { line: scores, point: [20, 5] },
    ],
  });
  expect(readAt([losses, scores], 36)!.values.map(({ point }) => point[1])).toEqual([0.4, 4]);
});

test("a line that begins later, and numbers that aren't finite, are not read", () => {
  expect(readAt([losses, scores], 0)).toEqual({ x: 10, values: [{ line: losses, point: [10, 0.1] }] });
  expect(readAt([losses, scores], 90)).toMatchObject({ x: 40, values: [{ point: [40, 0.4] }, { point: [40, 4] }] });
  expect(readAt([{ at: [] }], 3)).toBeUndefined();
});
