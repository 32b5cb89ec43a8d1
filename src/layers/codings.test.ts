import { describe, expect, test } from "vitest";
import { array, constant, evaluate, mean, type Tensor } from "../graph/index.ts";
import { key } from "../random/index.ts";
import { codingFor, codingNames } from "./codings.ts";

const x = (values: readonly (readonly number[])[]): Tensor => constant(array(values, { dtype: "float64" }));
const rows = (tensor: Tensor): number[] => [...evaluate([tensor])[0]!.data];
const spikes = (config: Parameters<typeof codingFor>[0], value: number, steps: number): number[] =>
  rows(codingFor(config).code(x([[value]]), steps, undefined));

describe("codings", () => {
  test("direct repeats each number, of any shape, at each step", () => {
    const given = constant(array([[[1, 2], [3, 4]], [[5, 6], [7, 8]]], { dtype: "float64" })); // biome-ignore format: two images
    const coded = codingFor("direct").code(given, 3, key(1));
    expect(coded.shape).toEqual([2, 3, 2, 2]);
    expect(rows(coded)).toEqual([1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 5, 6, 7, 8, 5, 6, 7, 8, 5, 6, 7, 8]);
  });

  test("rate draws a spike with probability x at each step, anew for each key; without noise it is x", () => {
    const given = x([[0.2, 0.9, -1, 3]]);
    const coding = codingFor("rate");
    const steps = 4000;
    const drawn = coding.code(given, steps, key(5));
    expect(rows(drawn).every((s) => s === 0 || s === 1)).toBe(true);
    // 6 standard deviations of a mean of 4,000 draws: fails by chance once in 5e8 times
    const [low, high, never, always] = rows(mean(drawn, [0, 1])) as [number, number, number, number];
    expect(Math.abs(low - 0.2)).toBeLessThan(6 * Math.sqrt((0.2 * 0.8) / steps));
    expect(Math.abs(high - 0.9)).toBeLessThan(6 * Math.sqrt((0.9 * 0.1) / steps));
    expect([never, always]).toEqual([0, 1]);
    expect(rows(coding.code(given, steps, key(6)))).not.toEqual(rows(drawn));
    expect(rows(coding.code(given, 2, undefined))).toEqual([0.2, 0.9, 0, 1, 0.2, 0.9, 0, 1]);
    expect(coding.random).toBe(true);
  });

  test("latency spikes once, when a membrane that charges with τ reaches θ, in plain numbers", () => {
    const [steps, tau, threshold] = [30, 6, 0.2];
    for (const value of [0.21, 0.25, 0.4, 0.77, 1, 3, 0.2, 0.1, 0, -2]) {
      // the membrane, integrated exactly: x (1 − e^(−t/τ)) = θ
      const time = value > threshold ? -tau * Math.log(1 - threshold / value) : Number.POSITIVE_INFINITY;
      const wanted = Array.from({ length: steps }, (_, t) => Number(t === Math.round(time)));
      expect(spikes({ name: "latency", tau, threshold }, value, steps), `x = ${value}`).toEqual(wanted);
    }
    expect(spikes("latency", 0.3, 30)).toEqual(spikes({ name: "latency", tau: 6 }, 0.3, 30));
  });

  test("latency, linear: 1 spikes at the first step, the least at the last one, and what isn't above θ never", () => {
    const config = { name: "latency", timing: "linear", threshold: 0.1 } as const;
    const at = (value: number) => spikes(config, value, 11).indexOf(1);
    expect([1, 2, 0.9, 0.52, 0.11].map(at)).toEqual([0, 0, 1, 5, 9]);
    expect([0.1, 0].map(at)).toEqual([-1, -1]);
  });

  test("a name or an option that isn't there is refused", () => {
    expect(codingNames).toEqual(["direct", "rate", "latency"]);
    expect(() => codingFor("phase" as never, "encode: coding")).toThrow(
      'encode: coding must be one of direct, rate, latency, received "phase"',
    );
    expect(() => codingFor({ name: "latency", threshold: 1 })).toThrow(/latency: threshold must be .*below 1/);
    expect(codingFor("poisson" as never).random).toBe(true);
  });
});
