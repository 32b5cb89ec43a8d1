import { describe, expect, it } from "vitest";
import { type Conv, channelsFirst, conv, convFlops, convInputs, convRates, parametersChannelsFirst } from "./conv.ts";
import { convLosses, convScores } from "./conv-truth.ts";

/** Sizes that share no factor, rows and columns that poolings leave over, and a batch that repeats its examples unevenly. */
const task: Conv = { kind: "conv", pass: "step", batch: 5, image: [7, 5, 2], channels: [3, 4], size: 3 };

describe("the convolutional network in float64", () => {
  it("is a convolution, a rectifier, the largest of four and two affine maps: one place by hand", () => {
    const tiny: Conv = { ...task, pass: "forward", batch: 1, image: [2, 2, 1], channels: [1], size: 3 };
    const inputs = convInputs(tiny);
    const [w, b, hidden, hiddenBias, last, lastBias] = inputs.parameters.map(({ data }) => data) as Float32Array[];
    const sums = [0, 1].flatMap((y) =>
      [0, 1].map((x) => {
        let sum = b![0]!;
        for (const row of [0, 1])
          for (const column of [0, 1]) sum += inputs.x[2 * row + column]! * w![3 * (row - y + 1) + column - x + 1]!;
        return sum;
      }),
    );
    const pooled = Math.max(0, ...sums);
    const units = hiddenBias!.map((_, n) => Math.max(0, pooled * hidden![n]! + hiddenBias![n]!));
    const scores = [...lastBias!].map((bias, n) =>
      units.reduce((sum, unit, i) => sum + unit * last![10 * i + n]!, bias),
    );
    convScores(tiny, inputs).forEach((score, n) => expect(score).toBeCloseTo(scores[n]!, 5));
  });

  it("follows its gradient: a small step lowers the loss by what finite differences say", () => {
    const inputs = convInputs(task);
    const rate = 1e-6;
    const [before, after] = convLosses(task, inputs, [rate, 0]) as [number, number];
    let squares = 0;
    for (const { data } of inputs.parameters)
      for (let k = 0; k < data.length; k++) {
        const value = data[k]!;
        const [[up, high], [down, low]] = [1, -1].map((sign) => {
          data[k] = value + sign * 2 ** -12;
          return [data[k]!, convLosses(task, inputs, [0])[0]!] as const;
        }) as [readonly [number, number], readonly [number, number]];
        data[k] = value;
        squares += ((high - low) / (up - down)) ** 2;
      }
    expect((before - after) / rate / squares).toBeCloseTo(1, 3);
  });

  it("has momentum", () => {
    const inputs = convInputs(task);
    const [first, second, third] = convLosses(task, inputs, [1e-4, 1e-4, 0]) as [number, number, number];
    expect((second - third) / (first - second)).toBeCloseTo(1.9, 1);
  });

  it("accepts float32's numbers and no others", () => {
    for (const pass of ["step", "forward"] as const) {
      const of = { ...task, pass };
      const check = conv.checker(of);
      const exact = pass === "step" ? convLosses(of, convInputs(of), convRates()) : convScores(of, convInputs(of));
      check(exact.map(Math.fround));
      expect(() => check(exact.slice(1))).toThrow(/numbers were asked for/);
      const wrong = [...exact];
      wrong[2]! += 1e-3;
      expect(() => check(wrong)).toThrow(/2 is .*, in float64 it is/);
    }
  });
});

describe("what engines are given", () => {
  it("counts the multiply-adds of the network, none for the gradient of the images", () => {
    const usual: Conv = { ...task, pass: "forward", batch: 100, image: [28, 28, 1], channels: [32, 64], size: 5 };
    const products = [28 * 28 * 25 * 32, 14 * 14 * 25 * 32 * 64, 3136 * 256 + 2560] as const;
    const forward = products[0] + products[1] + products[2];
    expect(convFlops(usual)).toBe(200 * forward);
    expect(convFlops({ ...usual, pass: "step" })).toBe(200 * (3 * forward - products[0]));
  });

  it("lies with the channels first where an engine wants it so", () => {
    expect([...channelsFirst(Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8), 2, 2)]).toEqual([1, 3, 2, 4, 5, 7, 6, 8]);
    const given = convInputs(task).parameters;
    const turned = parametersChannelsFirst(task, given);
    expect(turned.map(({ shape }) => shape.join())).toEqual([
      "3,2,3,3",
      "3",
      "4,3,3,3",
      "4",
      "4,256",
      "256",
      "256,10",
      "10",
    ]);
    // [tap 5, channel 2, feature 1] of the second convolution.
    expect(turned[2]!.data[(1 * 3 + 2) * 9 + 5]).toBe(given[2]!.data[(5 * 3 + 2) * 4 + 1]);
    const wide = { ...task, image: [12, 8, 2] as const };
    const [before, after] = [convInputs(wide).parameters, parametersChannelsFirst(wide, convInputs(wide).parameters)];
    // Pixel 3 of 6, channel 2 of 4, unit 9 of 256.
    expect(after[4]!.data[(2 * 6 + 3) * 256 + 9]).toBe(before[4]!.data[(3 * 4 + 2) * 256 + 9]);
  });
});
