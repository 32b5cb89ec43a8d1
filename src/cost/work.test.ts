import { expect, test } from "vitest";
import {
  add,
  crossEntropy,
  fromBlocks,
  input,
  matmul,
  mean,
  mul,
  routing,
  scan,
  stopGradient,
  type Tensor,
  toBlocks,
  valueAndGrad,
} from "../graph/index.ts";
import { gaterFor } from "../layers/gaters/index.ts";
import { mlp } from "../models/mlp.ts";
import { key } from "../random/index.ts";
import { denseWork, workDone, workOf } from "./work.ts";

const [B, I, H, C] = [8, 20, 30, 10];
const f32 = (name: string, ...shape: number[]): Tensor => input(name, { shape, dtype: "float32" });

test("a dense net's training step is three products a layer, but for the first layer, whose input needs no gradient", () => {
  const params = { w: f32("w", I, H), v: f32("v", H, C) };
  const [x, labels] = [f32("x", B, I), input("labels", { shape: [B], dtype: "int32" })];
  const [loss, grads] = valueAndGrad(({ w, v }: typeof params) =>
    mean(crossEntropy(matmul(matmul(x, w).tanh(), v), labels)),
  )(params);
  expect(denseWork(workOf([loss]))).toBe(B * (I * H + H * C));
  expect(denseWork(workOf([loss, grads.w, grads.v]))).toBe(B * (2 * I * H + 3 * H * C));
  expect(denseWork(workOf([loss, grads.v]))).toBe(B * (I * H + 2 * H * C));
});

test("a product that is written down twice is counted once, one of other numbers again", () => {
  const [x, w] = [f32("x", B, I), f32("w", I, H)];
  const once = B * I * H;
  expect(denseWork(workOf([add(matmul(x, w), matmul(x, w))]))).toBe(once);
  expect(denseWork(workOf([add(matmul(x, mul(w, 2)), matmul(x, mul(w, 2)))]))).toBe(once);
  expect(denseWork(workOf([add(matmul(x, mul(w, 2)), matmul(x, mul(w, 3)))]))).toBe(2 * once);
  expect(denseWork(workOf([add(matmul(x, w), matmul(x, f32("w", I, H)))]))).toBe(2 * once);
});

test("a product over many matrices counts each of them", () => {
  expect(denseWork(workOf([matmul(f32("x", 5, B, I), f32("w", I, H))]))).toBe(5 * B * I * H);
});

test("the way down a tree counts the nodes on it, its leaves' scores all nodes", () => {
  const gater = gaterFor({ name: "tree", trees: 2 }, { input: I, blocks: 32 });
  const [x, params] = [f32("x", B, I), [{ weight: f32("weight", 30, I), bias: f32("bias", 30) }]];
  expect(denseWork(workOf([gater.decision!.gates(params, x)]))).toBe(B * gater.decision!.multiplyAdds);
  expect(denseWork(workOf([gater.scores(params, x)]))).toBe(B * gater.multiplyAdds);
});

test("nothing is behind gates in a net without them, whatever share of gates is open", () => {
  const model = mlp({ input: I, hidden: [{ units: H, estimator: "rectifier" }], classes: C });
  const params = model.layers.map(({ parameters }) =>
    Object.fromEntries(parameters.map(({ name, shape }) => [name, f32(name, ...shape)])),
  );
  const work = workOf([model.output(params, f32("x", B, I), "deterministic", key(0))]);
  expect(work.behind.size).toBe(0);
  const forward = model.layers.reduce((sum, { multiplyAdds }) => sum + multiplyAdds, 0);
  expect(workDone(work, () => 0)).toBe(B * forward);
});

test("blocks behind gates count in the share that is open: forward both sides, backward twice each, the input's gradient left out", () => {
  const [K, S] = [6, 4];
  const m = { into: f32("w", K, S, I), out: f32("v", K, S, C) };
  const [x, gates] = [f32("x", B, I), f32("gates", B, K)];
  const [loss, grads] = valueAndGrad(({ into, out }: typeof m) => {
    const plan = routing(gates);
    return mean(fromBlocks(toBlocks(x, into, plan).tanh(), out, plan));
  })(m);
  const work = workOf([loss, grads.into, grads.out]);
  const all = B * K * S * (2 * I + 3 * C);
  expect([work.always, [...work.behind]]).toEqual([0, [[gates, all]]]);
  expect(denseWork(work)).toBe(all);
  expect(workDone(work, () => 0.1)).toBeCloseTo(0.1 * all, 8);
});

test("each gates' blocks have a share of their own; gates of equal value are one, whatever gradient they carry", () => {
  const [K, S] = [6, 4];
  const [first, second] = [f32("first", B, K), f32("second", B, K)];
  const [x, w, v] = [f32("x", B, I), f32("w", K, S, I), f32("v", K, S, C)];
  const through = (gates: Tensor) => fromBlocks(toBlocks(x, w, routing(gates)), v, routing(stopGradient(gates)));
  const work = workOf([matmul(x, f32("u", I, H)), add(through(first), through(second))]);
  const each = B * K * S * (I + C);
  expect([...work.behind.values()]).toEqual([each, each]);
  expect(workDone(work, (gates) => (gates === first ? 0.5 : 0))).toBe(B * I * H + each / 2);
});

test("a loop's steps are counted each, and its gradient computes none of them a second time", () => {
  const steps = 5;
  const [start, xs, w] = [f32("start", B, H), f32("xs", steps, B, H), f32("w", H, H)];
  const loss = (v: Tensor): Tensor =>
    mean(scan((h: Tensor, x: Tensor) => ({ carry: matmul(h, v).add(x).tanh(), y: {} }), start, xs).carry);
  const [value, grad] = valueAndGrad(loss)(w);
  const once = B * H * H;
  expect(denseWork(workOf([value]))).toBe(steps * once);
  // Every step passes gradient on, the first to where the loop began; the weights' is one product over all steps.
  expect(denseWork(workOf([value, grad]))).toBe(3 * steps * once);
});

test("gates within a loop count at each step", () => {
  const [S, K, D] = [3, 4, 6];
  const [start, xs, m, back] = [f32("start", B, D), f32("xs", 2, B, K), f32("m", K, S, D), f32("back", K, S, D)];
  const { carry } = scan(
    (h: Tensor, gates: Tensor) => {
      const open = routing(gates);
      return { carry: fromBlocks(toBlocks(h, m, open), back, open), y: {} };
    },
    start,
    xs,
  );
  const work = workOf([carry]);
  expect(work.always).toBe(0);
  expect([...work.behind.values()]).toEqual([2 * 2 * B * K * S * D]);
});
