import { describe, expect, it } from "vitest";
import type { Tree } from "../../src/entries/engine.ts";
import { array, type NdArray } from "../../src/index.ts";
import { findPython } from "../contestants.ts";
import { parseTrainingStep } from "../workloads/training-step.ts";
import { checkSameGradient, checkSameNoise, contestants, estimatorSpeed, ownEvidence } from "./estimators.ts";
import type { SubjectOptions } from "./subject.ts";

const options: SubjectOptions = {
  ...{ sizes: ["12-9-3"], threads: [1], backends: ["wasm"], peers: false, seconds: 0.001, rounds: 1 },
};
const python = findPython(undefined);

describe("estimators", () => {
  it("measures the deterministic network and every estimator of binary units that doesn't visit each unit", async () => {
    const names = contestants().map(([name]) => name);
    expect(names[0]).toBe("sigmoid");
    expect(new Set(names).size).toBe(names.length);
    for (const name of ["straight-through", "disarm", "leave-one-out", "nvil", "arms"]) expect(names).toContain(name);
    for (const name of ["exact", "local-expectation", "rectifier", "smooth-times-stochastic", "gumbel-softmax"])
      expect(names).not.toContain(name);
    for await (const contest of estimatorSpeed.contests(options, () => {})) {
      expect(contest).toMatchObject({ workload: "estimators 12-9-3 batch 100, momentum", base: "sigmoid" });
      expect(contest.lanes.map(({ setting }) => setting)).toEqual(names);
      for (const lane of contest.lanes) expect(await lane.take()).toBeGreaterThan(0);
    }
  }, 60_000);

  // Six processes that load PyTorch.
  it.skipIf(python === undefined)(
    "times PyTorch only where its gradient is ours, given the same noise",
    async () => {
      const given = { ...options, peers: true, python: python! };
      for await (const { lanes } of estimatorSpeed.contests(given, () => {})) {
        const theirs = lanes.filter(({ engine }) => engine === "PyTorch");
        expect(theirs).toHaveLength(6);
        expect(await theirs[0]!.take()).toBeGreaterThan(0);
      }
    },
    120_000,
  );

  it("refuses a gradient that is another one, and a loss", () => {
    const task = parseTrainingStep("12-9-3", 100, true);
    const ours = ownEvidence(task, "disarm");
    expect(() => checkSameGradient("x", ours, ours)).not.toThrow();
    expect(() => checkSameGradient("x", ownEvidence(task, "straight-through-slope"), ours)).toThrow(
      /gradient differs by/,
    );
    expect(() => checkSameGradient("x", [ours[0]! * 1.01, ...ours.slice(1)], ours)).toThrow(/the loss is/);
    expect(() => checkSameGradient("x", ours.slice(0, -1), ours)).toThrow(/the loss is/);
    expect(() => checkSameGradient("x", [ours[0]!, ...ours.slice(1).map(() => Number.NaN)], ours)).toThrow(/NaN/);
  });

  it("reads the given noise and the given average", () => {
    const task = parseTrainingStep("12-9-3", 100, true);
    const [average, plain] = [ownEvidence(task, "score-function-moving-average"), ownEvidence(task, "score-function")];
    expect(average[0]).toBe(plain[0]);
    expect(average[1]).not.toBeCloseTo(plain[1]!, 8);
    expect(ownEvidence(task, "disarm")).toEqual(ownEvidence(task, "disarm"));
  });

  it("refuses a backend whose loss or state is another one", () => {
    const evidence = (loss: number, ...values: number[]) => ({ loss, state: { w: array(values) } as Tree<NdArray> });
    const wanted = evidence(2, 3, 4);
    expect(() => checkSameNoise("x", evidence(2.001, 3, 4.01), wanted)).not.toThrow();
    expect(() => checkSameNoise("x", evidence(2.1, 3, 4), wanted)).toThrow(/the loss is 2.1/);
    expect(() => checkSameNoise("x", evidence(2, 3, 5), wanted)).toThrow(/^x: w differs by 0\.2/);
    expect(() => checkSameNoise("x", evidence(2, Number.NaN, 4), wanted)).toThrow(/differs by NaN/);
  });
});
