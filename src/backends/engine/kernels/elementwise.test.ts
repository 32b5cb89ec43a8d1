import { afterAll, describe, expect, test } from "vitest";
import { type Engine, elementwise, type Tape } from "../../../../kernels/harness.ts";
import type { TapeOp } from "../../../plan/codes.ts";
import { expectSame } from "../../testing/blocks-problem.ts";
import { enginePool } from "../../testing/engine-pool.ts";
import { remember } from "../../testing/remember.ts";
import { f32, max, native, product, randoms, rowMajor, ulps, variants } from "./testing.ts";

const { engine, close } = enginePool();
afterAll(close);

const special = [0, -0, 1, -1, Infinity, -Infinity, NaN, 0.5, -0.5, 2 ** -126, 2 ** -149, 3.4e38, -3.4e38, 16777216];
const log1p = Math.log1p;
const softplus = (x: number) => Math.max(x, 0) + log1p(Math.exp(-Math.abs(x)));

/** The float32 functions of one operand: definition, range, and the largest error in ulps. */
const functions: [TapeOp, (x: number) => number, number, number, number][] = [
  ["MOVE", (x) => x, -5, 5, 0],
  ["NEG", (x) => -x, -5, 5, 0],
  ["ABS", Math.abs, -5, 5, 0],
  ["SIGN", (x) => (x === 0 ? 0 : Math.sign(x)), -5, 5, 0],
  ["EXP", Math.exp, -87, 88.7, 2],
  ["LOG", Math.log, 1e-37, 100, 2],
  ["LOG1P", log1p, -0.999, 20, 2],
  ["SQRT", Math.sqrt, 0, 1e6, 0.5],
  ["SIGMOID", (x) => 1 / (1 + Math.exp(-x)), -86, 30, 3],
  ["TANH", Math.tanh, -12, 12, 2],
  ["SOFTPLUS", softplus, -86, 90, 2.5],
  ["RELU", (x) => (Number.isNaN(x) ? x : Math.max(x, 0)), -5, 5, 0],
  ["FLOOR", Math.floor, -1e4, 1e4, 0],
];

const flag = (condition: boolean) => Number(condition);
const binaries: [TapeOp, (a: number, b: number) => number][] = [
  ["ADD", (a, b) => f32(a + b)],
  ["SUB", (a, b) => f32(a - b)],
  ["MUL", (a, b) => f32(a * b)],
  ["DIV", (a, b) => f32(a / b)],
  ["MAX", max],
  ["MIN", (a, b) => Math.min(a, b)],
  ["EQ", (a, b) => flag(a === b)],
  ["NE", (a, b) => flag(a !== b)],
  ["LT", (a, b) => flag(a < b)],
  ["LE", (a, b) => flag(a <= b)],
];

const integerBinaries: [TapeOp, (a: number, b: number) => number, "float" | "int"][] = [
  ["I_ADD", (a, b) => (a + b) | 0, "int"],
  ["I_SUB", (a, b) => (a - b) | 0, "int"],
  ["I_MUL", Math.imul, "int"],
  ["I_MAX", Math.max, "int"],
  ["I_MIN", Math.min, "int"],
  ["I_EQ", (a, b) => flag(a === b), "float"],
  ["I_NE", (a, b) => flag(a !== b), "float"],
  ["I_LT", (a, b) => flag(a < b), "float"],
  ["I_LE", (a, b) => flag(a <= b), "float"],
  ["I_NEG", (a) => -a | 0, "int"],
  ["I_ABS", (a) => Math.abs(a) | 0, "int"],
  ["I_SIGN", (a) => Math.sign(a), "int"],
  ["TO_FLOAT", (a) => f32(a), "float"],
];

const viewed = remember<readonly [Float32Array, Float32Array]>();

/** One op on whole arrays. */
function apply(e: Engine, op: TapeOp, inputs: number[], n: number): number {
  const out = e.buffer(n + 16);
  const operand = (buffer: number) => ({ buffer, strides: [1] });
  const registers = inputs.map((_, i) => i);
  const tape: Tape = {
    inputs: inputs.map(operand),
    outputs: [operand(out)],
    ops: [[op, inputs.length, ...registers] as Tape["ops"][number]],
  };
  e.floats(out, n + 16).fill(77);
  expect(e.load(elementwise([n], tape))()).toBe(0);
  expect([...e.floats(out, n + 16).slice(n)]).toEqual(Array(16).fill(77));
  return out;
}

