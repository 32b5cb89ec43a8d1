import { describe, expect, test } from "vitest";
import { evaluate, type Tensor } from "../graph/index.ts";
import { key } from "../random/index.ts";
import { type CellConfig, cellFor } from "./index.ts";
import { filled, someInputs, someParameters, unroll } from "./testing/unroll.ts";

const sizes = { inputs: 2, units: 3 };
const make = (options: Record<string, unknown>) => cellFor({ name: "leaky", ...options } as CellConfig, sizes);
const x = someInputs(4, [2, 2]);
const values = (tensor: Tensor): number[] => [...evaluate([tensor])[0]!.data];

describe("leaky", () => {
  test("with constant tau is an LSTM with frozen gates: i = 1 - f, no squashing, o = 1, bit for bit", () => {
    for (const [method, decay] of [
      ["exact", Math.exp(-0.5 / 3)],
      ["euler", 1 - 0.5 / 3],
    ] as const) {
      const cell = make({ method, dt: 0.5, tau: 3, activation: "linear" });
      const frozen = cellFor(
        {
          name: "lstm",
          inputGate: "coupled",
          outputGate: false,
          candidate: "linear",
          activation: "linear",
          forgetEstimator: "threshold",
        },
        sizes,
      );
      const params = someParameters(frozen);
      const own = Object.fromEntries(
        ["input", "recurrent", "bias"].map((name) => [`current.${name}`, params[`candidate.${name}`]!]),
      );
      const lstm = unroll(frozen, params, x, (_, a) => filled(decay, a));
      expect(values(unroll(cell, own, x).outputs)).toEqual(values(lstm.outputs));
    }
  });

  test("modulated, exact and dt = 1 is an LSTM with coupled gates, whose forget gate has the rate's weights with the other sign", () => {
    const cell = make({ timeConstant: "modulated", activation: "linear" });
    const gated = cellFor(
      { name: "lstm", inputGate: "coupled", outputGate: false, candidate: "linear", activation: "linear" },
      sizes,
    );
    const own = someParameters(cell);
    const params = Object.fromEntries(
      Object.entries(own).map(([name, value]) =>
        name.startsWith("rate")
          ? [name.replace("rate", "forget"), value.neg()]
          : [name.replace("current", "candidate"), value],
      ),
    );
    const [received, wanted] = [values(unroll(cell, own, x).outputs), values(unroll(gated, params, x).outputs)];
    received.forEach((value, i) => expect(value).toBeCloseTo(wanted[i]!, 14));
  });

  test("Euler's error at a fixed time is of order 1 in dt, and exact steps agree whatever dt is", () => {
    const one = { inputs: 1, units: 1 };
    const at = (method: string, steps: number): number => {
      const options = { method, dt: 2 / steps, tau: 3, recurrent: false, activation: "linear" };
      const cell = cellFor({ name: "leaky", ...options } as CellConfig, one);
      const given = {
        "current.input": filled(1, { shape: [1, 1] }),
        "current.bias": filled(0, { shape: [1] }),
      };
      const rows = Array.from({ length: steps }, () => filled(0.7, { shape: [1, 1] }));
      return values(unroll(cell, given, rows).outputs).at(-1)!;
    };
    const exact = 0.7 * (1 - Math.exp(-2 / 3));
    for (const steps of [1, 4, 32]) expect(at("exact", steps)).toBeCloseTo(exact, 14);
    const errors = [16, 32, 64, 128].map((steps) => Math.abs(at("euler", steps) - exact));
    errors.slice(1).forEach((error, i) => expect(errors[i]! / error).toBeCloseTo(2, 1));
    expect(errors[0]! / errors[3]!).toBeGreaterThan(7.8);
    expect(errors[3]! / exact).toBeLessThan(0.01);
  });

  test.each([0.01, 1, 10, 5000])("learned time constants begin at tau = %d", (tau) => {
    for (const timeConstant of ["shared", "per-unit", "modulated"]) {
      const bias = make({ timeConstant, tau }).init(key(1))["rate.bias"]!;
      expect(bias.shape).toEqual([timeConstant === "shared" ? 1 : 3]);
      const a = bias.data[0]!;
      const rate = a > 30 ? a : Math.log1p(Math.exp(a));
      expect(rate * tau).toBeCloseTo(1, 5);
    }
  });

  test("one that is shared or of each unit is as the fixed one, while it has the same tau", () => {
    const fixed = make({ tau: 4 });
    const params = someParameters(fixed);
    const wanted = values(unroll(fixed, params, x).outputs);
    for (const timeConstant of ["shared", "per-unit"]) {
      const cell = make({ tau: 4, timeConstant });
      const { shape } = cell.parameters.find(({ name }) => name === "rate.bias")!;
      const bias = filled(Math.log(Math.expm1(1 / 4)), { shape });
      const received = values(unroll(cell, { ...params, "rate.bias": bias }, x).outputs);
      received.forEach((value, i) => expect(value).toBeCloseTo(wanted[i]!, 14));
    }
  });
});
