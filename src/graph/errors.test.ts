import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ShapeError } from "../errors.ts";
import * as ops from "./index.ts";
import { ints, tensor } from "./testing/run.ts";

const of = (...shape: number[]): ops.Tensor => ops.constant(ops.NdArray.zeros(shape));
const sourceLines = readFileSync(new URL(import.meta.url), "utf8").split("\n");

/** The rule each call breaks, and the call: it must be named at the line that the message ends with. */
const broken: [message: string, call: () => unknown][] = [
  [
    "add: shapes must be equal or 1 along each axis counted from the right, received [2, 3] and [2]",
    () => ops.add(of(2, 3), of(2)),
  ],
  ["sub: operands must have one dtype, received float32[1] and int32[1]", () => ops.sub(of(1), ints([1]))],
  ["mul: operands must have one dtype, received float32[1] and float64[1]", () => ops.mul(of(1), tensor([1]))],
  ["div: needs floating-point operands, received int32[1] and int32[]", () => ops.div(ints([1]), 2)],
  ["maximum: shapes must be equal or 1", () => ops.maximum(of(4), of(3))],
  ["minimum: shapes must be equal or 1", () => ops.minimum(of(4), of(3))],
  ["equal: operands must have one dtype", () => ops.equal(of(4), ints(3))],
  ["exp: needs floating-point operands, received int32[2]", () => ops.exp(ints([1, 2]))],
  ["sigmoid: needs floating-point operands, received int32[]", () => ops.sigmoid(ints(1))],
  [
    "where: the mask must be floating-point, as comparisons give it, received int32[1]",
    () => ops.where(ints([1]), 1, 2),
  ],
  ["where: operands must have one dtype, received float32[1] and int32[1]", () => ops.where(of(1), of(1), ints([1]))],
  ["where: shapes must be equal or 1", () => ops.where(of(2), of(3), 0)],
  ["sum: an axis of shape [2, 3] must be a whole number from -2 to 1, received 2", () => ops.sum(of(2, 3), 2)],
  ["sum: axes must be different, received [0, 0]", () => ops.sum(of(2, 3), [0, -2])],
  ["mean: an axis of shape [2] must be a whole number", () => ops.mean(of(2), 0.5)],
  ["mean: needs floating-point numbers, received int32[2]", () => ops.mean(ints([1, 2]))],
  ["max: the axes to reduce must have elements, received shape [0]", () => ops.max(of(0))],
  ["min: an axis of shape [2] must be a whole number from -1 to 0", () => ops.min(of(2), -2)],
  ["argmax: the axes to reduce must have elements, received shape [2, 0]", () => ops.argmax(of(2, 0))],
  ["kthLargest: needs floats [..., n], received int32[2]", () => ops.kthLargest(ints([1, 2]), 1)],
  ["kthLargest: needs floats [..., n], received float32[]", () => ops.kthLargest(of(), 1)],
  ["kthLargest: k must be a whole number from 1 to 3, the row's length, received 4", () => ops.kthLargest(of(2, 3), 4)],
  ["kthLargest: k must be a whole number from 1 to 3, the row's length, received 0", () => ops.kthLargest(of(2, 3), 0)],
  ["softmax: a scalar has no axes, received axis -1", () => ops.softmax(of())],
  ["logSoftmax: an axis of shape [2]", () => ops.logSoftmax(of(2), 1)],
  ["matmul: operands need at least two axes, received [3] and [3, 2]", () => ops.matmul(of(3), of(3, 2))],
  [
    "matmul: the last axis of the first must equal the last but one of the second, received [2, 3] and [2, 3]",
    () => ops.matmul(of(2, 3), of(2, 3)),
  ],
  ["matmul: shapes must be equal or 1", () => ops.matmul(of(2, 1, 1), of(3, 1, 1))],
  ["matmul: needs floating-point operands, received int32[1, 1]", () => ops.matmul(ints([[1]]), ints([[1]]))],
  ["reshape: the number of elements must stay, received [2, 3] (6) to [4]", () => ops.reshape(of(2, 3), [4])],
  ["reshape: 6 elements of [2, 3] don't fill [4, -1] whatever -1 stands for", () => ops.reshape(of(2, 3), [4, -1])],
  ["reshape: 0 elements of [0] don't fill [-1, 0] whatever", () => ops.reshape(of(0), [-1, 0])],
  ["reshape: the shape must be an array of whole numbers from 0", () => ops.reshape(of(2, 3), [-1, -1])],
  ["broadcastTo: [2] does not broadcast to [1]", () => ops.broadcastTo(of(2), [1])],
  ["expandDims: an axis of shape", () => ops.expandDims(of(2), 2)],
  ["transpose: needs at least two axes, received [2]", () => ops.transpose(of(2))],
  ["transpose: the order must name each axis of [2, 3] once, received [0, 0]", () => ops.transpose(of(2, 3), [0, 0])],
  ["slice: shape [2] has 1 axes, received ends for 2", () => ops.slice(of(2), [0, 0])],
  [
    "slice: the ends along axis 0 of shape [2] must be whole numbers from -2 to 2, received -3",
    () => ops.slice(of(2), -3),
  ],
  ["slice: must stop at or after its start, received 2 to 1 along axis 0 of shape [3]", () => ops.slice(of(3), 2, 1)],
  ["pad: before must be an array of whole numbers from 0, received [-1]", () => ops.pad(of(2), [-1], [0])],
  [
    "pad: needs a whole number from 0 for each axis of [2], received [1, 1] before and [0] after",
    () => ops.pad(of(2), [1, 1], [0]),
  ],
  ["concat: needs at least one tensor, received none", () => ops.concat([])],
  ["concat: shapes must be equal except along axis 0, received [1, 2], [1, 3]", () => ops.concat([of(1, 2), of(1, 3)])],
  ["concat: operands must have one dtype", () => ops.concat([of(1), ints([1])])],
  ["stack: needs at least one tensor, received none", () => ops.stack([])],
  [
    "gather: needs a table [rows, ...] and an int32 index, received float32[2] and float32[]",
    () => ops.gather(of(2), of()),
  ],
  [
    "scatterAdd: needs update [...index, ...inner] and a number of rows, received float32[3], int32[2] and 4",
    () => ops.scatterAdd(of(3), ints([0, 1]), 4),
  ],
  ["scatterAdd: needs a floating-point update and an int32 index", () => ops.scatterAdd(ints([1]), ints([0]), 4)],
  ["oneHot: labels must be int32, received float32[2]", () => ops.oneHot(of(2), 3)],
  [
    "crossEntropy: needs logits [..., C] and int32 labels [...], received float32[2, 3] and int32[3]",
    () => ops.crossEntropy(of(2, 3), ints([0, 1, 2])),
  ],
  ["bernoulliNll: logits and targets must have one shape, received [2] and [3]", () => ops.bernoulliNll(of(2), of(3))],
  ["outer: needs examples [B] and units [B, ...], received [2] and [3, 2]", () => ops.outer(of(2), of(3, 2))],
  ["uniform: a key's bits are int32[2], received float32[2]", () => ops.uniform(of(2), [1])],
  ["uniform: the shape must be an array of whole numbers from 0, received [-1]", () => ops.uniform(ints([1, 2]), [-1])],
  ["normal: draws are floating-point, received int32", () => ops.normal(ints([1, 2]), [1], { dtype: "int32" })],
  [
    "foldKey: needs an int32 scalar or a list of them to fold in, received float32[]",
    () => ops.foldKey(ints([1, 2]), of()),
  ],
  ["copyGradient: value and target must have one shape, received [2] and [3]", () => ops.copyGradient(of(2), of(3))],
  [
    "attachGradient: needs loss [B], a [B, ...] and g of a's shape, received [2], [2, 3], [2]",
    () => ops.attachGradient(of(2), of(2, 3), of(2)),
  ],
  [
    "grad: needs a scalar to differentiate, received float32[2]: take its sum or mean",
    () => ops.grad((x: ops.Tensor) => x)(of(2)),
  ],
  ["grad: needs a floating-point scalar, received int32[]", () => ops.gradients(ints(1), [])],
  ["grad: cannot differentiate with respect to int32[]", () => ops.gradients(of(), [ints(1)])],
];

