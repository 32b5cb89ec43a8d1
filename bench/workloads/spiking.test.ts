import { describe, expect, it } from "vitest";
import { DECAY, type Spiking, spikesOf, spiking, spikingFlops, spikingInputs, spikingSamples } from "./spiking.ts";

const task: Spiking = { kind: "spiking", batch: 5, length: 4, units: 11, activity: 0.3 };

describe("spikes", () => {
  it.each([0.3, 1, 0.001])(
    "are a share of %d of the units in each step, as many in each example or one more",
    (activity) => {
      const { spikes } = spikingInputs({ ...task, activity });
      for (let t = 0; t < 4; t++) {
        const counts = Array.from({ length: 5 }, (_, b) =>
          spikes.subarray((t * 5 + b) * 11, (t * 5 + b + 1) * 11).reduce((sum, z) => sum + z, 0),
        );
        expect(counts.reduce((sum, n) => sum + n)).toBe(spikesOf({ ...task, activity }));
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      }
      expect([...new Set(spikes)].every((z) => z === 0 || z === 1)).toBe(true);
    },
  );

  it("differ from step to step, and every unit fires", () => {
    const { spikes } = spikingInputs({ ...task, batch: 1, length: 300, activity: 0.3 });
    const rows = Array.from({ length: 300 }, (_, t) => spikes.subarray(11 * t, 11 * t + 11).join(""));
    expect(new Set(rows).size).toBeGreaterThan(60);
    for (let unit = 0; unit < 11; unit++) {
      const fired = rows.filter((row) => row[unit] === "1").length;
      // Binomial with n = 300, p = 3/11: six standard deviations.
      expect(Math.abs(fired - (300 * 3) / 11)).toBeLessThan(6 * Math.sqrt(300 * (3 / 11) * (8 / 11)));
    }
  });
});

describe("a spiking layer's product", () => {
  it("is refused where a membrane is off, and by hand is the decayed sum of its rows", () => {
    const { spikes, weight } = spikingInputs(task);
    const v = new Float64Array(5 * 11);
    for (let t = 0; t < 4; t++)
      for (let b = 0; b < 5; b++)
        for (let unit = 0; unit < 11; unit++) {
          let a = 0;
          for (let k = 0; k < 11; k++) a += spikes[(t * 5 + b) * 11 + k]! * weight[k * 11 + unit]!;
          v[b * 11 + unit] = DECAY * v[b * 11 + unit]! + a;
        }
    const exact = spikingSamples(task).map((index) => v[index]!);
    const check = spiking.checker(task);
    expect(() => check(exact)).not.toThrow();
    expect(() => check(exact.with(7, exact[7]! + 2e-4))).toThrow(/^membrane 7 is/);
    expect(() => check(exact.with(7, Number.NaN))).toThrow(/is NaN/);
    expect(() => check(exact.slice(1))).toThrow(/were asked for/);
  });

  it("has FLOP for each row that is read", () => {
    expect(spikesOf(task)).toBe(17);
    expect(spikingFlops(task, 17)).toBe(2 * 4 * 17 * 11);
  });
});
