import { existsSync, readFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { Handover } from "./handover.ts";
import { gemmInputs, gemmSamples } from "./workloads/gemm.ts";
import { initialWeights, parseTrainingStep, stepData, verificationRates } from "./workloads/training-step.ts";
import type { Task } from "./workloads/workload.ts";

const handover = new Handover();
afterEach(() => handover.clear());

const floats = (file: string) => new Float32Array(new Uint8Array(readFileSync(file)).buffer);

describe("inputs for engines in other languages", () => {
  const gemm = { kind: "gemm", m: 3, k: 4, n: 5 } as const;

  it("are the same numbers, in files, with their shapes", () => {
    const { arrays, samples } = handover.give(gemm);
    expect(floats(arrays.a!.file)).toEqual(gemmInputs(gemm).a);
    expect(floats(arrays.b!.file)).toEqual(gemmInputs(gemm).b);
    expect([arrays.a, arrays.b]).toMatchObject([
      { dtype: "float32", shape: [3, 4] },
      { dtype: "float32", shape: [4, 5] },
    ]);
    expect(samples).toEqual(gemmSamples(gemm));
  });

  it("of a training step hold the data, every layer's weights and all rates", () => {
    const task = parseTrainingStep("6-5-4-3", 7, true);
    const { arrays, ...orders } = handover.give(task);
    expect(new Int32Array(new Uint8Array(readFileSync(arrays.labels!.file)).buffer)).toEqual(stepData(task).labels);
    expect(arrays.labels).toMatchObject({ dtype: "int32", shape: [7] });
    expect(arrays.x!.shape).toEqual([7, 6]);
    const weights = initialWeights(task);
    expect([0, 1, 2].map((layer) => floats(arrays[`weights${layer}`]!.file))).toEqual(weights);
    expect(arrays.weights2!.shape).toEqual([4, 3]);
    expect(orders).toEqual({ rates: verificationRates(task), timedRate: 1e-10, momentum: 0.9 });
  });

  it("stay for the engines that follow, and go with their task", () => {
    const first = handover.give(gemm).arrays.a!.file;
    expect(handover.give({ ...gemm }).arrays.a!.file).toBe(first);
    const next: Task = { kind: "sigmoid", count: 9 };
    const { file } = handover.give(next).arrays.x!;
    expect([existsSync(first), existsSync(file)]).toEqual([false, true]);
    handover.clear();
    expect(existsSync(file)).toBe(false);
  });
});
