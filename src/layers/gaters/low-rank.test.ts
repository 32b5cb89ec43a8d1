import { expect, test } from "vitest";
import { array, constant, evaluate, type NdArray, type Tensor } from "../../graph/index.ts";
import { key } from "../../random/index.ts";
import { gaterFor } from "./index.ts";

const double = ({ data, shape }: NdArray): Tensor => constant(array(Float64Array.from(data), { shape }));

test("low-rank: scores are those of one affine map with the product of its matrices", () => {
  const sizes = { input: 7, blocks: 5 };
  const gater = gaterFor({ name: "low-rank", rank: 3 }, sizes);
  const [down, up] = gater.init(key(3));
  const x = key(4).normal([6, 7], { dtype: "float64" });
  const [u, v] = [double(down!.weight!), double(up!.weight!)];
  const bias = constant(array(Float64Array.of(1, -2, 0.5, 0, 3)));
  const one = gaterFor({ name: "dense", hidden: [] }, sizes);
  const product = Array.from({ length: 35 }, (_, at) => {
    const [i, k] = [Math.floor(at / 5), at % 5];
    return [0, 1, 2].reduce((t, r) => t + down!.weight!.data[i * 3 + r]! * up!.weight!.data[r * 5 + k]!, 0);
  });
  const [received, expected] = evaluate([
    gater.scores([{ weight: u }, { weight: v, bias }], x),
    one.scores([{ weight: constant(array(Float64Array.from(product), { shape: [7, 5] })), bias }], x),
  ]);
  expect(received!.shape).toEqual([6, 5]);
  received!.data.forEach((a, i) => expect(a).toBeCloseTo(expected!.data[i]!, 12));
});

test("low-rank: costs rank × (inputs + gates), in parameters as its layers say", () => {
  const gater = gaterFor({ name: "low-rank", rank: 16 }, { input: 784, blocks: 2000 });
  expect(gater.multiplyAdds).toBe(16 * 2784);
  expect(gater.layers.reduce((sum, { multiplyAdds }) => sum + multiplyAdds, 0)).toBe(gater.multiplyAdds);
  expect(gater.init(key(1)).map((layer) => Object.values(layer).map(({ shape }) => shape))).toEqual(
    gater.layers.map(({ parameters }) => parameters.map(({ shape }) => shape)),
  );
});

test("low-rank: its gain is of the second map's range", () => {
  const reach = (gain: number) => {
    const [down, up] = gaterFor({ name: "low-rank", rank: 20, gain }, { input: 100, blocks: 50 }).init(key(1));
    return [down, up].map((layer) => Math.max(...layer!.weight!.data.map(Math.abs)));
  };
  const [one, three] = [reach(1), reach(3)];
  expect(three[0]).toBe(one[0]);
  expect(three[1]! / one[1]!).toBeCloseTo(3, 6);
  expect(one[1]).toBeLessThanOrEqual(Math.sqrt(6 / 70));
});

test("low-rank: a rank above either side is a mistake", () => {
  const make = (rank: number) => () => gaterFor({ name: "low-rank", rank }, { input: 10, blocks: 4 });
  expect(make(5)).toThrow("gater low-rank: rank must be a whole number at least 1 and at most 4, received 5");
  expect(make(4)).not.toThrow();
});
