import type { Loop, Workload } from "./workload.ts";

export type Ceiling = { kind: "ceiling"; loop: Loop; count: number };

/** What the machine can do at best: register-only arithmetic, and moving floats. */
export const ceiling: Workload<Ceiling> = {
  name: ({ loop }) => loop,
  size: ({ loop, count }) => (loop === "copy" ? `${count} floats` : "in registers"),
  unit: ({ loop }) => (loop === "copy" ? "GB/s" : "GFLOP/s"),
  better: "more",
  value: ({ loop }, workPerSecond) => workPerSecond * (loop === "copy" ? 4e-9 : 1e-9),
  /** The evidence is the work that one short run said it did, and the loop's own figure must not be empty. */
  checker: () => (evidence) => {
    if (!(evidence[0]! > 0)) throw new Error(`the loop did ${evidence[0]} operations`);
  },
};

/** 16 Mi floats: twice 64 MB, beyond the last cache of most machines. */
export const ceilings: Ceiling[] = [
  { kind: "ceiling", loop: "fma", count: 0 },
  { kind: "ceiling", loop: "muladd", count: 0 },
  { kind: "ceiling", loop: "copy", count: 2 ** 24 },
];
