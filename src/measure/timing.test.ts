import { afterEach, describe, expect, it, vi } from "vitest";
import { interleaved } from "./timing.ts";

afterEach(() => vi.restoreAllMocks());

/** A clock that a step moves by its own seconds, and that shows full ticks only. */
function clock(tick: number) {
  let seconds = 0;
  vi.spyOn(performance, "now").mockImplementation(() => 1000 * tick * Math.floor(seconds / tick));
  return {
    step(duration: number) {
      let calls = 0;
      return () => {
        if (++calls > 1e6) throw new Error("a round never ends");
        seconds += duration;
      };
    },
  };
}

describe("seconds of steps", () => {
  it.each([
    ["the clock of Node", 1e-9],
    ["a clock that stands still for 0.1 ms, as a browser's may", 1e-4],
  ])("are those of %s", async (_, tick) => {
    const { step } = clock(tick);
    const durations = [2e-6, 7e-5, 0.02];
    const rounds: number[] = [];
    const found = await interleaved(durations.map(step), async (done) => void rounds.push(done));
    found.forEach(({ value, low, high }, i) => {
      expect(Math.abs(value / durations[i]! - 1)).toBeLessThan(0.05);
      expect(low).toBeLessThanOrEqual(value);
      expect(high).toBeGreaterThanOrEqual(value);
    });
    expect(rounds.at(-1)).toBe(31);
  });
});
