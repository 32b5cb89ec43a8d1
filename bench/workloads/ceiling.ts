import type { Loop, Workload } from "./workload.ts";

export type Ceiling = { kind: "ceiling"; loop: Loop; count: number };

/** Whose limit it is: of native code, of WebAssembly's 128-bit vectors, or of the memory, which is the same for both. */
export type CeilingKind = "native" | "wasm" | "memory";

export const movesFloats = (loop: Loop): boolean => loop !== "fma" && loop !== "muladd";

/** Whether a ceiling of this kind has the loop. */
export function hasLoop(kind: string, loop: Loop): boolean {
  return movesFloats(loop) === (kind === "memory");
}

/** What the machine can do at best: register-only arithmetic, and moving floats. */
export const ceiling: Workload<Ceiling> = {
  name: ({ loop }) => loop,
  size: ({ loop, count }) => (movesFloats(loop) ? `${count} floats` : "in registers"),
  unit: ({ loop }) => (movesFloats(loop) ? "GB/s" : "GFLOP/s"),
  better: "more",
  value: ({ loop }, workPerSecond) => workPerSecond * (movesFloats(loop) ? 4e-9 : 1e-9),
  /** The evidence is the work that one short run said it did, and the loop's own figure must not be empty. */
  checker: () => (evidence) => {
    if (!(evidence[0]! > 0)) throw new Error(`the loop did ${evidence[0]} operations`);
  },
};

/** 16 Mi floats: 64 MB an array, beyond the last cache of most machines. */
const BEYOND_CACHES = 2 ** 24;

export const ceilings: Ceiling[] = [
  { kind: "ceiling", loop: "fma", count: 0 },
  { kind: "ceiling", loop: "muladd", count: 0 },
  { kind: "ceiling", loop: "copy", count: BEYOND_CACHES },
  { kind: "ceiling", loop: "fill", count: BEYOND_CACHES },
];
