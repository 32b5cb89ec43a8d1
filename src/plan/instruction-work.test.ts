/** The work of instructions: the multiply-adds of the graph that they were planned from, and bytes that are counted by hand. */
import { describe, expect, test } from "vitest";
import { workOf as workOfGraph } from "../cost/work.ts";
import * as ops from "../graph/index.ts";
import { input, type Tensor } from "../graph/index.ts";
import { gatedBlocks } from "../layers/gated-blocks.ts";
import { together, type Work, workOf } from "./instruction-work.ts";
import { plan } from "./planner.ts";

const kernels = { kind: "native", gemmScratch: () => 0 } as const;
const float = (name: string, ...shape: number[]): Tensor => input(name, { shape, dtype: "float32" });
const nothing: Work = { multiplyAdds: 0, steps: 0, bytes: 0, footprint: 0, isAtMost: false };

function work(inputs: readonly Tensor[], outputs: readonly Tensor[]): Work {
  const named = inputs.map((tensor) => ({ name: String(tensor.id), tensor, resident: false }));
  const { instructions, origins } = plan({ inputs: named, outputs, updates: [] }, kernels);
  expect(origins).toHaveLength(instructions.length);
  return instructions.map(workOf).reduce(together, nothing);
}

const [x, w, v, h, xs] = [
  float("x", 6, 5),
  float("w", 5, 7),
  float("v", 7, 7),
  float("h", 6, 7),
  float("xs", 11, 6, 5),
];
const [image, kernel, gates] = [float("image", 2, 9, 8, 3), float("kernel", 3, 2, 3, 4), float("gates", 6, 4)];
const row = float("row", 7);
const layer = { weight: float("in", 4, 3, 5), bias: float("bias", 4, 3), out: float("out", 4, 3, 7) };
const loop = () =>
  ops.scan(
    (c: Tensor, row: Tensor) => {
      const next = ops.tanh(ops.matmul(row, w).add(ops.matmul(c, v)));
      return { carry: next, y: next };
    },
    h,
    xs,
  ).ys as Tensor;

describe("multiply-adds", () => {
  test.each<[string, readonly Tensor[], () => Tensor]>([
    ["a product with what follows it", [x, w], () => ops.rectifier(ops.matmul(x, w))],
    ["products of several matrices", [xs, w], () => ops.matmul(xs, ops.broadcastTo(w, [11, 5, 7]))],
    ["a convolution", [image, kernel], () => ops.conv2d(image, kernel, { padding: 1, stride: 2 })],
    ["blocks behind gates", [x, gates, ...Object.values(layer)], () => gatedBlocks(layer, x, gates)],
    ["a loop", [xs, h, w, v], loop],
  ])("of %s are those of the graph, and so are those of its gradients", (_, inputs, make) => {
    const result = make();
    const outputs = [result, ...ops.gradients(ops.sum(ops.square(result)), [...inputs])];
    for (const wanted of [[result], outputs]) {
      const { always, behind } = workOfGraph(wanted);
      const count = [...behind.values()].reduce((sum, n) => sum + n, always);
      expect(count).toBeGreaterThan(0);
      const found = work(inputs, wanted);
      expect(found.multiplyAdds).toBe(count);
      expect(found.isAtMost).toBe(behind.size > 0);
    }
  });
});

test("what follows the gradient of blocks' weights counts as steps, one for each weight", () => {
  const { weight } = layer;
  const [gradient] = ops.gradients(ops.sum(ops.square(gatedBlocks(layer, x, gates))), [weight]);
  const steps = (of: Tensor): number => work([x, gates, ...Object.values(layer)], [of]).steps;
  // A move, or a multiply-add and a square root.
  expect(steps(ops.sqrt(weight.sub(gradient!.mul(0.1)))) - steps(gradient!)).toBe(weight.size);
});

describe("bytes and steps", () => {
  test.each<[string, readonly Tensor[], () => Tensor, steps: number, elements: number]>([
    // x, w and the result; one step, the rectifier.
    ["a product with what follows it", [x, w], () => ops.rectifier(ops.matmul(x, w)), 42, 30 + 35 + 42],
    // A row of 7 is read once for all 6 rows.
    ["a sum with a row", [h, row], () => h.add(row).mul(2), 84, 42 + 7 + 42],
    ["a sum over rows", [h], () => ops.sum(h, 0), 0, 42 + 7],
    // The products of all rows with w; a copy of h; 11 steps that read h and those products, v once, and write h; a copy of all of them.
    ["a loop", [xs, h, w, v], loop, 462 + 42 + 2 * 462 + 462, 330 + 35 + 462 + 84 + (3 * 462 + 49) + 2 * 462],
  ])("of %s", (_, inputs, make, steps, elements) => {
    const found = work(inputs, [make()]);
    expect(found.steps).toBe(steps);
    expect(found.bytes).toBe(4 * elements);
  });
});

describe("a footprint", () => {
  const [state, other] = [float("state", 6, 7), float("other", 6, 7)];
  const footprint = (value: Tensor): Work => {
    const inputs = [state, other].map((tensor) => ({ name: String(tensor.id), tensor, resident: true }));
    const { instructions } = plan({ inputs, outputs: [], updates: [{ input: 0, value }] }, kernels);
    return instructions.map(workOf).reduce(together, nothing);
  };

  test("has an array once that is read and written in place, which is moved twice", () => {
    const found = footprint(state.mul(2).add(other));
    expect(found.bytes).toBe(4 * 3 * 42);
    expect(found.footprint).toBe(4 * 2 * 42);
  });

  test("is what is moved where all places differ", () => {
    const found = footprint(other.mul(2));
    expect(found.bytes).toBe(4 * 2 * 42);
    expect(found.footprint).toBe(found.bytes);
  });

  test("has the larger of two ranges that begin at the same place", () => {
    const at = { buffer: 3, offset: 8 };
    const sum = {
      kind: "reduce",
      how: "SUM",
      integer: false,
      outer: 2,
      length: 3,
      inner: 1,
      from: at,
      to: at,
    } as const;
    expect(workOf(sum)).toMatchObject({ bytes: 4 * (6 + 2), footprint: 4 * 6 });
    expect(workOf({ ...sum, to: { buffer: 3, offset: 9 } }).footprint).toBe(4 * (6 + 2));
  });
});
