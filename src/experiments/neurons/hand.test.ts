import { describe, expect, test } from "vitest";
import { cellFor } from "../../cells/index.ts";
import { runCell } from "../../cells/run.ts";
import { constant, evaluate, NdArray, type Tensor } from "../../graph/index.ts";
import { key } from "../../random/index.ts";
import { hand, handInput, handTrace } from "./hand.ts";
import { LONGEST, observe, timeConstantOf } from "./observe.ts";

const input = handInput();
const half = hand.steps / 2;

/** τ dV/dt = −V between pulses, and a reset by the threshold, in plain numbers. */
function simulated(tauAt: (t: number) => number, spikes: boolean): { memory: number[]; spikes: number[] } {
  let v = 0;
  const found: { memory: number[]; spikes: number[] } = { memory: [], spikes: [] };
  for (let t = 0; t < hand.steps; t++) {
    v = v * Math.exp(-1 / tauAt(t)) + input.pulses[t]!;
    if (spikes && v > hand.threshold) {
      found.spikes.push(t);
      v -= hand.threshold;
    }
    found.memory.push(v);
  }
  return found;
}

const close = (found: readonly number[], wanted: readonly number[], digits = 12): void => {
  expect(found).toHaveLength(wanted.length);
  found.forEach((value, t) => {
    expect(value, `step ${t}`).toBeCloseTo(wanted[t]!, digits);
  });
};

describe("units with weights set by hand", () => {
  const set = (t: number): number => (input.context[t] === 1 ? hand.long : hand.short);

  test.each([
    ["fixed", () => hand.fixed, true],
    ["modulated", set, true],
    ["lstm", set, false],
  ] as const)("%s: V and spikes are those of a simulation in plain numbers", (name, tauAt, spikes) => {
    const wanted = simulated(tauAt, spikes);
    const found = handTrace(name, input);
    close(found.memory, wanted.memory);
    expect(found.spikes).toEqual(wanted.spikes);
    close(
      found.kept.map(timeConstantOf),
      Array.from({ length: hand.steps }, (_, t) => tauAt(t)),
      9,
    );
  });

  test("the forget gate of the LSTM is the share that the membrane keeps", () => {
    close(handTrace("lstm", input).kept, handTrace("modulated", input).kept, 15);
  });

  test("with a short τ only pulses close together make it fire, with a long one every second pulse; a fixed τ knows no context", () => {
    const pulses = input.pulses.flatMap((pulse, t) => (pulse > 0 ? [t] : []));
    const { spikes } = handTrace("modulated", input);
    expect(spikes.filter((t) => t < half)).toEqual([pulses[4]]);
    expect(spikes.filter((t) => t >= half)).toEqual([pulses[7], pulses[9], pulses[11]]);
    const fixed = handTrace("fixed", input).spikes;
    expect(fixed.filter((t) => t >= half)).toEqual(fixed.filter((t) => t < half).map((t) => t + half));
    expect(fixed.length).toBeGreaterThan(0);
  });
});

describe("observe", () => {
  const x = constant(
    new NdArray(
      Float64Array.from({ length: 2 * 5 * 2 }, (_, i) => Math.sin(3 * i)),
      [2, 5, 2],
    ),
  );
  const softplus = (a: number): number => Math.log1p(Math.exp(a));
  const sigmoid = (a: number): number => 1 / (1 + Math.exp(-a));

  test.each([
    [{ name: "lstm" }, "forget", sigmoid],
    [{ name: "janet", longest: 9 }, "forget", sigmoid],
    [
      { name: "leaky", timeConstant: "modulated", tau: 3, dt: 0.5 },
      "rate",
      (a: number) => Math.exp(-0.5 * softplus(a)),
    ],
    [{ name: "leaky", timeConstant: "per-unit", tau: 3 }, "rate", (a: number) => Math.exp(-softplus(a))],
    [{ name: "lif", timeConstant: "modulated", threshold: 0.2 }, "rate", (a: number) => Math.exp(-softplus(a))],
    [{ name: "alif", tau: 4, dt: 2 }, "none", () => Math.exp(-0.5)],
  ] as const)("%o: outputs are the cell's own, and the share kept is what its neuron says", (config, neuron, share) => {
    const cell = cellFor(config, { inputs: 2, units: 3 });
    const first = cell.init(key(4));
    const doubles = Object.fromEntries(
      Object.entries(first).map(([name, { data, shape }]) => [name, new NdArray(Float64Array.from(data), shape)]),
    );
    const params = Object.fromEntries(Object.entries(doubles).map(([name, value]) => [name, constant(value)]));
    const { memory, kept, output } = observe(cell, params, x);
    const read = (tensor: Tensor): number[] => [...evaluate([tensor])[0]!.data];
    const [shares, outputs] = [read(kept), read(output)];
    close(outputs, read(runCell(cell, params, x).outputs));
    const weights = (part: string): ArrayLike<number> => doubles[`${neuron}.${part}`]?.data ?? [];
    for (let b = 0; b < 2; b++)
      for (let t = 0; t < 5; t++)
        for (let j = 0; j < 3; j++) {
          const at = (step: number, unit: number): number => (step < 0 ? 0 : outputs[(b * 5 + step) * 3 + unit]!);
          let a = weights("bias")[j]!;
          for (let i = 0; i < 2; i++) a += Math.sin(3 * ((b * 5 + t) * 2 + i)) * (weights("input")[i * 3 + j] ?? 0);
          for (let i = 0; i < 3; i++) a += at(t - 1, i) * (weights("recurrent")[i * 3 + j] ?? 0);
          expect(shares[(b * 5 + t) * 3 + j]).toBeCloseTo(share(a), 12);
        }
    expect(memory.shape).toEqual([2, 5, 3]);
  });

  test("a share that is 1 to the last digit has the longest time constant that float32 distinguishes, 0 none", () => {
    expect([timeConstantOf(1), timeConstantOf(0)]).toEqual([LONGEST, 0]);
    expect(timeConstantOf(Math.exp(-1 / 7))).toBeCloseTo(7, 12);
  });
});
