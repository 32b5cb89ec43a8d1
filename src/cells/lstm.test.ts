import { describe, expect, test } from "vitest";
import { evaluate, sigmoid, sub, type Tensor } from "../graph/index.ts";
import { key } from "../random/index.ts";
import type { Decide, Named } from "./cell.ts";
import { type CellConfig, cellFor } from "./index.ts";
import { filled, someInputs, someParameters, unroll } from "./testing/unroll.ts";

const sizes = { inputs: 2, units: 3 };
const cell = (options: Record<string, unknown> = {}) => cellFor({ name: "lstm", ...options } as CellConfig, sizes);
const x = someInputs(3, [2, 2]);
const outputs = (options: Record<string, unknown>, params: Named<Tensor>, decide?: Decide) =>
  evaluate([unroll(cell(options), params, x, decide).outputs])[0]!.data;
/** The given parameters, with those of one gate such that it is exactly 1 in float64: σ(1000). */
const opened = (params: Named<Tensor>, gate: string): Named<Tensor> =>
  Object.fromEntries(
    Object.entries(params).map(([name, value]) =>
      name.startsWith(`${gate}.`) ? [name, filled(name === `${gate}.bias` ? 1000 : 0, value)] : [name, value],
    ),
  );

describe("lstm", () => {
  test("one step by hand", () => {
    const one = cellFor({ name: "lstm", peepholes: true }, { inputs: 1, units: 1 });
    const sigma = (a: number): number => 1 / (1 + Math.exp(-a));
    const params = someParameters(one);
    const p = Object.fromEntries(Object.entries(params).map(([name, value]) => [name, evaluate([value])[0]!.data[0]!]));
    let [c, h] = [0, 0];
    const rows = [0.7, -1.1, 0.4];
    const hand = rows.map((row) => {
      const a = (gate: string): number => row * p[`${gate}.input`]! + h * p[`${gate}.recurrent`]! + p[`${gate}.bias`]!;
      const [i, f] = ["input", "forget"].map((gate) => sigma(a(gate) + p[`${gate}.peephole`]! * c));
      c = f! * c + i! * Math.tanh(a("candidate"));
      h = sigma(a("output") + p["output.peephole"]! * c) * Math.tanh(c);
      return h;
    });
    const given = rows.map((row) => filled(row, { shape: [1, 1] }));
    const [received] = evaluate([unroll(one, params, given).outputs]);
    received!.data.forEach((value, t) => expect(value).toBeCloseTo(hand[t]!, 14));
  });

  test.each([
    ["input", { inputGate: "none" }],
    ["forget", { forgetGate: false }],
    ["output", { outputGate: false }],
  ] as const)("without its %s gate is vanilla with that gate at 1, bit for bit", (gate, options) => {
    for (const more of [{}, { peepholes: true }, { gateRecurrence: false, inputSquash: "tanh" }]) {
      const params = opened(someParameters(cell(more)), gate);
      expect(outputs({ ...more, ...options }, params)).toEqual(outputs(more, params));
    }
  });

  test("with coupled gates is vanilla whose input gate is 1 - forget, bit for bit", () => {
    // Both gates have the same weights, so that the input gate knows what the forget gate will be.
    const own = someParameters(cell());
    const params = Object.fromEntries(Object.keys(own).map((name) => [name, own[name.replace(/^input/, "forget")]!]));
    const decide: Decide = ({ name }, a) => (name === "input" ? sub(1, sigmoid(a)) : sigmoid(a));
    const vanilla = outputs({ gates: "threshold" }, params, decide);
    expect(outputs({ inputGate: "coupled" }, params)).toEqual(vanilla);
    expect(outputs({}, params)).not.toEqual(vanilla);
  });

  test("its first forget bias is 1, other biases and peepholes are 0", () => {
    const first = cell({ peepholes: true }).init(key(1));
    expect([...first["forget.bias"]!.data]).toEqual([1, 1, 1]);
    for (const name of ["input.bias", "candidate.bias", "output.bias", "forget.peephole"])
      expect([...first[name]!.data]).toEqual([0, 0, 0]);
    expect([...cell({ forgetBias: -2 }).init(key(1))["forget.bias"]!.data]).toEqual([-2, -2, -2]);
    expect(Object.keys(first)).toEqual(cell({ peepholes: true }).parameters.map(({ name }) => name));
  });

  test("chrono: the input bias is minus the forget bias, whose memories lie between 1 and longest - 1 steps", () => {
    const first = cellFor({ name: "lstm", longest: 100 }, { inputs: 1, units: 200 }).init(key(1));
    const [forget, input] = [first["forget.bias"]!.data, first["input.bias"]!.data];
    expect([...input]).toEqual([...forget].map((b) => -b));
    const times = [...forget].map(Math.exp);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(1);
    expect(Math.max(...times)).toBeLessThanOrEqual(99.001);
    // Uniform on [1, 99]: the mean of 200 has a standard deviation of 2; this seed is fixed.
    expect(times.reduce((a, b) => a + b) / 200).toBeCloseTo(50, -1);
  });

  test("options that contradict each other are refused", () => {
    expect(() => cell({ inputGate: "coupled", forgetGate: false })).toThrow(
      "cell lstm: inputGate coupled needs a forget gate, received forgetGate false",
    );
    expect(() => cell({ inputGate: "none", inputEstimator: "threshold" })).toThrow(
      "cell lstm: inputEstimator names the estimator",
    );
    expect(() => cell({ forgetBias: 1, longest: 10 })).toThrow(
      "cell lstm: longest=10 draws the first biases that a bias of 1 would set",
    );
    expect(() => cell({ forgetGate: false, longest: 10 })).toThrow("cell lstm: longest needs a forget gate");
    expect(() => cell({ peephole: true })).toThrow("did you mean peepholes?");
    expect(() => cell({ peepholes: 1 })).toThrow("cell lstm: peepholes must be true or false, received 1");
    expect(() => cellFor({ name: "lstm" }, { inputs: 0, units: 3 }, "a")).toThrow("a: inputs must be a whole number");
  });
});
