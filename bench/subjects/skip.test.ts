import { describe, expect, it } from "vitest";
import { referenceBackend } from "../../src/backends/reference/reference.ts";
import type { Named } from "../../src/cells/index.ts";
import { runCell } from "../../src/cells/run.ts";
import { NdArray } from "../../src/entries/engine.ts";
import { UserError } from "../../src/errors.ts";
import { compile, type Tensor } from "../../src/index.ts";
import { layerOf, parseSize, shares, skippedSteps } from "./skip.ts";
import type { SubjectOptions } from "./subject.ts";

const options: SubjectOptions = {
  ...{ sizes: ["3-5"], threads: [1], backends: ["wasm"], peers: false, seconds: 0.001, rounds: 1 },
};

describe("an LSTM that skips steps", () => {
  it("is timed beside the LSTM in both passes, each after it agreed with the reference backend", async () => {
    const workloads: string[] = [];
    for await (const contest of skippedSteps.contests({ ...options, lists: { batch: [3], length: [30] } }, () => {})) {
      workloads.push(contest.workload);
      const settings = contest.lanes.map(({ setting }) => setting);
      expect(settings.slice(0, 3)).toEqual(["lstm", "skip, every step", "skip, 1 step in 2"]);
      expect(contest.base).toBe("lstm");
      for (const lane of contest.lanes) expect(await lane.take()).toBeGreaterThan(0);
    }
    expect(workloads).toEqual(["inference 3x30, 3-5", "gradient 3x30, 3-5"]);
  });

  it.each(shares)(
    "takes one step in %d: its probability is back where it was after as many, and not before",
    (every) => {
      const size = { input: 2, units: 3, batch: 4, length: every };
      const { cell, params, start } = layerOf(size, every);
      const probabilityAfter = (steps: number): number[] => {
        const x = NdArray.zeros([size.batch, steps, size.input]);
        const last = (own: Named<Tensor>, at: Tensor, from: Named<Tensor>): Tensor =>
          runCell(cell, own, at, { start: from }).state.p!;
        const p = compile(last, { backend: referenceBackend() })(params, x, start);
        return Array.from(p.data);
      };
      const begun = Array.from(start.p!.data);
      const apart = (p: readonly number[]): number => Math.max(...p.map((value, i) => Math.abs(value - begun[i]!)));
      expect(apart(probabilityAfter(every))).toBeLessThan(1e-5);
      if (every > 1) expect(apart(probabilityAfter(every - 1))).toBeGreaterThan(0.01);
    },
  );

  it("takes inputs and units", () => {
    expect(parseSize("28-256")).toEqual({ input: 28, units: 256 });
    for (const wrong of ["28", "28-", "0-5", "28-256-10", "28-5000", "x-4"])
      expect(() => parseSize(wrong)).toThrow(UserError);
  });
});
