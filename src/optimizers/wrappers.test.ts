import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { constant, type Tensor, type Tree } from "../graph/index.ts";
import { clipNorm, clipValue } from "./clip.ts";
import { decoupledDecay, l2 } from "./decay.ts";
import { updateFor } from "./index.ts";
import { maxNorm } from "./max-norm.ts";
import { momentum } from "./momentum.ts";
import { sgd } from "./sgd.ts";
import { float64, trajectory } from "./testing.ts";

const start = {
  bias: float64([1, -1]),
  weight: float64([
    [3, 0.1],
    [4, 0.2],
  ]),
};
const gradient = {
  bias: float64([3, 0]),
  weight: float64([
    [0, 4],
    [-12, 0],
  ]),
};
const norm = 13;
const gradients = (): Tree<Tensor> => ({ bias: constant(gradient.bias), weight: constant(gradient.weight) });
const step = (optimizer: ReturnType<typeof sgd>) => trajectory(optimizer, start, gradients, [0.5])[0]!;
const near = (received: number[][], expected: number[][]) =>
  expect(received.flat().map((x) => x.toFixed(12))).toEqual(expected.flat().map((x) => x.toFixed(12)));

describe("clipping", () => {
  test("by value holds each number within the limit", () => {
    near(step(clipValue(sgd(), 2)), [
      [0, -1],
      [3, -0.9, 5, 0.2],
    ]);
  });

  test("by norm scales all gradients together when their norm, 13, is larger", () => {
    near(step(clipNorm(sgd(), 1)), [
      [1 - 1.5 / norm, -1],
      [3, 0.1 - 2 / norm, 4 + 6 / norm, 0.2],
    ]);
    near(step(clipNorm(sgd(), norm)), step(sgd()));
    near(step(clipNorm(sgd(), 20)), step(sgd()));
  });
});

describe("weight decay of 0.1", () => {
  test("as L2 adds λw to a weight's gradient and leaves biases alone", () => {
    near(step(l2(sgd(), 0.1)), [
      [-0.5, -1],
      [3 - 0.5 * 0.3, 0.1 - 0.5 * 4.01, 4 - 0.5 * (0.4 - 12), 0.2 - 0.5 * 0.02],
    ]);
  });

  test("decoupled equals L2 under plain descent, and differs under momentum from the second step", () => {
    near(step(decoupledDecay(sgd(), 0.1)), step(l2(sgd(), 0.1)));
    const [decoupled, coupled] = [decoupledDecay, l2].map((decay) =>
      trajectory(decay(momentum(), 0.1), start, gradients, [0.5, 0.5]),
    );
    near(decoupled![0]!, coupled![0]!);
    expect(decoupled![1]![1]![0]).toBeCloseTo(3 * 0.95 ** 2, 12);
    expect(coupled![1]![1]![0]).toBeCloseTo(3 * 0.95 - 0.5 * (0.9 * 0.3 + 0.1 * 3 * 0.95), 12);
  });
});

describe("max-norm", () => {
  const still = (): Tree<Tensor> => ({
    bias: constant(float64([0, 0])),
    weight: constant(
      float64([
        [0, 0],
        [0, 0],
      ]),
    ),
  });

  test("brings a unit's incoming weights down to the limit, and touches no shorter column and no bias", () => {
    const [after] = trajectory(maxNorm(sgd(), 2), start, still, [0.5]);
    expect(after).toEqual([
      [1, -1],
      [3 * 0.4, 0.1, 4 * 0.4, 0.2],
    ]);
  });

  test("holds for any weights, and keeps directions", () => {
    const number = fc.double({ min: -100, max: 100, noNaN: true });
    fc.assert(
      fc.property(
        fc.tuple(number, number, number, number),
        fc.double({ min: 0.1, max: 10, noNaN: true }),
        (w, limit) => {
          const weight = float64([w.slice(0, 2), w.slice(2)]);
          const [[after]] = trajectory(
            maxNorm(sgd(), limit),
            weight,
            (x) =>
              constant(
                float64([
                  [0, 0],
                  [0, 0],
                ]),
              ) ?? x,
            [1],
          ) as [number[][]];
          for (const unit of [0, 1]) {
            const [x, y] = [w[unit]!, w[unit + 2]!];
            const [u, v] = [after![unit]!, after![unit + 2]!];
            expect(Math.hypot(u, v)).toBeLessThanOrEqual(limit * (1 + 1e-12));
            if (Math.hypot(x, y) <= limit) expect([u, v]).toEqual([x, y]);
            else expect(Math.hypot(u, v)).toBeCloseTo(limit, 9);
            expect(u * y - v * x).toBeCloseTo(0, 6);
          }
        },
      ),
    );
  });
});

