import { describe, expect, it } from "vitest";
import type { Backend } from "../backends/backend.ts";
import { referenceBackend } from "../backends/reference/reference.ts";
import { NdArray } from "../graph/ndarray.ts";
import { selfTest } from "./self-test.ts";

/** The reference with every output multiplied. */
function off(factor: number): Backend {
  const honest = referenceBackend();
  return {
    name: "off",
    isClosed: false,
    info: () => honest.info(),
    allocate: (spec) => honest.allocate(spec),
    write: (storage, data) => honest.write(storage, data),
    read: (storage) => honest.read(storage),
    free: (storage) => honest.free(storage),
    close: () => honest.close(),
    prepare(program) {
      const executable = honest.prepare(program);
      return {
        describe: () => executable.describe(),
        program: executable.program,
        stepwise: () => executable.stepwise(),
        run: (inputs) =>
          executable.run(inputs).map(
            (x) =>
              new NdArray(
                x.data.map((v) => v * factor),
                x.shape,
              ),
          ),
      };
    },
  };
}

describe("selfTest", () => {
  it("passes a backend that agrees and fails one that is off, or gives no numbers", async () => {
    const checks = await selfTest(undefined, {
      same: async () => off(1),
      rounded: async () => off(1 + 1e-6),
      wrong: async () => off(1.001),
      nothing: async () => off(Number.NaN),
    });
    expect(checks.map(({ passed }) => passed)).toEqual([true, true, false, false]);
    expect(checks[2]!.difference).toBeCloseTo(0.001, 5);
  });

  it("says why a backend can't be used, and goes on", async () => {
    const checks = await selfTest(undefined, {
      absent: () => Promise.reject(new Error("no such machine")),
      same: async () => off(1),
    });
    expect(checks[0]).toEqual({ name: "absent", missing: "no such machine", passed: false });
    expect(checks[1]!.passed).toBe(true);
  });
});
