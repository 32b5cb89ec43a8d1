import { afterAll, describe, expect, test } from "vitest";
import { indexed } from "../../../../kernels/harness.ts";
import { expectSame } from "../../testing/blocks-problem.ts";
import { enginePool } from "../../testing/engine-pool.ts";
import { randoms, variants } from "./testing.ts";

const { engine, close } = enginePool();
afterAll(close);

describe.each(variants)("%s: rows by index", (variant) => {
  test.each([
    [10, 20, 3],
    [300, 5000, 1],
    [50, 700, 67],
    [5, 3, 8000],
  ])("gather and scatter-add: %i rows, %i indices, %i wide", async (rows, count, inner) => {
    const e = await engine(variant);
    const index = randoms(count, 5, 0, rows).map(Math.floor);
    const [table, update] = [randoms(rows * inner, 1), randoms(count * inner, 2)];
    const [picked, added] = [e.buffer(count * inner), e.buffer(rows * inner)];
    const at = e.of(index, "int");
    const run = e.load(
      indexed("GATHER", [rows, count, inner], e.of(table), at, picked),
      indexed("SCATTER_ADD", [rows, count, inner], e.of(update), at, added),
    );
    expect(run()).toBe(0);
    // More than 256 updates are summed in double precision.
    const sums = new (count > 256 ? Float64Array : Float32Array)(rows * inner);
    const rowsPicked = new Float32Array(count * inner);
    index.forEach((row, i) => {
      rowsPicked.set(table.subarray(row * inner, (row + 1) * inner), i * inner);
      for (let j = 0; j < inner; j++) sums[row * inner + j]! += update[i * inner + j]!;
    });
    expectSame(e.floats(picked, count * inner), rowsPicked);
    expectSame(e.floats(added, rows * inner), Float32Array.from(sums));
  });

  test.each([
    ["GATHER", 7],
    ["GATHER", -1],
    ["SCATTER_ADD", 7],
    ["SCATTER_ADD", -2147483648],
  ] as const)("%s reports index %i of 7 rows and touches nothing else", async (kind, bad) => {
    const e = await engine(variant);
    const size = kind === "GATHER" ? 4 * 5 : 7 * 5;
    const out = e.buffer(size + 8);
    e.floats(out, size + 8).fill(77);
    const ok = indexed("GATHER", [7, 1, 1], e.of(randoms(7, 1)), e.of([6], "int"), e.buffer(1));
    const wrong = indexed(kind, [7, 4, 5], e.of(randoms(35, 1)), e.of([1, bad, 2, 3], "int"), out);
    expect(e.load(ok, wrong)()).toBe(1);
    expect(e.status().slice(0, 3)).toEqual([1, 1, bad]);
    expect([...e.floats(out, size + 8).slice(size)]).toEqual(Array(8).fill(77));
    expect(e.load(ok)()).toBe(0);
  });
});
