import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as ops from "./index.ts";
import { ints, run, tensor } from "./testing/run.ts";
import { broadcasting } from "./testing/shapes.ts";

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
const e = Math.E;

const unary: [(x: ops.Tensor) => ops.Tensor, number[], number[]][] = [
  [ops.neg, [1, -2, 0, inf], [-1, 2, -0, -inf]],
  [ops.abs, [-3, 3, -0, -inf], [3, 3, 0, inf]],
  [ops.sign, [-3, 0, 0.1, -inf], [-1, 0, 1, -1]],
  [ops.exp, [0, 1, -inf, 800], [1, e, 0, inf]],
  [ops.log, [1, e, 0, -1], [0, 1, -inf, nan]],
  [ops.log1p, [0, e - 1, -1, 1e-20], [0, 1, -inf, 1e-20]],
  [ops.sqrt, [4, 0, -1, inf], [2, 0, nan, inf]],
  [ops.square, [-3, 0, 0.5, -inf], [9, 0, 0.25, inf]],
  [ops.reciprocal, [4, -0.5, 0, inf], [0.25, -2, inf, 0]],
  [ops.sigmoid, [0, Math.log(3), -800, 800], [0.5, 0.75, 0, 1]],
  [ops.tanh, [0, Math.log(2), -800, 800], [0, 0.6, -1, 1]],
  [ops.softplus, [0, Math.log(e - 1), -800, 800], [Math.log(2), 1, 0, 800]],
  [ops.rectifier, [-1, 0, 2, inf], [0, 0, 2, inf]],
  [ops.floor, [1.5, -1.5, 2, -inf], [1, -2, 2, -inf]],
  [ops.sin, [0, Math.PI / 6, Math.PI / 2], [0, 0.5, 1]],
  [ops.cos, [0, Math.PI / 3, Math.PI], [1, 0.5, -1]],
];

test.each(unary.map((row) => [row[0].name, ...row] as const))(
  "%s has known values, and NaN goes through",
  (_, f, values, expected) => {
    const found = run(f(tensor([...values, nan]))) as number[];
    expect(found).toEqual(
      [...expected, nan].map((value, i) => (Math.abs(value - found[i]!) < 2e-16 ? found[i] : value)),
    );
  },
);

test("sigmoid and softplus keep their relative precision in the tail", () => {
  expect(run(ops.sigmoid(tensor(-40)))).toBeCloseTo(Math.exp(-40), 30);
  expect(run(ops.softplus(tensor(-40)))).toBeCloseTo(Math.exp(-40), 30);
});

const binary: [(a: ops.Tensor, b: ops.Tensor) => ops.Tensor, [number, number, number][]][] = [
  [
    ops.add,
    [
      [1, 2, 3],
      [nan, 1, nan],
    ],
  ],
  [
    ops.sub,
    [
      [1, 2, -1],
      [nan, 1, nan],
    ],
  ],
  [
    ops.mul,
    [
      [3, 2, 6],
      [0, inf, nan],
    ],
  ],
  [
    ops.div,
    [
      [3, 2, 1.5],
      [1, 0, inf],
      [0, 0, nan],
    ],
  ],
  [
    ops.maximum,
    [
      [1, 2, 2],
      [2, 1, 2],
      [nan, 1, nan],
      [1, nan, nan],
    ],
  ],
  [
    ops.minimum,
    [
      [1, 2, 1],
      [2, 1, 1],
      [nan, 1, nan],
      [1, nan, nan],
    ],
  ],
  [
    ops.equal,
    [
      [1, 2, 0],
      [2, 2, 1],
      [nan, nan, 0],
    ],
  ],
  [
    ops.notEqual,
    [
      [1, 2, 1],
      [2, 2, 0],
      [nan, nan, 1],
    ],
  ],
  [
    ops.less,
    [
      [1, 2, 1],
      [2, 2, 0],
      [3, 2, 0],
      [nan, 1, 0],
    ],
  ],
  [
    ops.lessEqual,
    [
      [1, 2, 1],
      [2, 2, 1],
      [3, 2, 0],
      [nan, 1, 0],
    ],
  ],
  [
    ops.greater,
    [
      [1, 2, 0],
      [2, 2, 0],
      [3, 2, 1],
      [nan, 1, 0],
    ],
  ],
  [
    ops.greaterEqual,
    [
      [1, 2, 0],
      [2, 2, 1],
      [3, 2, 1],
      [nan, 1, 0],
    ],
  ],
];

test.each(binary.map((row) => [row[0].name, ...row] as const))(
  "%s has known values, and NaN goes through",
  (_, f, rows) => {
    const column = (k: number): ops.Tensor => tensor(rows.map((row) => row[k]!));
    expect(run(f(column(0), column(1)))).toEqual(rows.map((row) => row[2]));
  },
);

