/** One thread's share of a ceiling: register-only arithmetic of our WebAssembly, or copying floats. */
import { loadModule } from "../../src/backends/wasm/load.ts";
import type { Ceiling } from "../workloads/ceiling.ts";

export interface LoopRequest extends Pick<Ceiling, "loop" | "count"> {
  seconds: number;
}

export interface LoopResult {
  /** FLOP, or floats copied. */
  work: number;
  seconds: number;
}

/** Short enough to stop in time: about a third of a millisecond. */
const STEPS = 200_000;

type Peak = (steps: number) => number;
interface Kernels {
  fma: Peak;
  muladd: Peak;
  relaxed: boolean;
}

let kernels: Kernels | undefined;

/** The one-thread build of the engine's kernels. To be awaited once before `runLoop`. */
export async function loadKernels(): Promise<Kernels> {
  const { module, variant } = await loadModule({ shared: false });
  const { exports } = await WebAssembly.instantiate(module, {
    env: { memory: new WebAssembly.Memory({ initial: 64 }) },
  });
  kernels = {
    fma: exports.peak_fma as Peak,
    muladd: exports.peak_muladd as Peak,
    relaxed: variant.startsWith("relaxed"),
  };
  return kernels;
}

/** Arrays of the last copy, kept so that only their bytes move. */
let arrays: [Float32Array, Float32Array] = [new Float32Array(0), new Float32Array(0)];

export function runLoop({ loop, count, seconds }: LoopRequest): LoopResult {
  const [from, to] = loop === "copy" ? copyArrays(count) : arrays;
  const start = performance.now();
  let work = 0;
  let elapsed = 0;
  do {
    if (loop === "copy") {
      to.set(from);
      work += count;
    } else {
      work += kernels![loop](STEPS);
    }
    elapsed = (performance.now() - start) / 1000;
  } while (elapsed < seconds);
  return { work, seconds: elapsed };
}

function copyArrays(count: number) {
  if (arrays[0].length !== count) arrays = [new Float32Array(count).fill(1), new Float32Array(count)];
  return arrays;
}
