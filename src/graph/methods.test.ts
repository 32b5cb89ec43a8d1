import { expect, test } from "vitest";
import * as ops from "./index.ts";
import { ints, run, tensor } from "./testing/run.ts";

const a = tensor([[0.5, 1.5], [2.5, 0.25]]); // biome-ignore format: a matrix
const b = tensor([[1, 1.5], [2, 4]]); // biome-ignore format: a matrix

/** Each method beside the function it stands for. */
const pairs: Record<keyof ops.Methods, [method: () => ops.Tensor, f: () => ops.Tensor]> = {
  add: [() => a.add(b), () => ops.add(a, b)],
  sub: [() => a.sub(b), () => ops.sub(a, b)],
  mul: [() => a.mul(2), () => ops.mul(a, 2)],
  div: [() => a.div(b), () => ops.div(a, b)],
  maximum: [() => a.maximum(1), () => ops.maximum(a, 1)],
  minimum: [() => a.minimum(b), () => ops.minimum(a, b)],
  equal: [() => a.equal(b), () => ops.equal(a, b)],
  notEqual: [() => a.notEqual(b), () => ops.notEqual(a, b)],
  less: [() => a.less(b), () => ops.less(a, b)],
  lessEqual: [() => a.lessEqual(b), () => ops.lessEqual(a, b)],
  greater: [() => a.greater(b), () => ops.greater(a, b)],
  greaterEqual: [() => a.greaterEqual(b), () => ops.greaterEqual(a, b)],
  neg: [() => a.neg(), () => ops.neg(a)],
  abs: [() => a.neg().abs(), () => ops.abs(ops.neg(a))],
  sign: [() => a.neg().sign(), () => ops.sign(ops.neg(a))],
  exp: [() => a.exp(), () => ops.exp(a)],
  log: [() => a.log(), () => ops.log(a)],
  log1p: [() => a.log1p(), () => ops.log1p(a)],
  sqrt: [() => a.sqrt(), () => ops.sqrt(a)],
  square: [() => a.square(), () => ops.square(a)],
  sin: [() => a.sin(), () => ops.sin(a)],
  cos: [() => a.cos(), () => ops.cos(a)],
  sigmoid: [() => a.sigmoid(), () => ops.sigmoid(a)],
  tanh: [() => a.tanh(), () => ops.tanh(a)],
  softplus: [() => a.softplus(), () => ops.softplus(a)],
  rectifier: [() => a.sub(1).rectifier(), () => ops.rectifier(ops.sub(a, 1))],
  floor: [() => a.floor(), () => ops.floor(a)],
  clip: [() => a.clip(1, 2), () => ops.clip(a, 1, 2)],
  sum: [() => a.sum(0, { keep: true }), () => ops.sum(a, 0, { keep: true })],
  mean: [() => a.mean(1), () => ops.mean(a, 1)],
  variance: [() => a.variance(1), () => ops.variance(a, 1)],
  max: [() => a.max(0), () => ops.max(a, 0)],
  min: [() => a.min(), () => ops.min(a)],
  argmax: [() => a.argmax(0), () => ops.argmax(a, 0)],
  softmax: [() => a.softmax(0), () => ops.softmax(a, 0)],
  logSoftmax: [() => a.logSoftmax(), () => ops.logSoftmax(a)],
  matmul: [() => a.matmul(b), () => ops.matmul(a, b)],
  reshape: [() => a.reshape([4]), () => ops.reshape(a, [4])],
  broadcastTo: [() => a.broadcastTo([1, 2, 2]), () => ops.broadcastTo(a, [1, 2, 2])],
  expandDims: [() => a.expandDims(1), () => ops.expandDims(a, 1)],
  transpose: [() => a.transpose(), () => ops.transpose(a)],
  slice: [() => a.slice(0, 1), () => ops.slice(a, 0, 1)],
  cast: [() => a.cast("int32"), () => ops.cast(a, "int32")],
  stopGradient: [() => a.stopGradient(), () => ops.stopGradient(a)],
};

test.each(Object.entries(pairs))("%s is its function", (_, [method, f]) => {
  const [x, y] = [method(), f()];
  expect([x.op, x.attrs, x.shape, x.dtype]).toEqual([y.op, y.attrs, y.shape, y.dtype]);
  expect(run(x)).toEqual(run(y));
});

test("every method of a tensor is in the table", () => {
  const getters = ["rank", "size", "outputs", "isMadeWith", "constructor", "toString", "toJSON"];
  const found = Object.getOwnPropertyNames(ops.Tensor.prototype).filter((name) => !getters.includes(name));
  expect(found.sort()).toEqual(Object.keys(pairs).sort());
});

test("methods stay out of a loop over a tensor's own properties", () => {
  const names = [];
  for (const name in ints(1)) names.push(name);
  expect(names.sort()).toEqual(["attrs", "dtype", "id", "inputs", "op", "shape"]);
});
