import { describe, expect, test } from "vitest";
import { constant, evaluate } from "../graph/index.ts";
import { rateFor, type ScheduleConfig } from "./index.ts";

const clock = { epoch: 10, total: 40 };
const rateAt = (config: ScheduleConfig, step: number): number =>
  evaluate([rateFor(0.5, config, clock)(constant(step, "int32"))])[0]!.item();

const definitions: [ScheduleConfig, (t: number) => number][] = [
  [{ name: "constant" }, () => 1],
  [{ name: "step-decay", every: 2, factor: 0.1 }, (t) => 0.1 ** Math.floor(t / 20)],
  [{ name: "exponential", factor: 0.5 }, (t) => 0.5 ** (t / 10)],
  [{ name: "cosine" }, (t) => (1 + Math.cos((Math.PI * Math.min(t, 40)) / 40)) / 2],
  [{ name: "cosine", final: 0.2 }, (t) => 0.2 + 0.4 * (1 + Math.cos((Math.PI * Math.min(t, 40)) / 40))],
  [{ name: "constant", warmup: 0.5 }, (t) => Math.min(1, (t + 1) / 5)],
  [{ name: "exponential", factor: 0.5, warmup: 1 }, (t) => Math.min(1, (t + 1) / 10) * 0.5 ** (t / 10)],
];

describe("rateFor counts in epochs of 10 steps", () => {
  test.each(definitions)("%o", (config, factor) => {
    for (const t of [0, 1, 4, 5, 9, 10, 19, 20, 21, 39, 40, 41, 100])
      expect(rateAt(config, t)).toBeCloseTo(0.5 * factor(t), 6);
  });

  test.each([
    [{ name: "cosinus" }, "schedule: name must be one of constant, step-decay, exponential, cosine"],
    [
      { name: "constant", factor: 1 },
      "schedule constant: factor: there is no such option, the options are name, warmup",
    ],
    [
      { name: "step-decay", every: 0, factor: 0.5 },
      "schedule step-decay: every must be a finite number above 0, received 0",
    ],
    [
      { name: "step-decay", every: 1, factor: 2 },
      "schedule step-decay: factor must be a finite number above 0 and at most 1",
    ],
    [
      { name: "exponential" },
      "schedule exponential: factor must be a finite number above 0 and at most 1, received undefined",
    ],
    [{ name: "cosine", final: 1.5 }, "schedule cosine: final"],
    [{ name: "constant", warmup: -1 }, "schedule constant: warmup must be a finite number at least 0, received -1"],
  ])("refuses %o", (config, message) => {
    expect(() => rateFor(1, config as never, clock)).toThrow(message);
  });
});
