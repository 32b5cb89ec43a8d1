import { describe, expect, it } from "vitest";
import { UserError } from "../../src/errors.ts";
import { array } from "../../src/index.ts";
import { checkNumbers, entrants, gaterCost, parseSize } from "./gaters.ts";
import type { SubjectOptions } from "./subject.ts";

const options: SubjectOptions = {
  ...{ sizes: ["20-16"], threads: [1], backends: ["wasm"], peers: false, seconds: 0.001, rounds: 1 },
};

describe("gaters", () => {
  it("are timed beside the dense one on every batch, each after it agreed with the reference backend", async () => {
    const workloads: string[] = [];
    for await (const contest of gaterCost.contests({ ...options, lists: { batch: [1, 3] } }, () => {})) {
      workloads.push(contest.workload);
      const settings = contest.lanes.map(({ setting }) => setting);
      expect(settings).toEqual(entrants({ input: 20, blocks: 16 }).map(({ setting }) => setting));
      expect(contest.base).toBe(settings[0]);
      for (const lane of contest.lanes) expect(await lane.take()).toBeGreaterThan(0);
    }
    expect(workloads).toEqual(["gaters 20-16 batch 1", "gaters 20-16 batch 3"]);
  });

  it("say their multiply-adds for one example", () => {
    expect(entrants({ input: 784, blocks: 64 }).map(({ multiplyAdds }) => multiplyAdds)).toEqual([
      ...[784 * 400 + 400 * 64, 784 * 64, 16 * (784 + 64), 784 * 63, 784 * 6, 0],
    ]);
    expect(entrants({ input: 784, blocks: 64 })[2]!.setting).toBe("low-rank 16: 13,568 multiply-adds");
  });

  it("are refused where they differ from the reference backend, or are no numbers", () => {
    const wanted = array([1, -2, 4]);
    expect(() => checkNumbers("x", array([1, -2.0003, 4]), wanted)).not.toThrow();
    expect(() => checkNumbers("x", array([1, -2.0005, 4]), wanted)).toThrow("x: number 1 is -2.0004999");
    expect(() => checkNumbers("x", array([1, Number.NaN, 4]), wanted)).toThrow("number 1 is NaN");
  });

  it("take sizes that a tree and a rank of 16 fit into", () => {
    expect(parseSize("784-4096")).toEqual({ input: 784, blocks: 4096 });
    for (const wrong of ["784", "784-48", "784-8", "8-64", "784-64-10", "x-64", "784-131072"])
      expect(() => parseSize(wrong)).toThrow(UserError);
  });
});
