import { describe, expect, test } from "vitest";
import * as ops from "./index.ts";
import { ints, run, tensor } from "./testing/run.ts";

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

describe("softmax and logSoftmax", () => {
  test("of logarithms are the normalised numbers", () => {
    const x = ops.log(tensor([[1, 2, 5]]));
    for (const [i, p] of [1 / 8, 2 / 8, 5 / 8].entries()) {
      expect((run(ops.softmax(x)) as number[][])[0]![i]).toBeCloseTo(p, 15);
      expect((run(ops.logSoftmax(x)) as number[][])[0]![i]).toBeCloseTo(Math.log(p), 14);
    }
  });

  test("do not overflow", () => {
    const x = tensor([1e4, 0, -1e4, 1e4]);
    expect(run(ops.softmax(x))).toEqual([0.5, 0, 0, 0.5]);
    expect(run(ops.logSoftmax(x))).toEqual([-Math.LN2, -1e4 - Math.LN2, -2e4 - Math.LN2, -Math.LN2]);
  });
});

describe("crossEntropy", () => {
  test("is −log of the label's probability, for any leading axes", () => {
    const logits = ops.log(
      tensor([
        [1, 3],
        [3, 1],
        [2, 2],
      ]),
    );
    const [a, b, c] = run(ops.crossEntropy(logits, ints([0, 0, 1]))) as number[];
    expect(a).toBeCloseTo(Math.log(4), 14);
    expect(b).toBeCloseTo(Math.log(4 / 3), 14);
    expect(c).toBeCloseTo(Math.LN2, 14);
    expect(run(ops.crossEntropy(tensor([0, 0]), ints(1)))).toBeCloseTo(Math.LN2, 14);
    expect(ops.crossEntropy(ops.constant(ops.NdArray.zeros([0, 3])), ints([])).shape).toEqual([0]);
  });

  test.each(["float32", "float64"] as const)("and its gradient stay finite at ±1e4 in %s", (dtype) => {
    const logits = tensor(
      [
        [1e4, -1e4, 0],
        [-1e4, 1e4, 0],
      ],
      dtype,
    );
    expect(run(ops.crossEntropy(logits, ints([0, 0])).add(0))).toEqual([0, 2e4]);
    const gradient = ops.grad((x: ops.Tensor) => ops.crossEntropy(x, ints([0, 0])).sum())(logits);
    expect(run(gradient)).toEqual([
      [0, 0, 0],
      [-1, 1, 0],
    ]);
  });

  test("of a class that is impossible elsewhere than at the label is finite", () => {
    expect(run(ops.crossEntropy(tensor([0, -inf]), ints(0)))).toBeCloseTo(0);
    expect(run(ops.crossEntropy(tensor([0, -inf]), ints(1)))).toBe(inf);
  });

  test("of a label that is no class is NaN", () => {
    expect(
      run(
        ops.crossEntropy(
          tensor([
            [0, 0],
            [0, 0],
            [0, 0],
          ]),
          ints([-1, 2, 1]),
        ),
      ),
    ).toEqual([nan, nan, Math.LN2]);
  });
});

test("bernoulliNll is −log of the target's probability, also where it saturates", () => {
  const a = Math.log(3); // σ(a) = ¾
  const found = run(ops.bernoulliNll(tensor([a, a, a, 1e4, -1e4]), tensor([1, 0, 0.5, 0, 0]))) as number[];
  const expected = [Math.log(4 / 3), Math.log(4), 0.5 * (Math.log(4 / 3) + Math.log(4)), 1e4, 0];
  for (const [i, value] of expected.entries()) expect(found[i]).toBeCloseTo(value, 14);
});
