import { expect, test } from "vitest";
import {
  add,
  constant,
  evaluate,
  gradients,
  matmul,
  mul,
  NdArray,
  needed,
  rectifier,
  type Shape,
  sizeOf,
  sub,
  sum,
  type Tensor,
} from "../graph/index.ts";
import { gatedBlocks } from "./gated-blocks.ts";
import { byUnit, byUnitShapes, scoresByUnit } from "./scores.ts";

const numbers = (shape: Shape, phase: number): NdArray =>
  new NdArray(
    Float64Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(phase + 1.7 * i + 0.31 * i * i)),
    shape,
  );
const [B, D, K] = [5, 3, 6] as const;
const drawn = { weight: new NdArray(Float32Array.from(numbers([D, K], 1).data), [D, K]), bias: NdArray.zeros([K]) };

test("weights by unit are the same weights", () => {
  const { weight, bias } = byUnit(drawn);
  expect([weight.shape, bias.shape]).toEqual(byUnitShapes(D, K).map(({ shape }) => shape));
  for (let k = 0; k < K; k++)
    for (let d = 0; d < D; d++) expect(weight.data[k * D + d]).toBe(drawn.weight.data[d * K + k]);
});

/** Scores, and gradients with respect to what they are made of, of a loss that reads them. */
function pass(loss: (a: Tensor) => Tensor) {
  const h = constant(numbers([B, D], 2));
  const bias = constant(numbers([K], 4));
  const [matrix, rows] = [numbers([D, K], 3), new Float64Array(D * K)];
  for (let k = 0; k < K; k++) for (let d = 0; d < D; d++) rows[k * D + d] = matrix.data[d * K + k]!;
  const [plain, weight] = [constant(matrix), constant(new NdArray(rows, [K, 1, D]))];
  const [a, expected] = [scoresByUnit({ weight, bias }, h), add(matmul(h, plain), bias)];
  const found = gradients(loss(a), [h, weight, bias]);
  const wanted = gradients(loss(expected), [h, plain, bias]);
  const values = evaluate([a, ...found, expected, ...wanted]);
  const turned = new NdArray(
    Float64Array.from({ length: D * K }, (_, i) => values[2]!.data[(i % K) * D + Math.floor(i / K)]!),
    [D, K],
  );
  return { found: [values[0]!, values[1]!, turned, values[3]!], expected: values.slice(4), graph: needed(found) };
}

const blocks = {
  weight: constant(numbers([K, 1, 2], 5)),
  bias: constant(numbers([K, 1], 6)),
  out: constant(numbers([K, 1, 4], 7)),
};
const x = constant(numbers([B, 2], 8));
/** Gates that rectify, in front of blocks. */
const behindGates = (a: Tensor): Tensor => {
  const gates = rectifier(sub(a, 0.2));
  return add(sum(gatedBlocks(blocks, x, gates)), mul(sum(gates), 0.1));
};

test.each([
  ["through open gates alone", behindGates, true],
  ["to every score", (a: Tensor) => add(behindGates(a), sum(mul(a, constant(numbers([B, K], 9))))), false],
  ["without gates", (a: Tensor) => sum(mul(a, a)), false],
])("gradient that comes %s is that of the affine map", (_, loss, skips) => {
  const { found, expected, graph } = pass(loss);
  found.forEach((values, i) => {
    expect(values.shape).toEqual(expected[i]!.shape);
    values.data.forEach((value, j) => expect(value).toBeCloseTo(expected[i]!.data[j]!, 12));
  });
  const ofRows = graph.filter(({ op, shape }) => op.name === "blocksGradient" && shape[2] === D);
  expect(ofRows).toHaveLength(skips ? 1 : 0);
  const isOpen = expected[0]!.data.map((a) => Number(a > 0.2));
  expect(isOpen.some(Boolean) && !isOpen.every(Boolean)).toBe(true);
});
