import { expect, test } from "vitest";
import { startBackend } from "../backends/select.ts";
import { crossValidate } from "./cross-validate.ts";
import { encode, standardised } from "./encode.ts";
import { describeTable } from "./explore.ts";
import { principalMap } from "./map.ts";
import { sampleOf } from "./sample.ts";
import { drawn, flowers, tableIn } from "./testing.ts";

const text = ["petal,sepal,colour,species", ...flowers().map((row) => row.join(","))].join("\n");

test("a sample has its size, its rows are in order and differ, and each is as likely", () => {
  const counts = new Int32Array(20);
  for (let seed = 0; seed < 2000; seed++) {
    const rows = sampleOf(20, 5, seed);
    expect([...new Set(rows)].sort((a, b) => a - b)).toEqual([...rows]);
    for (const row of rows) counts[row]!++;
  }
  // Of 2000 samples a row is in 500; five deviations of a binomial are 97.
  for (const count of counts) expect(Math.abs(count - 500)).toBeLessThan(97);
  expect([...sampleOf(3, 9)]).toEqual([0, 1, 2]);
});

test("columns are encoded as numbers, and standardised over the rows of training alone", () => {
  const { features } = describeTable(tableIn("a,b,c,d\n1,x,,2\n3,y,5,2\n5,z,7,3\n9,x,9,4"));
  const encoded = encode(features, 4);
  expect(encoded.names).toEqual(["a", "b = x", "b = y", "b = z", "c", "c is missing", "d"]);
  expect([...encoded.x.slice(0, 7)]).toEqual([1, 1, 0, 0, Number.NaN, 1, 2]);
  const x = standardised(encoded, Int32Array.of(0, 1, 2));
  const a = [0, 1, 2, 3].map((row) => x[7 * row]!);
  [-2, 0, 2, 6].forEach((from, row) => expect(a[row]).toBeCloseTo(from / Math.sqrt(8 / 3), 12)); // biome-ignore format: one line
  expect([0, 1, 2, 3].map((row) => x[7 * row + 4]!)).toEqual([0, -1, 1, 3]);
});

test("the map's first direction is that of two columns that go together", () => {
  const next = drawn(2);
  const rows = Array.from({ length: 100 }, () => {
    const both = next();
    return [both, 2 * both + 0.01 * next(), next()];
  });
  const { features } = describeTable(tableIn(["a,b,c", ...rows.map((row) => row.join(","))].join("\n")));
  const map = principalMap(features, 100)!;
  expect(map.directions[0].map(({ name }) => name).slice(0, 2).sort()).toEqual(["a", "b"]); // biome-ignore format: one line
  expect(map.shares[0]).toBeGreaterThan(0.66);
  expect(map.shares[0] + map.shares[1]).toBeGreaterThan(0.99);
  const square = (x: Float64Array): number => x.reduce((sum, value) => sum + value * value, 0) / 100;
  expect(square(map.x) / 3).toBeCloseTo(map.shares[0], 9);
});

test("baselines of classes and of numbers: intervals around the folds' means, and better than chance", async () => {
  const backend = await startBackend("reference");
  const { signal } = new AbortController();
  try {
    const table = tableIn(text);
    for (const target of ["species", "petal"]) {
      const { features, target: aim } = describeTable(table, { target });
      const fits: string[] = [];
      const onFit = (name: string, done: number, total: number) => fits.push(`${name} ${done} ${total}`);
      const found = await crossValidate(features, aim!, { folds: 2, sample: 60, backend, signal, onFit });
      expect(found).toMatchObject({ rows: 60, of: 180, folds: 2, unit: target === "species" ? "%" : "" });
      expect(fits).toHaveLength(12);
      for (const { error, folds } of found.results) {
        expect((folds[0]! + folds[1]!) / 2).toBeCloseTo(error.value, 9);
        expect(error.low).toBeLessThanOrEqual(error.value);
      }
      const [usual, ...others] = found.results.map(({ error }) => error.value);
      for (const error of others) expect(error).toBeLessThan(usual!);
    }
  } finally {
    await backend.close();
  }
});

test("what can't be cross-validated is refused, and a stop is heard", async () => {
  const { features, target } = describeTable(tableIn(text), { target: "species" });
  const backend = undefined as never;
  const { signal } = new AbortController();
  const given = { backend, signal };
  await expect(crossValidate(features, target!, { ...given, folds: 1 })).rejects.toThrow("explore: folds must be a whole number at least 2 and at most 100, received 1"); // biome-ignore format: one line
  const few = describeTable(tableIn("a,b\n1,x\n2,y\n3,x"), { target: "b" });
  await expect(crossValidate(few.features, few.target!, given)).rejects.toThrow("explore: 5 folds need at least 10 rows with a target, received 3"); // biome-ignore format: one line
  const stop = AbortSignal.abort();
  await expect(crossValidate(features, target!, { ...given, signal: stop })).rejects.toThrow("aborted");
});
