import { describe, expect, test } from "vitest";
import { array, constant, evaluate, type Tensor } from "../../graph/index.ts";
import { key } from "../../random/index.ts";
import { modelFrom } from "../from-config.ts";
import { values } from "../heads/values.ts";
import { network } from "../network.ts";
import type { StageSpec } from "../stage.ts";
import { encode } from "./encode.ts";
import { overTime } from "./over-time.ts";

const X = [[[1, -2], [3, -5], [2, -1]], [[-4, 0.5], [-1, 0.25], [6, 7]]]; // biome-ignore format: two sequences
const float32 = (data: unknown): Tensor => constant(array(data as number[][]));
const numbers = (x: Tensor): number[] => [...evaluate([x])[0]!.data];
const net = (stages: StageSpec[], input: number | number[] = [3, 2]) => network({ input, stages, head: values(2) });
const read = (stages: StageSpec[], fields: { readonly [name: string]: Tensor } = {}): number[] => {
  const model = net(stages);
  const batch = { x: float32(X), y: float32([[0, 0], [0, 0]]), ...fields }; // biome-ignore format: zeros
  return numbers(model.train([{}], batch, key(1), [{}]).output);
};

describe("over-time", () => {
  test.each([
    ["sum", [6, -8, 1, 7.75], [4, -7, -4, 0.5]],
    ["mean", [2, -8 / 3, 1 / 3, 7.75 / 3], [2, -3.5, -4, 0.5]],
    ["max", [3, -1, 6, 7], [3, -2, -4, 0.5]],
  ] as const)("%s over all steps, and over those that count", (reduce, all, counted) => {
    const near = (found: number[], wanted: readonly number[]) =>
      found.forEach((value, i) => expect(value).toBeCloseTo(wanted[i]!, 6));
    near(read([overTime({ reduce })]), all);
    const lengths = constant(array(Int32Array.of(2, 1)));
    near(read([overTime({ reduce, lengths: "lengths" })], { lengths }), counted);
    const none = constant(array(Int32Array.of(0, 3)));
    near(read([overTime({ reduce, lengths: "lengths" })], { lengths: none }), [0, 0, ...all.slice(2)]);
  });

  test("a wrong reduction is refused, and a network is read back from its config", () => {
    expect(() => net([overTime({ reduce: "last" as never })])).toThrow(
      /reduce must be one of sum, mean, max, received "last"/,
    );
    const model = net(
      [encode({ steps: 5, coding: { name: "latency", tau: 3 } }), overTime({ reduce: "mean", lengths: "n" })],
      2,
    );
    expect(modelFrom(JSON.parse(JSON.stringify(model.config))).config).toEqual(model.config);
  });
});

describe("encode", () => {
  const spikes = (coding: "rate" | "direct", seed: number, readout?: "stochastic" | "deterministic"): number[] => {
    const model = net([encode({ steps: 50, coding }), overTime({ reduce: "mean" })], 2);
    const batch = { x: float32([[0.3, 0.8]]), y: float32([[0, 0]]) };
    if (readout) return numbers(model.output([{}, {}], batch.x, readout, key(seed)));
    return numbers(model.train([{}, {}], batch, key(seed), [{}, {}]).output);
  };

  test("draws spikes anew with each key in training, and gives their mean where it is read without noise", () => {
    expect(spikes("rate", 1)).not.toEqual(spikes("rate", 2));
    expect(spikes("rate", 1)).toEqual(spikes("rate", 1));
    // Counts of 50 draws
    for (const mean of spikes("rate", 1)) expect(Math.abs(mean * 50 - Math.round(mean * 50))).toBeLessThan(1e-4);
    expect(spikes("rate", 1, "stochastic")).not.toEqual(spikes("rate", 2, "stochastic"));
    for (const found of [spikes("rate", 1, "deterministic"), spikes("direct", 1)])
      found.forEach((value, i) => expect(value).toBeCloseTo([0.3, 0.8][i]!, 6));
  });

  test("refuses steps that are no count, and a coding that isn't there", () => {
    expect(() => net([encode({ steps: 0, coding: "rate" })], 2)).toThrow(/stages\[0\]\.steps must be .*received 0/);
    expect(() => net([encode({ steps: 2, coding: "rates" as never })], 2)).toThrow(
      /coding must be one of direct, rate, latency/,
    );
  });
});
