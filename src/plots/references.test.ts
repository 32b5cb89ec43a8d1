import { expect, it } from "vitest";
import { intervalChart } from "./index.ts";

const marks = (svg: string): string[] =>
  [...svg.matchAll(/aria-label="(dot|rule)"[^>]*>(.*?)<\/g>/gs)].map(([, , inside]) =>
    String([...inside!.matchAll(/<(circle|line|path)/g)].length),
  );

it("draws each measurement, the mean with its interval, and the reference where there is one", async () => {
  const svg = await intervalChart(
    [
      { name: "both", value: 2, low: 1, high: 4, points: [1.5, 2.5], reference: 3 },
      { name: "one seed", value: 2, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY, points: [2] },
      {
        name: "lost",
        value: Number.POSITIVE_INFINITY,
        low: Number.NaN,
        high: Number.NaN,
        points: [Infinity],
        reference: 1,
      },
    ],
    { title: "errors", x: "%" },
  );
  // Intervals, measurements, means, references.
  expect(marks(svg)).toEqual(["1", "3", "2", "2"]);
  for (const name of ["both", "one seed", "lost"]) expect(svg).toContain(name);
  expect(svg).not.toMatch(/NaN|Infinity/);
});
