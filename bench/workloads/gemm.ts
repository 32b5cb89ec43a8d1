import { UserError } from "../../src/errors.ts";
import { normals, sampleIndices } from "./data.ts";
import { positiveInteger } from "./sizes.ts";
import type { Workload } from "./workload.ts";

export type Gemm = { kind: "gemm"; m: number; k: number; n: number };

/** C = A B, A [m, k], B [k, n], float32; all three stay where the engine keeps them. */
export const gemm: Workload<Gemm> = {
  name: () => "gemm",
  size: ({ m, k, n }) => `${m}x${k}x${n}`,
  unit: () => "GFLOP/s",
  better: "more",
  value: ({ m, k, n }, runsPerSecond) => 2e-9 * m * k * n * runsPerSecond,
  ceiling: {
    loop: () => ({ kind: "ceiling", loop: "fma", count: 0 }),
    value: (_, flops) => flops * 1e-9,
  },
  /** The evidence is C at `gemmSamples`, held against float64 sums. */
  checker(task) {
    const { a, b } = gemmInputs(task);
    const exact = gemmSamples(task).map((index) => entry(task, a, b, index));
    return (evidence) => {
      for (const [s, { place, sum, size }] of exact.entries()) {
        const received = evidence[s] ?? Number.NaN;
        // float32 sums in any order stay far inside a millionth of Σ|a b| at the sizes that fit in memory.
        if (!(Math.abs(received - sum) <= 1e-6 * size)) {
          throw new Error(`C[${place}] is ${received}, its float64 sum is ${sum}`);
        }
      }
    };
  },
};

function entry({ k, n }: Gemm, a: Float32Array, b: Float32Array, index: number) {
  const [row, column] = [Math.floor(index / n), index % n];
  let sum = 0;
  let size = 0;
  for (let p = 0; p < k; p++) {
    const product = a[row * k + p]! * b[p * n + column]!;
    sum += product;
    size += Math.abs(product);
  }
  return { place: `${row}, ${column}`, sum, size };
}

export function parseGemm(text: string): Gemm {
  const sizes = text.split("x").map(positiveInteger);
  const [m, k, n] = sizes;
  if (sizes.length !== 3 || !m || !k || !n) {
    throw new UserError(`gemm: a size is MxKxN, three positive integers such as 96x1500x700; received ${text}`);
  }
  if (Math.max(m * k, k * n, m * n) > 2 ** 27) {
    throw new UserError(`gemm: a matrix has at most 134217728 elements (512 MB); received ${text}`);
  }
  return { kind: "gemm", m, k, n };
}

export function gemmInputs({ m, k, n }: Gemm): { a: Float32Array; b: Float32Array } {
  return { a: normals(1, m * k), b: normals(2, k * n) };
}

/** Row-major indices into C. */
export function gemmSamples({ m, n }: Gemm): number[] {
  return sampleIndices(m * n);
}
