import { afterAll, describe, expect, test } from "vitest";
import { reduce } from "../../../../kernels/harness.ts";
import { enginePool } from "../../testing/engine-pool.ts";
import { remember } from "../../testing/remember.ts";
import { f32, product, randoms, reduceExactly, ulps, variants } from "./testing.ts";

const { engine, close } = enginePool();
afterAll(close);

const reductionsOf = remember<number[]>();
const reduced: [number, number, number][] = [
  [1, 1, 1],
  [3, 5, 1],
  [100, 10, 1],
  [2, 5000, 1],
  [1, 100003, 1],
  [1, 100, 2000],
  [7, 3, 2],
  [1, 40000, 3],
  [2, 300, 130],
  [1, 4097, 5],
];

describe.each(variants)("%s: reductions", (variant) => {
  for (const kind of ["SUM", "MAX", "MIN", "ARGMAX"] as const)
    for (const integer of [false, true])
      test.each(reduced.map((shape) => [shape]))(`${kind} of ${integer ? "int32" : "float32"} %j`, async (shape) => {
        const e = await engine(variant);
        const [outer, length, inner] = shape;
        const values = integer ? randoms(product(shape), 7, -50, 50).map(Math.trunc) : randoms(product(shape), 7);
        /* Two columns get NaNs: a NaN wins, the first of them. */
        const nans = !integer && length > 4 ? [inner * 3, inner * (length - 1), product(shape) - 1 - inner * 2] : [];
        if (kind !== "SUM") for (const at of nans) values[at] = NaN;
        const out = e.buffer(outer * inner + 4);
        expect(e.load(reduce(kind, integer, shape, e.of(values, integer ? "int" : "float"), out))()).toBe(0);
        const isInt = integer || kind === "ARGMAX";
        const got = isInt ? e.ints(out, outer * inner) : e.floats(out, outer * inner);
        const exact = reductionsOf([kind, integer, shape], () =>
          Array.from({ length: outer * inner }, (_, at) => {
            const from = Math.floor(at / inner) * length * inner + (at % inner);
            return reduceExactly(
              kind,
              Array.from({ length }, (_, i) => values[from + i * inner]!),
            );
          }),
        );
        exact.forEach((wanted, at) => {
          const actual = got[at]!;
          const fits =
            kind === "SUM" && !integer
              ? Math.abs(actual - wanted) < 1e-6 * Math.sqrt(length) + 1e-7 * Math.abs(wanted)
              : Object.is(actual, wanted + 0);
          if (!fits) expect.fail(`${kind} at ${Math.floor(at / inner)}, ${at % inner} is ${actual}, not ${wanted}`);
        });
      });

  test("a float32 sum keeps what plain addition loses", async () => {
    const e = await engine(variant);
    const n = 1 << 21;
    const from = e.buffer(n);
    e.floats(from, n).fill(0.1);
    const [row, column] = [e.buffer(1), e.buffer(2)];
    expect(
      e.load(reduce("SUM", false, [1, n, 1], from, row), reduce("SUM", false, [1, n / 2, 2], from, column))(),
    ).toBe(0);
    expect(ulps(e.floats(row, 1)[0]!, n * f32(0.1))).toBeLessThan(40);
    expect(ulps(e.floats(column, 2)[1]!, (n / 2) * f32(0.1))).toBeLessThan(40);
  });

  test("the first of equals, and int32 sums that wrap around", async () => {
    const e = await engine(variant);
    const out = e.buffer(2);
    const ties = e.of([1, 5, 2, 5, 5], "int");
    const big = e.of([2147483647, 5, 2147483647], "int");
    expect(e.load(reduce("ARGMAX", true, [1, 5, 1], ties, out))()).toBe(0);
    expect(e.ints(out, 1)[0]).toBe(1);
    expect(e.load(reduce("SUM", true, [1, 3, 1], big, out))()).toBe(0);
    expect(e.ints(out, 1)[0]).toBe((2147483647 + 5 + 2147483647) | 0);
    const late = randoms(100003, 1);
    late[90001] = late[95001] = 2;
    expect(e.load(reduce("ARGMAX", false, [1, late.length, 1], e.of(late), out))()).toBe(0);
    expect(e.ints(out, 1)[0]).toBe(90001);
  });
});
