import { Engine, elementwise, type Tape } from "../../../kernels/harness.ts";
import { loadAddon } from "../../../src/backends/native/load.ts";

/** Numbers of a thread's share: as few as are still shared among threads, if two share them. */
const SHARE = 8200;
/** Instructions of a program, each with a barrier before it. */
const INSTRUCTIONS = 200;
/** Runs of which the fastest counts: a barrier that others disturb is no barrier's cost. */
const RUNS = 40;

/** The part of an instruction's time that is neither its own work nor a share of it: waiting for the others, and taking chunks. */
export const barrierFrom = (alone: number, together: number, threads: number, instructions: number): number =>
  (together - alone / threads) / instructions;

const least = (run: () => void): number => {
  let found = Number.POSITIVE_INFINITY;
  for (let i = 0; i < RUNS; i++) {
    const start = performance.now();
    run();
    found = Math.min(found, 1000 * (performance.now() - start));
  }
  return found;
};

/** Microseconds of a barrier of `threads` threads of the add-on, two or more, with what it takes to share an instruction's chunks. */
export async function barrierCost(threads: number): Promise<number> {
  const engine = await new Engine(`native ${loadAddon().instructionSets()[0]}`, threads).ready();
  try {
    const numbers = engine.of(new Float32Array(threads * SHARE).fill(1));
    const all = { buffer: numbers, strides: [SHARE, 1] };
    const product: Tape = { inputs: [all, { immediate: 1 }], outputs: [all], ops: [["MUL", 2, 0, 1]] };
    const instruction = elementwise([threads, SHARE], product);
    const run = engine.load(...Array.from({ length: INSTRUCTIONS }, () => instruction));
    return barrierFrom(
      least(() => run(1)),
      least(() => run(threads)),
      threads,
      INSTRUCTIONS,
    );
  } finally {
    await engine.close();
  }
}
