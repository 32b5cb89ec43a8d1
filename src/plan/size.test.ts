/** Programs whose arrays fit, each by itself, and what they come to together; nothing is allocated here. */
import { describe, expect, test } from "vitest";
import { encode } from "../backends/engine/encode.ts";
import { input, matmul, sum, type Tensor } from "../graph/index.ts";
import { MOST_ELEMENTS } from "../graph/size.ts";
import { key } from "../random/index.ts";
import type { Instruction } from "./plan.ts";
import { plan } from "./planner.ts";

/** As kernels count: in words of 32 bits. */
const gemmScratch = (m: number, n: number, k: number): number => (m > 4 && n >= 24 ? Math.imul(m, k) : 0);
const planned = (...outputs: Tensor[]) =>
  plan(
    {
      inputs: [...new Set(outputs.flatMap((y) => inputsOf(y)))].map((tensor, i) => ({
        name: `${i}`,
        tensor,
        resident: true,
      })),
      outputs,
      updates: [],
    },
    { kind: "native", gemmScratch },
  );
const inputsOf = (y: Tensor): Tensor[] => (y.op.name === "input" ? [y] : y.inputs.flatMap(inputsOf));
const array = (...shape: number[]) => input("x", { shape, dtype: "float32" });

describe("programs of large arrays", () => {
  test.each([
    ["one axis", [MOST_ELEMENTS - 16]],
    ["rows", [2 ** 15, MOST_ELEMENTS / 2 ** 15 - 4]],
    ["columns", [MOST_ELEMENTS / 2 ** 15 - 4, 2 ** 15]],
  ])("are said in words of 32 bits up to the limit: %s", (_, shape) => {
    for (const y of [sum(key(1).uniform(shape)), sum(array(...shape).exp(), 0), array(...shape).max(0)]) {
      const made = planned(y);
      expect(made.instructions.length).toBeGreaterThan(0);
      expect(encode(made.instructions).length).toBeGreaterThan(10);
    }
  });

  test("whose intermediate results lie too far apart are refused, with their sum and the largest", () => {
    const half = 2 ** 30;
    expect(() => planned(key(1).uniform([half]), key(2).uniform([half - 2 ** 17]))).not.toThrow();
    expect(() => planned(key(1).uniform([half]), key(2).uniform([half]), key(3).uniform([2, 8]))).toThrow(
      "compile: the intermediate results of one call are at most 2,147,418,112 elements together, these would be 2,147,483,664; the largest has the shape [1073741824]",
    );
  });

  test("an operand of a product is counted in whole tiles", () => {
    const product = (m: number, k: number) => matmul(array(m, k), array(k, 24));
    // 17 rows are packed as 32: 1.1e9 elements, which take 2.1e9 words of 16 bits.
    expect(() => planned(product(17, 67_000_000))).not.toThrow();
    expect(() => planned(product(17, 67_200_000))).toThrow("matmul: an operand in whole tiles, [32, 67200000]");
    // Few rows are not packed at all.
    expect(() => planned(product(4, 80_000_000))).not.toThrow();
  });

  test("a word that does not fit is an error and no other number", () => {
    const instruction = {
      kind: "kthLargest",
      rows: 1,
      length: 2 ** 31,
      k: 1,
      from: { buffer: 2, offset: 0 },
      to: { buffer: 0, offset: 0 },
    };
    const made = [instruction as Instruction];
    expect(() => encode(made)).toThrow("the word 2147483648 is no whole number of 32 bits");
  });
});
