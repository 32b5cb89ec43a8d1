import { describe, expect, it } from "vitest";
import * as ops from "../src/graph/index.ts";
import { input, type Tensor } from "../src/graph/index.ts";
import { plan } from "../src/plan/planner.ts";
import { divisions, parseDivision } from "./chunks.ts";

const kernels = { kind: "native", gemmScratch: () => 0 } as const;
const float = (name: string, ...shape: number[]): Tensor => input(name, { shape, dtype: "float32" });
const planOf = (inputs: readonly Tensor[], outputs: readonly Tensor[]) =>
  plan(
    {
      inputs: inputs.map((tensor) => ({ name: String(tensor.id), tensor, resident: false })),
      ...{ outputs, updates: [] },
    },
    kernels,
  );

it("lines are barriers, and whether each instruction is left to one thread, with its chunks", () => {
  expect(parseDivision("3 0,2,16 1,0,0\n1 0,5,0\n")).toEqual({
    barriers: 4,
    instructions: [
      { alone: false, chunks: [2, 16] },
      { alone: true, chunks: [0, 0] },
      { alone: false, chunks: [5, 0] },
    ],
  });
});

describe("the kernels' division of a program", () => {
  const [few, many] = [float("few", 16384), float("many", 5, 16384)];
  const found = divisions([
    planOf([few], [few.mul(2)]),
    planOf([many], [many.mul(2)]),
    planOf([few, many], [ops.exp(few.mul(2)), many.mul(2)]),
  ]);

  // A chunk is 16384 elements: kernels/tape.h.
  it.skipIf(found === undefined)(
    "leaves one chunk to the calling thread, and shares more, with a barrier at the end",
    () => {
      expect(found![0]).toEqual({ barriers: 1, instructions: [{ alone: true, chunks: [0, 0] }] });
      expect(found![1]).toEqual({ barriers: 1, instructions: [{ alone: false, chunks: [5, 0] }] });
    },
  );

  it.skipIf(found === undefined)("has a barrier between what one thread does and what all do", () => {
    expect(found![2]!.instructions).toEqual([
      { alone: true, chunks: [0, 0] },
      { alone: false, chunks: [5, 0] },
    ]);
    expect(found![2]!.barriers).toBe(2);
  });
});
