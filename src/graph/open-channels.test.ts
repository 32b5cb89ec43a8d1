import { expect, test } from "vitest";
import { denseWork, workOf } from "../cost/work.ts";
import { constant, conv2d, evaluate, gradients, NdArray, type Shape, sizeOf, sum } from "./index.ts";

const numbers = (shape: Shape, phase = 0): NdArray =>
  new NdArray(
    Float64Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(phase + 1.7 * i)),
    shape,
  );
const [B, C, N] = [3, 4, 6] as const;
const x = constant(numbers([B, 5, 5, C], 1));
const w = constant(numbers([3, 3, C, N], 2));
const gates = (...rows: readonly (readonly number[])[]) =>
  constant(new NdArray(Float64Array.from(rows.flat()), [rows.length, rows[0]!.length]));
const features = gates([1, 0, 1], [0, -0, 0], [Number.NaN, 0.5, 0]);
const channels = gates([0, 1], [1, 1], [0, 0]);

test("closed features are 0, and open ones those of the convolution of open channels", () => {
  const [plain, open] = evaluate([conv2d(x, w), conv2d(x, w, { open: { features } })]);
  const isOpen = [true, false, true, false, false, false, true, true, false];
  open!.data.forEach((y, i) => {
    const group = Math.floor(i / (9 * N)) * 3 + Math.floor((i % N) / 2);
    expect(y).toBe(isOpen[group] ? plain!.data[i] : 0);
  });
  const [both] = evaluate([conv2d(x, w, { open: { features, channels } })]);
  expect([...both!.data.subarray(2 * 9 * N)].every((y) => y === 0)).toBe(true);
  expect(both!.data[0]).not.toBe(open!.data[0]);
});

test("gates get no gradient by closing groups", () => {
  const y = sum(conv2d(x, w, { open: { features, channels } }));
  const [dFeatures, dChannels] = evaluate(gradients(y, [features, channels]));
  expect([...dFeatures!.data, ...dChannels!.data].every((g) => g === 0)).toBe(true);
});

test("work is counted by the gates that it lies behind", () => {
  const all = B * 9 * 9 * C * N;
  for (const [open, share] of [
    [{ features }, 4 / 9],
    [{ channels }, 3 / 6],
    [{ features, channels }, (2 * 1 + 0 + 0) / (B * 3 * 2)],
  ] as const) {
    const work = workOf([conv2d(x, w, { open })]);
    expect([work.always, denseWork(work)]).toEqual([0, all]);
    const [[counted] = []] = [work.behind];
    const [values] = evaluate([counted![0]]);
    expect(values!.data.filter((gate) => gate !== 0).length / values!.data.length).toBeCloseTo(share, 12);
  }
});

test("gates that don't fit are refused by name", () => {
  const call =
    (open: object, options = {}) =>
    () =>
      conv2d(x, w, { ...options, open });
  expect(call({ features }, { groups: 2 })).toThrow("the weights must be");
  expect(() => conv2d(x, constant(numbers([3, 3, 2, N])), { groups: 2, open: { features } })).toThrow(
    "conv2d: with open, groups must be 1, received 2",
  );
  expect(call({ features: gates([1, 0, 1]) })).toThrow(
    "conv2d: open.features must be floating-point gates [3, groups of features], received float64[1, 3]",
  );
  expect(call({ channels: features })).toThrow(
    "conv2d: open.channels must have one gate for each of some equal groups of the 4 channels, received 3 gates",
  );
  expect(call({ feature: features })).toThrow(
    "conv2d: open: the options are features, channels (did you mean features?), received feature",
  );
  expect(call({ features: null })).toThrow(/^conv2d: open: the operand must be a tensor, received null/);
});