test("where the incoming weights lie is for the model to say: along other axes, or nowhere for biases in a matrix", () => {
  const still = (): Tree<Tensor> => ({ rows: constant(float64([[0, 0], [0, 0]])), shift: constant(float64([[0, 0]])) }); // biome-ignore format: short
  const two = { rows: float64([[3, 4], [0.3, 0.4]]), shift: float64([[6, 8]]) }; // biome-ignore format: short
  const incoming = (path: string) => ({ rows: [1], shift: [] })[path];
  near(trajectory(maxNorm(sgd(), 1, incoming), two, still, [0.5])[0]!, [
    [0.6, 0.8, 0.3, 0.4],
    [6, 8],
  ]);
  for (const decay of [l2, decoupledDecay])
    near(trajectory(decay(sgd(), 0.2, incoming), two, still, [0.5])[0]!, [
      [2.7, 3.6, 0.27, 0.36],
      [6, 8],
    ]);
  const whole = updateFor(
    { optimizer: { name: "sgd", rate: 0.5 }, weightDecay: { kind: "l2", rate: 0.2 }, maxNorm: 1 },
    incoming,
  );
  expect(trajectory(whole, two, still, [0.5])[0]![1]).toEqual([6, 8]);
});

test("updateFor clips first, decays then, and constrains last", () => {
  const all = updateFor({
    optimizer: { name: "sgd", rate: 0.5 },
    clip: { value: 2, norm: 1 },
    weightDecay: { kind: "l2", rate: 0.1 },
    maxNorm: 2,
  });
  // Clipped to ±2 the gradient's norm is √12.
  const scale = 1 / Math.sqrt(12);
  const [w00, w10] = [3 - 0.5 * 0.3, 4 - 0.5 * (0.4 - 2 * scale)];
  const shrink = 2 / Math.hypot(w00, w10);
  near(step(all), [
    [1 - 0.5 * 2 * scale, -1],
    [w00 * shrink, 0.1 - 0.5 * (2 * scale + 0.01), w10 * shrink, 0.2 - 0.5 * 0.02],
  ]);
});

test.each([
  [
    { optimizer: { name: "sdg", rate: 1 } },
    'optimizer: name must be one of sgd, momentum, nesterov, adam (did you mean sgd?), received "sdg"',
  ],
  [{ optimizer: { name: "sgd", rate: 0 } }, "optimizer sgd: rate must be a finite number above 0, received 0"],
  [{ optimizer: { name: "sgd", rate: "0.1" } }, 'received "0.1"'],
  [
    { optimizer: { name: "sgd", rate: 1, momentum: 0.9 } },
    "optimizer sgd: momentum: there is no such option, the options are name, rate",
  ],
  [{ clip: { norm: -1 } }, "clip: norm must be a finite number above 0, received -1"],
  [{ clip: { norn: 1 } }, "clip: norn: there is no such option, did you mean norm?"],
  [{ weightDecay: { kind: "L2", rate: 0 } }, "weight decay: kind must be one of l2, decoupled"],
  [
    { weightDecay: { kind: "l2", rate: Number.NaN } },
    "weight decay l2: rate must be a finite number at least 0, received NaN",
  ],
  [{ maxNorm: 0 }, "max-norm: limit must be a finite number above 0, received 0"],
])("updateFor refuses %o", (config, message) => {
  expect(() => updateFor({ optimizer: { name: "sgd", rate: 1 }, ...config } as never)).toThrow(message);
});

describe("a norm that overflows", () => {
  const steep = float64([[1e200, 1]]);
  const values = (optimizer: ReturnType<typeof sgd>, from: typeof steep, slope: typeof steep) =>
    trajectory(optimizer, { w: from }, () => ({ w: constant(slope) }) as Tree<Tensor>, [1])[0]!.flat();

  test("makes what it scales NaN, and not 0", () => {
    expect(values(clipNorm(sgd(), 1), float64([[0, 0]]), steep)).toEqual([Number.NaN, Number.NaN]);
    const axes = () => [1];
    expect(values(maxNorm(sgd(), 1, axes), float64([[0, 0]]), steep)).toEqual([Number.NaN, Number.NaN]);
  });
});
