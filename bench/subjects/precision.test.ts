/** The subject about bfloat16: what it sets up, and what it makes of pairs of networks. */
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { nativeBackend } from "../../src/backends/native/native.ts";
import { nativeSets } from "../../src/backends/testing/native.ts";
import { type Backend, mlp, train } from "../../src/index.ts";
import { toyData } from "../../src/train/testing.ts";
import { subjects } from "./index.ts";
import { learning, meanDifference } from "./precision.ts";

test("a mean of differences comes with its standard error", () => {
  expect(meanDifference([0.1, -0.1, 0.3])).toBe("mean difference 0.100, standard error 0.115, of 3 seeds");
});

describe.skipIf(nativeSets.length === 0)("precision", () => {
  let backends: Backend[];
  beforeAll(async () => {
    backends = await Promise.all([nativeBackend({ threads: 1 }), nativeBackend({ threads: 1, precision: "bfloat16" })]);
  });
  afterAll(() => Promise.all(backends.map((backend) => backend.close())));

  it("times products and steps in both precisions, and the update of a step's weights", async () => {
    const options = {
      sizes: ["30x40x50", "12-9-3"],
      threads: [1],
      backends: [],
      peers: false,
      seconds: 0.001,
      rounds: 1,
    };
    const contests = subjects.precision!.contests(options, () => {});
    const found = [(await contests.next()).value, (await contests.next()).value];
    expect(found.map(({ workload, unit }) => [workload, unit])).toEqual([
      ["gemm 30x40x50", "GFLOP/s"],
      ["step 12-9-3 batch 100", "examples/s"],
    ]);
    expect(found.map(({ lanes }) => lanes.map(({ setting }: { setting: string }) => setting))).toEqual([
      ["float32", "bfloat16"],
      ["float32", "bfloat16", "update of the weights alone"],
    ]);
    for (const { lanes } of found) for (const lane of lanes) expect(await lane.take()).toBeGreaterThan(0);
    await contests.return(undefined);
  });

  it("trains both networks of a pair with one seed, and the next pair with the next", async () => {
    const data = toyData();
    const { contest, differences } = learning(data, { estimator: "rectifier", rate: 0.001 }, 1, backends);
    const model = mlp({ input: 4, hidden: [{ units: 400, estimator: "rectifier" }], classes: 3 });
    for (const seed of [0, 1]) {
      const values = (await contest.lanes[0]!.take()) as { float32: number; bfloat16: number; difference: number };
      const optimizer = { name: "adam", rate: 0.001 } as const;
      const schedule = { name: "cosine" } as const;
      const { test } = await train(model, data, { epochs: 1, optimizer, schedule, seed, backend: backends[0]! });
      expect(values.float32).toBe(test.deterministic.error);
      expect(differences[seed]).toBe(values.difference);
      expect(values.difference).toBe(values.bfloat16 - values.float32);
    }
  });
});
