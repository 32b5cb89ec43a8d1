import { expect, test } from "vitest";
import { referenceBackend } from "../backends/reference/reference.ts";
import { fromBlocks, matmul, NdArray, routing, scan, sparseMatmul, type Tensor, toBlocks } from "../graph/index.ts";
import { accountOf } from "./account.ts";

const [B, I, K, S, O] = [4, 5, 3, 2, 7];
const filled = (...shape: number[]) => new NdArray(new Float32Array(shape.reduce((n, m) => n * m, 1)).fill(0.5), shape);
const gatesOf = (...rows: number[]) => new NdArray(Float32Array.from(rows), [B, K]);

interface Weights {
  readonly before: Tensor;
  readonly into: Tensor;
  readonly out: Tensor;
}
const weights = { before: filled(I, I), into: filled(K, S, I), out: filled(K, S, O) };
const net = ({ before, into, out }: Weights, x: Tensor, gates: Tensor) => {
  const plan = routing(gates);
  return { y: fromBlocks(toBlocks(matmul(x, before), into, plan), out, plan) };
};

test("open blocks count in the share of gates that isn't 0, over all batches; what is dense counts in full", () => {
  const first = gatesOf(1, 0, 0, 0, -2, 0, 0, 0, 0, 0, 0, 0.1);
  const second = gatesOf(1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  const batches = [first, second].map((gates) => [weights, filled(B, I), gates] as const);
  const account = accountOf({ f: net, batches: batches as never, size: B }, referenceBackend());
  expect(account.open).toEqual([0.25]);
  expect(account.dense).toBe(I * I + K * S * (I + O));
  expect(account.done).toBe(I * I + 0.25 * K * S * (I + O));
});

test.each([
  ["numbers", 3 / (B * I)],
  ["rows", 2 / B],
] as const)(
  "a product that skips %s counts in the share of those that aren't 0, in a loop over all its steps",
  (where, share) => {
    const spikes = NdArray.zeros([B, I]);
    for (const at of [0, 2, 3 * I]) spikes.data[at] = 1;
    const w = filled(I, I);
    const once = (w: Tensor, x: Tensor) => sparseMatmul(x, w, { where });
    const direct = accountOf({ f: once as never, batches: [[w, spikes]] as never, size: B }, referenceBackend());
    expect(direct).toEqual({ dense: I * I, done: expect.closeTo(share * I * I, 5), open: [expect.closeTo(share, 6)] });
    // Four steps, of which the first reads the spikes, and the others nothing.
    const loop = (w: Tensor, x: Tensor, none: Tensor) =>
      scan((x: Tensor) => ({ carry: none, y: sparseMatmul(x, w, { where }) }), x, [], { length: 4 }).ys;
    expect(
      accountOf(
        { f: loop as never, batches: [[w, spikes, NdArray.zeros([B, I])]] as never, size: B },
        referenceBackend(),
      ),
    ).toEqual({
      ...{ dense: 4 * I * I, done: expect.closeTo(share * I * I, 5), open: [expect.closeTo(share / 4, 6)] },
    });
  },
);

test("a net that skips nothing does all that it could", () => {
  const dense = (w: Tensor, x: Tensor) => matmul(x, w);
  const batches = [[filled(I, O), filled(B, I)]];
  expect(accountOf({ f: dense as never, batches: batches as never, size: B }, referenceBackend())).toEqual({
    ...{ dense: I * O, done: I * O, open: [] },
  });
});
