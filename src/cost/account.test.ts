import { expect, test } from "vitest";
import { referenceBackend } from "../backends/reference/reference.ts";
import { fromBlocks, matmul, NdArray, routing, type Tensor, toBlocks } from "../graph/index.ts";
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

test("a net that skips nothing does all that it could", () => {
  const dense = (w: Tensor, x: Tensor) => matmul(x, w);
  const batches = [[filled(I, O), filled(B, I)]];
  expect(accountOf({ f: dense as never, batches: batches as never, size: B }, referenceBackend())).toEqual({
    ...{ dense: I * O, done: I * O, open: [] },
  });
});
