import { describe, expect, it } from "vitest";
import { busyLine, machineSeconds, othersBetween } from "./load.ts";

describe("the machine's load", () => {
  it("adds up what processors did, without idling and waiting", () => {
    const stat = "cpu  100 20 30 99999 88888 4 5 6 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n";
    expect(machineSeconds(() => stat)).toBeCloseTo(1.65, 12);
  });

  it("is unknown where the system doesn't tell", () => {
    const missing = () => {
      throw new Error("ENOENT");
    };
    expect(machineSeconds(missing)).toBeUndefined();
    expect(machineSeconds(() => "")).toBeUndefined();
  });

  it("counts as others' what is not ours, in cores, never below 0", () => {
    const before = { time: 10, machine: 100, own: 50 };
    expect(othersBetween(before, { time: 12, machine: 105, own: 54 })).toBe(0.5);
    expect(othersBetween(before, { time: 12, machine: 101, own: 52 })).toBe(0);
  });

  it("is worth a line from a twentieth of a core", () => {
    expect(busyLine([0, 0.05])).toBeUndefined();
    expect(busyLine([])).toBeUndefined();
    expect(busyLine([0.02, 0.06, 1.24])).toBe("busy machine: other processes used up to 1.24 cores in 2 of 3 rounds");
  });
});
