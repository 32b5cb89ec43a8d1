import { describe, expect, it } from "vitest";
import { UserError } from "../../src/errors.ts";
import { gatedConv, gatesFor, opened, parseSize } from "./gated-conv.ts";
import type { SubjectOptions } from "./subject.ts";

const options: SubjectOptions = {
  ...{ sizes: ["3-16-5"], threads: [1], backends: ["wasm"], peers: false, seconds: 0.001, rounds: 1 },
};

describe("a convolution of gated channels", () => {
  it("is timed beside one without gates, forward and in a step, each after it agreed with the reference backend", async () => {
    const workloads: string[] = [];
    for await (const contest of gatedConv.contests({ ...options, lists: { batch: [3] } }, () => {})) {
      workloads.push(contest.workload);
      const settings = contest.lanes.map(({ setting }) => setting);
      expect(settings).toEqual(["convolution", "8 of 8 open", "4 of 8 open", "2 of 8 open", "1 of 8 open"]);
      expect(contest.base).toBe("convolution");
      for (const lane of contest.lanes) expect(await lane.take()).toBeGreaterThan(0);
    }
    expect(workloads).toEqual(["forward 3x3, 16 channels, 3 images 5x5", "step 3x3, 16 channels, 3 images 5x5"]);
  });

  it.each(opened.filter((open) => open !== undefined))(
    "opens %d groups for each image, and not always the same",
    (open) => {
      const { data } = gatesFor(16, open);
      const rows = Array.from({ length: 16 }, (_, b) => [...data.subarray(b * 8, b * 8 + 8)]);
      for (const row of rows) expect(row.filter((gate) => gate !== 0)).toHaveLength(open);
      expect(new Set(rows.map(String)).size).toBe(open === 8 ? 1 : 8);
    },
  );

  it("takes taps, channels and rows", () => {
    expect(parseSize("3-64-28")).toEqual({ taps: 3, channels: 64, side: 28 });
    for (const wrong of ["3-64", "3-60-28", "0-64-28", "29-64-28", "3-64-28-1", "3-64-x", "3-4096-28"])
      expect(() => parseSize(wrong)).toThrow(UserError);
  });
});