describe.each(variants)("%s: elementwise", (variant) => {
  test.each(functions)("%s is accurate over its range", async (op, exact, low, high, bound) => {
    const e = await engine(variant);
    const near = randoms(2000, 2, -1, 1).map((x, i) => x * 10 ** -(i % 8));
    const x = [...randoms(20003, 1, low, high), ...near.map((y) => (low >= 0 ? Math.abs(y) : y))];
    const out = e.floats(apply(e, op, [e.of(x)], x.length), x.length);
    let worst = 0;
    let at = 0;
    x.forEach((value, i) => {
      const error = ulps(out[i]!, exact(value));
      if (!(error <= worst)) [worst, at] = [error, value];
    });
    expect(worst, `at ${at}`).toBeLessThanOrEqual(bound);
  });

  test.each(functions)(
    "%s of zeros, infinities, NaN and the ends of the range",
    async (op, exact, _low, _high, bound) => {
      const e = await engine(variant);
      const x = Float32Array.from([...special, 88, 89, 104, 1000, -88, -104, -1000, 1e-20, -1e-20, 1e-7, 0.625, 1e30]);
      const out = e.floats(apply(e, op, [e.of(x)], x.length), x.length);
      x.forEach((value, i) => {
        const wanted = exact(value);
        if (Math.abs(wanted) < 2 ** -125 && wanted !== 0) expect(Math.abs(out[i]! - wanted)).toBeLessThan(2 ** -125);
        else
          expect(ulps(out[i]! + 0, wanted + 0), `${op}(${value}) = ${out[i]}, not ${wanted}`).toBeLessThanOrEqual(
            bound,
          );
      });
    },
  );

  test.each([
    ["SIN", Math.sin],
    ["COS", Math.cos],
  ] as const)("%s is within 2e-7, near and far, and NaN at infinity", async (op, exact) => {
    const e = await engine(variant);
    const x = [
      ...randoms(5001, 3, -10, 10),
      ...randoms(5001, 4, -1e4, 1e4),
      ...randoms(501, 5, -1e6, 1e6),
      Infinity,
      NaN,
    ];
    const out = e.floats(apply(e, op, [e.of(x)], x.length), x.length);
    x.forEach((value, i) => {
      const fits = Number.isFinite(value) ? Math.abs(out[i]! - exact(value)) < 2e-7 : Number.isNaN(out[i]);
      if (!fits) expect.fail(`${op}(${value}) is ${out[i]}, not ${exact(value)}`);
    });
  });

  test.each(binaries)("%s", async (op, exact) => {
    const e = await engine(variant);
    const a = [...special.flatMap((x) => special.map(() => x)), ...randoms(1001, 1)].map(f32);
    const b = [...special.flatMap(() => special), ...randoms(1001, 2)].map(f32);
    const out = e.floats(apply(e, op, [e.of(a), e.of(b)], a.length), a.length);
    a.forEach((x, i) => {
      const want = exact(x, b[i]!) + 0;
      // The add-on gives 0 for a result that would be subnormal.
      if (out[i] === 0 && Math.abs(want) < 2 ** -126 && native.includes(variant)) return;
      if (!Object.is(out[i]! + 0, want)) expect.fail(`${op}(${x}, ${b[i]}) is ${out[i]}, not ${want}`);
    });
  });

  test.each(integerBinaries)("%s", async (op, exact, kind) => {
    const e = await engine(variant);
    const values = [0, 1, -1, 2, 7, -7, 65536, 2147483647, -2147483648, 123456789];
    const a = values.flatMap((x) => values.map(() => x));
    const b = values.flatMap(() => values);
    const out = apply(e, op, [e.of(a, "int"), e.of(b, "int")], a.length);
    const got = kind === "int" ? e.ints(out, a.length) : e.floats(out, a.length);
    expect([...got]).toEqual(a.map((x, i) => exact(x, b[i]!) + 0));
  });

  test("TO_INT truncates and saturates, WHERE copies bits, MULADD adds a product and NEG_MULADD takes one away", async () => {
    const e = await engine(variant);
    const x = [0.9, -0.9, 1.5, -2.5, 3e9, -3e9, Infinity, -Infinity, NaN, 2147483520];
    const whole = [0, 0, 1, -2, 2147483647, -2147483648, 2147483647, -2147483648, 0, 2147483520];
    expect([...e.ints(apply(e, "TO_INT", [e.of(x)], x.length), x.length)]).toEqual(whole);
    const ints = e.of([0x7fc12345, 2, 3, 4, 5], "int");
    const mask = e.of([1, 0, -0, NaN, 0.1]);
    const other = e.of([9, 9, 0x7f812345, 9, 9], "int");
    expect([...e.ints(apply(e, "WHERE", [mask, ints, other], 5), 5)]).toEqual([0x7fc12345, 9, 0x7f812345, 4, 5]);
    const [a, b, c] = [randoms(999, 1), randoms(999, 2), randoms(999, 3)];
    const out = e.floats(apply(e, "MULADD", [e.of(a), e.of(b), e.of(c)], 999), 999);
    const worst = a.reduce((most, value, i) => Math.max(most, Math.abs(out[i]! - (value * b[i]! + c[i]!))), 0);
    expect(worst).toBeLessThan(1.3e-7);
    const negated = e.floats(apply(e, "NEG_MULADD", [e.of(a), e.of(b), e.of(c)], 999), 999);
    const off = a.reduce((most, value, i) => Math.max(most, Math.abs(negated[i]! - (c[i]! - value * b[i]!))), 0);
    expect(off).toBeLessThan(1.3e-7);
  });

  const shapes = [
    [1],
    [3],
    [512],
    [513],
    [40001],
    [7, 10],
    [300, 3],
    [5, 130],
    [3, 4, 5],
    [2, 3, 1, 700],
    [130, 127],
    [2, 2, 2, 2, 2, 3],
  ];
  test.each(shapes.map((dims) => [dims]))(
    "views of shape %j: transposed, broadcast, strided, reversed",
    async (dims) => {
      const e = await engine(variant);
      const n = product(dims);
      const rank = dims.length;
      const contiguous = rowMajor(dims);
      const flipped = rowMajor([...dims].reverse()).reverse();
      const transposed = { buffer: e.of(randoms(n, 1)), strides: flipped };
      const broadcast = { buffer: e.of(randoms(n, 2)), strides: contiguous.map((s, d) => (d === rank - 1 ? s : 0)) };
      const column = { buffer: e.of(randoms(n, 3)), strides: contiguous.map((s, d) => (d === rank - 1 ? 0 : s)) };
      const reversed = { buffer: e.of(randoms(3 * n + 5, 4)), offset: 3 * n, strides: contiguous.map((s) => -3 * s) };
      const scalar = { buffer: e.of([0.25, 9]), strides: dims.map(() => 0) };
      const straight = { buffer: e.buffer(n + 8), offset: 3, strides: contiguous };
      const scattered = { buffer: e.buffer(2 * n + 8), offset: 1, strides: flipped.map((s) => 2 * s) };
      e.floats(straight.buffer, n + 8).fill(77);
      e.floats(scattered.buffer, 2 * n + 8).fill(77);
      const inputs = [transposed, broadcast, column, reversed, scalar];
      const tape: Tape = {
        inputs: [...inputs, { immediate: 3 }],
        outputs: [straight, scattered],
        temps: 2,
        ops: [
          ["ADD", 8, 0, 1],
          ["SUB", 9, 2, 3],
          ["MUL", 6, 8, 9],
          ["MAX", 9, 4, 6],
          ["MUL", 7, 9, 5],
        ],
      };
      const at = (o: { strides: number[]; offset?: number }, e0: number) =>
        (o.offset ?? 0) + contiguous.reduce((sum, s, d) => sum + (Math.floor(e0 / s) % dims[d]!) * o.strides[d]!, 0);
      const [first, second] = viewed(dims, () => {
        const read = inputs.map((o) => e.floats(o.buffer, 3 * n + 5));
        const results = [new Float32Array(n + 8).fill(77), new Float32Array(2 * n + 8).fill(77)] as const;
        for (let i = 0; i < n; i++) {
          const [a, b, c, d, s] = inputs.map((o, k) => read[k]![at(o, i)]!) as [number, number, number, number, number];
          const value = f32(f32(a + b) * f32(c - d));
          results[0][at(straight, i)] = value;
          results[1][at(scattered, i)] = f32(Math.max(s, value) * 3);
        }
        return results;
      });
      expect(e.load(elementwise(dims, tape))()).toBe(0);
      expectSame(e.floats(straight.buffer, n + 8), first);
      expectSame(e.floats(scattered.buffer, 2 * n + 8), second);
    },
  );

  test("a momentum update works in place", async () => {
    const e = await engine(variant);
    const [w, m, g] = [randoms(1003, 1), randoms(1003, 2), randoms(1003, 3)];
    const [bw, bm, bg] = [e.of(w), e.of(m), e.of(g)];
    const operand = (buffer: number) => ({ buffer, strides: [1] });
    const tape: Tape = {
      inputs: [operand(bw), operand(bm), operand(bg), { immediate: 0.5 }],
      outputs: [operand(bm), operand(bw)],
      temps: 1,
      ops: [
        ["MUL", 6, 1, 3],
        ["ADD", 4, 6, 2],
        ["SUB", 5, 0, 4],
      ],
    };
    expect(e.load(elementwise([1003], tape))()).toBe(0);
    const momentum = m.map((x, i) => f32(0.5 * x) + g[i]!);
    expectSame(e.floats(bm, 1003), momentum);
    expectSame(
      e.floats(bw, 1003),
      w.map((x, i) => x - momentum[i]!),
    );
  });
});
