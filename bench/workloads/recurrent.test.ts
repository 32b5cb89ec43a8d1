import { describe, expect, it } from "vitest";
import {
  DISTINCT,
  neurons,
  outputEvidence,
  passes,
  type Recurrent,
  recurrent,
  recurrentFlops,
  recurrentInputs,
  recurrentSamples,
  sideBySide,
  stepsFirst,
} from "./recurrent.ts";
import { recurrentLosses, recurrentOutputs } from "./recurrent-truth.ts";

/** Sizes that share no factor, and a batch that repeats its examples unevenly. */
const task: Recurrent = {
  ...{ kind: "recurrent", cell: "lstm", pass: "step", batch: 6, length: 5, input: 3, units: 7 },
};

describe("the recurrent layer in float64", () => {
  it("is an LSTM: two steps of one unit by hand", () => {
    const tiny: Recurrent = { ...task, pass: "forward", batch: 1, length: 2, input: 1, units: 1 };
    const inputs = recurrentInputs(tiny);
    const sigmoid = (a: number) => 1 / (1 + Math.exp(-a));
    let [h, c] = [0, 0];
    const outputs: number[] = [];
    for (const x of inputs.x) {
      const [i, f, g, o] = neurons.map((neuron) => {
        const { input, recurrent, bias } = inputs.weights[neuron];
        return x * input[0]! + h * recurrent[0]! + bias[0]!;
      }) as [number, number, number, number];
      c = sigmoid(f) * c + sigmoid(i) * Math.tanh(g);
      h = sigmoid(o) * Math.tanh(c);
      outputs.push(h);
    }
    const found = recurrentOutputs(tiny, inputs, recurrentSamples(tiny));
    expect(found).toHaveLength(2);
    for (const [t, output] of outputs.entries()) expect(found[t]).toBeCloseTo(output, 14);
  });

  it("follows its gradient: a small first step of Adam changes the loss by what finite differences say of the signs", () => {
    const inputs = recurrentInputs(task);
    const lossAt = (rate: number) => recurrentLosses(task, inputs, [rate, 0]);
    const [before, after] = lossAt(1e-7) as [number, number];
    // Adam's first step is the gradient's sign in every parameter, so that the loss falls by the sum of the gradient's sizes.
    let sum = 0;
    for (const parameters of [
      ...neurons.flatMap((n) => Object.values(inputs.weights[n])),
      ...Object.values(inputs.head),
    ])
      for (let k = 0; k < parameters.length; k++) {
        const value = parameters[k]!;
        const difference = [1, -1].map((sign) => {
          parameters[k] = value + sign * 2 ** -9;
          return [parameters[k]!, recurrentLosses(task, inputs, [0])[0]!] as const;
        });
        parameters[k] = value;
        const [[up, high], [down, low]] = difference as [readonly [number, number], readonly [number, number]];
        sum += Math.abs((high - low) / (up - down));
      }
    expect((before - after) / 1e-7 / sum).toBeCloseTo(1, 4);
  });

  it("gives repeated examples their share of the batch", () => {
    const inputs = recurrentInputs(task);
    expect(inputs.x.subarray(DISTINCT * 15, DISTINCT * 15 + 30)).toEqual(inputs.x.subarray(0, 30));
    const alone = [0, 1, 2, 3].map((example) => {
      const one = { ...task, batch: 1 };
      const x = inputs.x.slice(15 * example, 15 * (example + 1));
      return recurrentLosses(one, { ...inputs, x, labels: inputs.labels.slice(example, example + 1) }, [0])[0]!;
    });
    const mean = (2 * alone[0]! + 2 * alone[1]! + alone[2]! + alone[3]!) / 6;
    expect(recurrentLosses(task, inputs, [0])[0]).toBeCloseTo(mean, 14);
  });
});

describe("the recurrent layer's check", () => {
  it("refuses an output or a loss that is off, is no number, or is missing", () => {
    for (const pass of passes) {
      const check = recurrent.checker({ ...task, pass });
      const exact =
        pass === "step"
          ? recurrentLosses(task, recurrentInputs(task), [1e-3, 1e-3, 1e-3])
          : recurrentOutputs(task, recurrentInputs(task), recurrentSamples(task));
      expect(() => check(exact)).not.toThrow();
      const at = exact.length - 1;
      expect(() => check(exact.with(at, exact[at]! + 2e-4))).toThrow(new RegExp(`^(loss|output) ${at} is`));
      expect(() => check(exact.with(0, Number.NaN))).toThrow(/0 is NaN/);
      expect(() => check(exact.slice(1))).toThrow(/were asked for/);
    }
  });

  it("sees an update without Adam's averages, and gates in another order", () => {
    const inputs = recurrentInputs(task);
    const check = recurrent.checker(task);
    const [first, second] = recurrentLosses(task, inputs, [1e-3, 1e-3]) as [number, number];
    expect(() => check([first, second, second])).toThrow(/^loss 2/);
    const { input, forget, ...rest } = inputs.weights;
    const swapped = { ...inputs, weights: { ...rest, input: forget, forget: input } };
    expect(() => check(recurrentLosses(task, swapped, [1e-3, 1e-3, 1e-3]))).toThrow(/^loss 0/);
  });
});

describe("the recurrent layer's arrays", () => {
  it("lie side by side by neuron, and by step", () => {
    const { weights, x } = recurrentInputs(task);
    const joined = sideBySide(weights, ["output", "input"], 7);
    expect([...joined.input.subarray(14, 21)]).toEqual([...weights.output.input.subarray(7, 14)]);
    expect([...joined.recurrent.subarray(21, 28)]).toEqual([...weights.input.recurrent.subarray(7, 14)]);
    expect([...joined.bias]).toEqual([...weights.output.bias, ...weights.input.bias]);
    const turned = stepsFirst(task, x);
    expect([...turned.subarray((2 * 6 + 4) * 3, (2 * 6 + 4) * 3 + 3)]).toEqual([
      ...x.subarray((4 * 5 + 2) * 3, (4 * 5 + 2) * 3 + 3),
    ]);
  });

  it("are read in either order", () => {
    const outputs = Float32Array.from({ length: 6 * 5 * 7 }, (_, i) => i);
    const wide = stepsFirst({ ...task, input: 7 }, outputs);
    expect(outputEvidence(task, wide)).toEqual(outputEvidence(task, outputs, "examples"));
  });

  it("have as many FLOP as their products", () => {
    const forward = 6 * 5 * 4 * 7 * (3 + 7);
    expect(recurrentFlops({ ...task, pass: "forward" })).toBe(2 * forward);
    expect(recurrentFlops(task)).toBe(6 * (forward + 6 * 7 * 10) - 2 * 6 * 5 * 4 * 7 * 3);
  });
});
