/** One thread's share of a ceiling: register-only arithmetic, native or in WebAssembly, or moving floats. */
import { loadAddon } from "../../src/backends/native/load.ts";
import { loadModule } from "../../src/backends/wasm/load.ts";
import type { CeilingKind } from "../workloads/ceiling.ts";
import type { Loop } from "../workloads/workload.ts";

export interface LoopRequest {
  loop: Loop;
  /** Floats to move; of no meaning for arithmetic. */
  count: number;
  seconds: number;
}

export interface LoopResult {
  /** FLOP, or floats moved. */
  work: number;
  seconds: number;
}

/** What a thread can run: each call is short and gives the work that it did. */
export interface Loops {
  /** What a reader of the figures must know. */
  note: string;
  runs: Partial<Record<Loop, (count: number) => number>>;
}

/** Floats between two looks at the clock: some tens of microseconds. */
const LEAST_MOVED = 2 ** 19;
/** Short enough to stop in time: about a third of a millisecond. */
const STEPS = 200_000;

const kinds: Record<CeilingKind, () => Promise<Loops>> = { native: nativeLoops, wasm: wasmLoops, memory: memoryLoops };

/** Loads the loops of one kind on the calling thread. Throws UserError where the add-on is not built. */
export function loadLoops(kind: CeilingKind): Promise<Loops> {
  return kinds[kind]();
}

async function nativeLoops(): Promise<Loops> {
  const addon = loadAddon();
  const [best] = addon.instructionSets();
  const kernels = addon.create(best!, 1);
  if (!kernels) throw new Error(`no kernels for ${best}`);
  return {
    note: `${best}, in registers`,
    runs: { fma: () => addon.peakFma(kernels, STEPS), muladd: () => addon.peakMuladd(kernels, STEPS) },
  };
}

async function wasmLoops(): Promise<Loops> {
  const { module, variant } = await loadModule({ shared: false });
  const { exports } = await WebAssembly.instantiate(module, {
    env: { memory: new WebAssembly.Memory({ initial: 64 }) },
  });
  const { peak_fma: fma, peak_muladd: muladd } = exports as Record<string, (steps: number) => number>;
  return {
    note: variant.startsWith("relaxed")
      ? "128-bit, relaxed SIMD, in registers"
      : "128-bit, without relaxed SIMD: multiply and add are two instructions",
    runs: { fma: () => fma!(STEPS), muladd: () => muladd!(STEPS) },
  };
}

async function memoryLoops(): Promise<Loops> {
  /** Arrays of the last size, kept so that only their bytes move. */
  let [from, to] = [new Float32Array(0), new Float32Array(0)];
  const arrays = (count: number) => {
    if (from.length !== count) [from, to] = [new Float32Array(count).fill(1), new Float32Array(count)];
  };
  return {
    note: "moving float32 arrays, each thread its share",
    runs: {
      copy(count) {
        arrays(count);
        // As long as a look at the clock doesn't count.
        const times = Math.ceil(LEAST_MOVED / count);
        for (let i = 0; i < times; i++) to.set(from);
        return times * count;
      },
      fill(count) {
        arrays(count);
        to.fill(0.5);
        return count;
      },
    },
  };
}

export function runLoop({ runs }: Loops, { loop, count, seconds }: LoopRequest): LoopResult {
  const run = runs[loop];
  if (!run) throw new Error(`no loop ${loop}`);
  const start = performance.now();
  let work = 0;
  let elapsed = 0;
  do {
    work += run(count);
    elapsed = (performance.now() - start) / 1000;
  } while (elapsed < seconds);
  return { work, seconds: elapsed };
}