test("operands broadcast as if they had been repeated first", () => {
  fc.assert(
    fc.property(broadcasting(3), (shapes) => {
      const [a, b, c] = shapes.map((shape, k) => {
        const size = ops.sizeOf(shape);
        return ops.constant(
          ops.array(
            Float64Array.from({ length: size }, (_, i) => Math.sin(i + k)),
            { shape },
          ),
        );
      }) as [ops.Tensor, ops.Tensor, ops.Tensor];
      const found = ops.where(ops.greater(a, 0), ops.sub(a, b), ops.mul(c, b));
      const [a2, b2, c2] = [a, b, c].map((x) => ops.broadcastTo(x, found.shape)) as [
        ops.Tensor,
        ops.Tensor,
        ops.Tensor,
      ];
      expect(run(found)).toEqual(run(ops.where(ops.greater(a2, 0), ops.sub(a2, b2), ops.mul(c2, b2))));
    }),
    { seed: 3 },
  );
});

test("a number takes the other operand's dtype", () => {
  expect(ops.add(1, ints(2)).dtype).toBe("int32");
  expect(ops.add(tensor(2), 1).dtype).toBe("float64");
  expect(ops.add(1, 2).dtype).toBe("float32");
  expect(ops.where(tensor(1), 1, ints(2)).dtype).toBe("int32");
});

describe("int32", () => {
  test("arithmetic wraps modulo 2³²", () => {
    const [a, b] = [ints([2 ** 31 - 1, -(2 ** 31), 123456789]), ints([1, 1, 987654321])];
    expect(run(ops.add(a, b))).toEqual([-(2 ** 31), -(2 ** 31) + 1, 1111111110]);
    expect(run(ops.sub(a, b))).toEqual([2 ** 31 - 2, 2 ** 31 - 1, -864197532]);
    expect(run(ops.mul(a, b))).toEqual([2 ** 31 - 1, -(2 ** 31), Number((123456789n * 987654321n) & 0xffffffffn) | 0]);
    expect(run(ops.neg(a))).toEqual([-(2 ** 31) + 1, -(2 ** 31), -123456789]);
    expect(run(ops.abs(a))).toEqual([2 ** 31 - 1, -(2 ** 31), 123456789]);
  });

  test("compares into a float32 mask", () => {
    const mask = ops.less(ints([1, 2]), 2);
    expect(mask.dtype).toBe("float32");
    expect(run(ops.where(mask, ints([10, 20]), ints(7)))).toEqual([10, 7]);
    expect(ops.less(tensor(1), 2).dtype).toBe("float64");
  });
});

describe("where", () => {
  test("takes the first where the mask is not 0, NaN included", () => {
    expect(run(ops.where(tensor([1, 0, -2, -0, nan]), 1, tensor(2)))).toEqual([1, 2, 1, 2, 1]);
  });

  test("shields the gradient from what was not chosen", () => {
    const root = (x: ops.Tensor): ops.Tensor => ops.where(ops.greater(x, 0), ops.sqrt(ops.maximum(x, 1e-300)), 0).sum();
    expect(run(ops.grad(root)(tensor([4, -1])))).toEqual([0.25, 0]);
  });
});

describe("cast", () => {
  test("to int32 truncates towards 0, saturates, and gives 0 for NaN", () => {
    expect(run(ops.cast(tensor([1.9, -1.9, 3e9, -3e9, inf, nan, -0.5]), "int32"))).toEqual([
      1, -1, 2147483647, -2147483648, 2147483647, 0, 0,
    ]);
  });

  test("to float32 rounds", () => {
    expect(run(ops.cast(tensor(0.1), "float32"))).toBe(Math.fround(0.1));
  });

  test("passes gradient between floats and stops it at integers", () => {
    const through = (dtype: ops.DType) =>
      ops.grad((x: ops.Tensor) => ops.mul(ops.cast(ops.cast(x, dtype), "float64"), 3).sum())(tensor([1, 2]));
    expect(run(through("float32"))).toEqual([3, 3]);
    expect(run(through("int32"))).toEqual([0, 0]);
  });
});

describe("at a kink", () => {
  const slopes = (f: (x: ops.Tensor) => ops.Tensor, at: number): unknown =>
    run(ops.grad((x: ops.Tensor) => f(x).sum())(tensor(at)));

  test("|x| and max(x, 0) have slope 0", () => {
    expect([slopes(ops.abs, 0), slopes(ops.rectifier, 0)]).toEqual([0, 0]);
  });

  test("maximum, minimum and clip give each side half", () => {
    expect(slopes((x) => ops.maximum(x, 1), 1)).toBe(0.5);
    expect(slopes((x) => ops.minimum(1, x), 1)).toBe(0.5);
    expect(slopes((x) => ops.maximum(x, x), 1)).toBe(1);
    expect([-2, -1, 0, 1, 2].map((at) => slopes((x) => ops.clip(x, -1, 1), at))).toEqual([0, 0.5, 1, 0.5, 0]);
  });

  test("sign, floor and comparisons pass nothing", () => {
    for (const f of [ops.sign, ops.floor, (x: ops.Tensor) => ops.less(x, 1)]) expect(slopes(f, 0.5)).toBe(0);
  });
});
