import { expect, test } from "vitest";
import { planeOf } from "./components.ts";
import { principalMap } from "./map.ts";
import { drawn } from "./testing.ts";

test("the plane is that of the whole covariance's eigenvectors", () => {
  const next = drawn(2);
  const rows = 120;
  const scales = [3, 2, 1, 0.5, 0.2];
  const columns = scales.map((scale, i) =>
    Float64Array.from({ length: rows }, () => scale * (next() + next() - 1) + i),
  );
  // Standardised columns have one scale: sums of others give them directions that differ.
  const mixed = columns.map((column, i) =>
    column.map((value, row) => value + (i > 0 ? 0.7 * columns[i - 1]![row]! : 0)),
  );
  const standard = mixed.map((column) => {
    const mean = column.reduce((sum, value) => sum + value, 0) / rows;
    const sd = Math.sqrt(column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / rows);
    return column.map((value) => (value - mean) / sd);
  });
  const whole = principalMap(mixed.map((values, i) => ({ kind: "numbers" as const, name: `c${i}`, values })), rows)!; // biome-ignore format: one line
  const found = planeOf(
    Float64Array.from({ length: 5 * rows }, (_, i) => standard[i % 5]![Math.floor(i / 5)]!),
    rows,
  )!;
  for (const at of [0, 1] as const) expect(found.shares[at]).toBeCloseTo(whole.shares[at], 6);
  for (const axis of ["x", "y"] as const) {
    const sign = Math.sign(found[axis][0]! * whole[axis][0]!);
    for (let row = 0; row < rows; row++) expect(sign * found[axis][row]!).toBeCloseTo(whole[axis][row]!, 3);
  }
});

test("rows that are equal have no plane", () => {
  expect(planeOf(new Float64Array(20).fill(3), 5)).toBeUndefined();
});
