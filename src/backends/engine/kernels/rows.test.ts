import { afterAll, describe, expect, test } from "vitest";
import { elementwise, gemm, reduce, type Tape } from "../../../../kernels/harness.ts";
import { expectSame } from "../../testing/blocks-problem.ts";
import { enginePool } from "../../testing/engine-pool.ts";
import { f32, max, operandsOf, product, randoms, reduceExactly, rowMajor, storeResult, variants } from "./testing.ts";

const { engine, close } = enginePool();
afterAll(close);

/** Rows of a tape: packed and not, one to a tile and many, shorter than a vector and with a tail behind whole ones. */
const rowShapes = [
  [2, 3, 4, 6],
  [7, 10],
  [300, 3],
  [100, 10],
  [5, 130],
  [3, 4, 5],
  [1, 512],
  [2, 3, 33],
  [9, 2],
  [64, 16],
  [41, 500],
  [3, 1],
  [1, 7],
];

describe.each(variants)("%s: rows of a tape", (variant) => {
  test.each(rowShapes.map((dims) => [dims]))(
    "of shape %j give what REDUCE gives, and nothing beside them counts",
    async (dims) => {
      const e = await engine(variant);
      const [n, length] = [product(dims), dims.at(-1)!];
      const rows = n / length;
      const values = randoms(n, 3);
      // Between rows lie numbers that would win every comparison and spoil every sum.
      const gap = 3;
      const spread = new Float32Array(rows * (length + gap) + 16).fill(NaN);
      values.forEach((v, i) => {
        spread[Math.floor(i / length) * (length + gap) + (i % length)] = v;
      });
      const apart = rowMajor([...dims.slice(0, -1), length + gap]);
      const kinds = ["SUM", "MAX", "MIN", "ARGMAX"] as const;
      for (const from of [
        { buffer: e.of(values), strides: rowMajor(dims) },
        { buffer: e.of(spread), strides: apart },
      ]) {
        const columns = rowMajor(dims).map((s, d) => (d === dims.length - 1 ? 0 : (2 * s) / length));
        const outputs = kinds.map(() => ({ buffer: e.buffer(2 * rows + 9), offset: 5, strides: columns }));
        for (const { buffer } of outputs) e.floats(buffer, 2 * rows + 9).fill(77);
        const alone = kinds.map(() => e.buffer(rows));
        const tape: Tape = {
          inputs: [from],
          outputs,
          columns: 1,
          ops: kinds.map((kind, i) => [`ROW_${kind}`, 1 + i, 0]),
        };
        const source = e.of(values);
        expect(
          e.load(
            elementwise(dims, tape),
            ...kinds.map((k, i) => reduce(k, false, [rows, length, 1], source, alone[i]!)),
          )(),
        ).toBe(0);
        kinds.forEach((kind, i) => {
          const wanted = new Int32Array(2 * rows + 9).fill(new Int32Array(Float32Array.of(77).buffer)[0]!);
          e.ints(alone[i]!, rows).forEach((bits, r) => {
            wanted[5 + 2 * r] = bits;
          });
          expectSame(e.ints(outputs[i]!.buffer, 2 * rows + 9), wanted, `${kind}: `);
        });
      }
    },
  );

  test.each(rowShapes.map((dims) => [dims]))("of shape %j: columns are worked on and spread again", async (dims) => {
    const e = await engine(variant);
    const [n, length] = [product(dims), dims.at(-1)!];
    const rows = n / length;
    const [x, c, w] = [randoms(n, 3), randoms(2 * rows, 4), randoms(length, 5)];
    const outer = dims.slice(0, -1);
    // Walked with the outer axes in reverse, two apart.
    const column = [
      ...rowMajor(outer.toReversed())
        .map((s) => 2 * s)
        .toReversed(),
      0,
    ];
    const place = (r: number) =>
      rowMajor(outer).reduce((at, s, d) => at + (Math.floor(r / s) % outer[d]!) * column[d]!, 0);
    const [straight, stepped] = [e.buffer(n + 8), e.buffer(2 * n + 8)];
    e.floats(straight, n + 8).fill(77);
    e.floats(stepped, 2 * n + 8).fill(77);
    const out = e.buffer(2 * rows + 8);
    e.floats(out, 2 * rows + 8).fill(77);
    const tape: Tape = {
      inputs: [
        { buffer: e.of(x), strides: rowMajor(dims) },
        { buffer: e.of(c), strides: column },
        { buffer: e.of(w), strides: dims.map((_, d) => Number(d === dims.length - 1)) },
        { immediate: 0.5 },
      ],
      outputs: [
        { buffer: straight, offset: 1, strides: rowMajor(dims) },
        { buffer: stepped, offset: 1, strides: rowMajor(dims).map((s) => 2 * s) },
        { buffer: out, strides: column },
      ],
      temps: 2,
      columns: 2,
      ops: [
        ["MUL", 7, 0, 2],
        ["MUL", 9, 1, 3],
        ["ROW_MAX", 10, 7],
        ["ADD", 6, 10, 9],
        ["SPREAD", 8, 6],
        ["SUB", 4, 7, 8],
        ["SPREAD", 5, 1],
      ],
    };
    expect(e.load(elementwise(dims, tape))()).toBe(0);
    const [first, second] = [new Float32Array(n + 8).fill(77), new Float32Array(2 * n + 8).fill(77)];
    const third = new Float32Array(2 * rows + 8).fill(77);
    for (let r = 0; r < rows; r++) {
      const row = Array.from({ length }, (_, i) => f32(x[r * length + i]! * w[i]!));
      const at = place(r);
      third[at] = f32(row.reduce(max) + f32(c[at]! * 0.5));
      row.forEach((v, i) => {
        first[1 + r * length + i] = f32(v - third[at]!);
        second[1 + 2 * (r * length + i)] = c[at]!;
      });
    }
    expectSame(e.floats(straight, n + 8), first);
    expectSame(e.floats(stepped, 2 * n + 8), second);
    expectSame(e.floats(out, 2 * rows + 8), third);
  });

  test.each([2, 3, 4, 5, 10, 16, 19, 33])(
    "of %i: a NaN anywhere is the maximum, the minimum, the sum and the place of the maximum",
    async (length) => {
      const e = await engine(variant);
      // Row i has its NaN at i; a second one behind it doesn't count; the last row has none.
      const values = randoms((length + 1) * length, 9);
      for (let i = 0; i < length; i++) values[i * length + i] = values[i * length + length - 1] = NaN;
      const kinds = ["MAX", "MIN", "SUM", "ARGMAX"] as const;
      const outputs = kinds.map(() => ({ buffer: e.buffer(length + 1), strides: [1, 0] }));
      const inputs = [{ buffer: e.of(values), strides: [length, 1] }];
      const tape: Tape = { inputs, outputs, columns: 1, ops: kinds.map((kind, i) => [`ROW_${kind}`, 1 + i, 0]) };
      expect(e.load(elementwise([length + 1, length], tape))()).toBe(0);
      const last = [...values.slice(length * length)];
      for (const [i, kind] of (["MAX", "MIN", "SUM"] as const).entries()) {
        const got = e.floats(outputs[i]!.buffer, length + 1);
        expect([...got.slice(0, length)]).toEqual(Array(length).fill(NaN));
        expect(Math.abs(got[length]! - reduceExactly(kind, last))).toBeLessThan(1e-6);
      }
      const places = Array.from({ length }, (_, i) => i);
      expect([...e.ints(outputs[3]!.buffer, length + 1)]).toEqual([...places, reduceExactly("ARGMAX", last)]);
    },
  );

  test.each([
    [[1, 64, 10, 200]],
    [[1, 3, 7, 5]],
    [[1, 1, 10, 33]],
    [[1, 130, 23, 40]],
    [[1, 61, 16, 600]],
    [[3, 40, 5, 7]],
  ] as [[number, number, number, number]][])("%j: a product's tape sees whole rows", async (size) => {
    const e = await engine(variant);
    const [batch, m, n] = size;
    const { a, b, packed, total } = operandsOf(e, size);
    const [plain, shifted, largest] = [e.buffer(total), e.buffer(total), e.buffer(batch * m)];
    const tape: Tape = {
      inputs: ["result"],
      outputs: [
        { buffer: shifted, strides: [m * n, n, 1] },
        { buffer: largest, strides: [m, 1, 0] },
      ],
      temps: 1,
      columns: 1,
      ops: [
        ["ROW_MAX", 2, 0],
        ["SPREAD", 3, 2],
        ["SUB", 1, 0, 3],
      ],
    };
    expect(e.load(gemm(size, a, b, packed, storeResult(plain, [batch, m, n])), gemm(size, a, b, packed, tape))()).toBe(
      0,
    );
    const c = e.floats(plain, total);
    const wanted = Array.from({ length: batch * m }, (_, r) => c.slice(r * n, (r + 1) * n).reduce(max));
    expectSame(e.floats(largest, batch * m), wanted);
    expectSame(
      e.floats(shifted, total),
      c.map((v, i) => v - wanted[Math.floor(i / n)]!),
    );
  });
});