test.each(broken)("%s", (message, call) => {
  let error: unknown;
  try {
    call();
  } catch (e) {
    error = e;
  }
  expect(error).toBeInstanceOf(ShapeError);
  const [first, second, ...more] = (error as Error).message.split("\n");
  expect(first).toContain(message);
  expect(more).toEqual([]);
  const [, file, line] = /([\w.-]+\.ts):(\d+):\d+\)?$/.exec(second!) ?? [];
  expect(file).toBe("errors.test.ts");
  expect(sourceLines[Number(line) - 1]).toContain(`ops.${message.split(":")[0]}`);
});

describe("a derivative of the wrong shape is named with its op", () => {
  test("in customGradient", () => {
    const x = of(3);
    expect(() => ops.gradients(ops.customGradient(of(2), [x], (g) => [g]).sum(), [x])).toThrow(
      "customGradient: the gradient of input 0 must have its shape [3], received [2]",
    );
  });

  test("in an op of the user's own", () => {
    const half: ops.Op = {
      name: "half",
      spec: ([x]) => x!,
      derivative: (_, g) => [g.sum()],
      reference() {},
    };
    const x = of(3);
    expect(() => ops.gradients(ops.apply(half, [x], undefined).sum(), [x])).toThrow(
      "half: its derivative with respect to input 0 must be float32[3] as that input is, received float32[]",
    );
  });
});

describe("the user's line", () => {
  test("is given once, also by an op that adds it itself", () => {
    const picky: ops.Op = {
      name: "picky",
      spec() {
        throw ops.shapeError("picky: refuses");
      },
      reference() {},
    };
    expect(() => ops.apply(picky, [], undefined)).toThrow(/^picky: refuses\n.*$/);
  });

  test("is found through the library's own callbacks and the engine's", () => {
    // Array.map stands between the rule and the library's own frames here.
    const call = (): unknown => ops.mapTree<ops.Tensor, ops.Tensor>([of(2)], (x) => x.add(of(3)));
    expect(call).toThrow(/errors\.test\.ts:\d+:\d+\)?$/);
    expect(call).not.toThrow(/Array\.map/);
  });
});
