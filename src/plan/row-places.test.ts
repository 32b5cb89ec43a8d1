/** Where a loop puts what its steps compute when threads take rows of the batch each, and are at different steps. */
import { expect, test } from "vitest";
import {
  arange,
  expandDims,
  gradients,
  input,
  less,
  matmul,
  max,
  scan,
  sigmoid,
  sum,
  type Tensor,
  tanh,
  where,
} from "../graph/index.ts";
import { RowPlaces } from "./memory.ts";
import type { Instruction, LoopInstruction, Operand } from "./plan.ts";
import { plan } from "./planner.ts";

const kernels = { kind: "native", gemmScratch: () => 0 } as const;
const [B, T] = [3, 5];

test("a place is used again for an array of the same size alone", () => {
  const places = new RowPlaces();
  const [wide, narrow] = [places.take(12), places.take(3)];
  places.give(wide);
  places.give(narrow);
  expect(places.take(9)).toBe(32);
  expect(places.take(3)).toBe(narrow);
  expect(places.take(12)).toBe(wide);
  expect(places.take(12)).toBe(48);
  expect(places.size).toBe(64);
});

interface Region {
  readonly buffer: number;
  readonly from: number;
  readonly to: number;
}

/** What an instruction writes: the buffer, and the elements from one to another. */
function written(one: Instruction): Region[] {
  if (one.kind === "reduce") return [region({ ...one.to, strides: [1] }, [one.outer * one.inner])];
  if (one.kind === "elementwise") return one.tape.outputs.map((to) => region(to, one.dims));
  if (one.kind === "products") return one.tape.outputs.map((to) => region(to, [one.rows, one.n]));
  throw new Error(`not looked at: ${one.kind}`);
}
const region = ({ buffer, offset, strides }: Operand, dims: readonly number[]): Region => {
  // A product's strides begin with the one from matrix to matrix.
  const reach = dims.reduce((sum, n, axis) => sum + (n - 1) * strides.at(axis - dims.length)!, 0);
  return { buffer, from: offset, to: offset + reach + 1 };
};

/** Pairs of arrays that share memory, of which one has a row elsewhere than the other. */
const clashes = ({ body }: LoopInstruction): unknown[] => {
  const all = body.flatMap(written);
  return all.flatMap((a, i) =>
    all.slice(i + 1).flatMap((b) => {
      const apart = a.buffer !== b.buffer || a.to <= b.from || b.to <= a.from;
      return apart || (a.from === b.from && a.to === b.to) ? [] : [[a, b]];
    }),
  );
};

const moves: readonly ((a: Tensor, b: Tensor, w: Tensor, counts: () => Tensor) => Tensor)[] = [
  (a, b, w) => tanh(matmul(a, w).add(b)),
  (a, b) => sigmoid(a).mul(b),
  (a, b, _, counts) => where(counts(), a, b),
  (a, b) => a.sub(max(b, 1, { keep: true })),
  (a, b) => tanh(sum(a, 1, { keep: true })).mul(b),
];

function loops(chosen: readonly (readonly [number, number, number])[], units: number, differentiated: boolean) {
  const float = (name: string, ...shape: number[]): Tensor => input(name, { shape, dtype: "float32" });
  const [w, h, xs] = [float("w", units, units), float("h", B, units), float("xs", T, B, units)];
  const lengths = input("lengths", { shape: [B], dtype: "int32" });
  const step = (carry: Tensor, { x, t }: { x: Tensor; t: Tensor }) => {
    const pool = [x, carry];
    const counts = () => expandDims(less(t, lengths), 1);
    for (const [move, i, j] of chosen)
      pool.push(moves[move]!(pool.at(-1 - (i % pool.length))!, pool.at(-1 - (j % pool.length))!, w, counts));
    const next = where(counts(), pool.at(-1)!, carry);
    return { carry: next, y: next };
  };
  const { ys } = scan(step, h, { x: xs, t: arange(T, "int32") }, { recompute: true });
  const outputs = differentiated ? gradients(ys.square().sum(), [w, h, xs]) : [ys];
  const inputs = [w, h, xs, lengths].map((tensor) => ({ name: `${tensor.id}`, tensor, resident: false }));
  return plan({ inputs, outputs, updates: [] }, kernels).instructions.filter((one) => one.kind === "loop");
}

/** Six products one after the other, and a mask of one number a row that is computed after them. */
const sixProducts = Array.from({ length: 6 }, () => [0, 0, 1] as const);
/** Sums and masks of one number a row between products. */
const mixed = [[0, 0, 1], [4, 0, 1], [0, 0, 1], [2, 0, 1], [0, 0, 1], [3, 0, 1], [1, 0, 1]] as const; // biome-ignore format: one line

test.each([
  ["a mask after products", sixProducts],
  ["sums and masks among products", mixed],
])("arrays of a step that have other numbers of values a row share no memory: %s, forward and back", (_, chosen) => {
  for (const differentiated of [false, true]) {
    const made = loops(chosen, 65, differentiated).filter(({ rows }) => rows > 0);
    expect(made.length).toBe(differentiated ? 2 : 1);
    expect(made.flatMap(clashes)).toEqual([]);
  }
});
