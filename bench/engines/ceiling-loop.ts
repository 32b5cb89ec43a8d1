/** One thread's share of a ceiling: register-only arithmetic of our WebAssembly, or copying floats. */
import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
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

/** The one-thread build of the engine's kernels, with relaxed SIMD where this Node runs it. */
export function loadKernels(): Kernels {
  if (kernels) return kernels;
  const file = (name: string) => readFileSync(new URL(`../../src/backends/wasm/${name}.wasm`, import.meta.url));
  const fused = file("relaxed-single");
  // Node 20 has relaxed SIMD behind a flag that can still be set; later versions have it on and would warn.
  if (!WebAssembly.validate(fused)) setFlagsFromString("--experimental-wasm-relaxed-simd");
  const relaxed = WebAssembly.validate(fused);
  const module = new WebAssembly.Module(relaxed ? fused : file("simd-single"));
  const memory = new WebAssembly.Memory({ initial: 64 });
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  kernels = { fma: exports.peak_fma as Peak, muladd: exports.peak_muladd as Peak, relaxed };
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
      work += loadKernels()[loop](STEPS);
    }
    elapsed = (performance.now() - start) / 1000;
  } while (elapsed < seconds);
  return { work, seconds: elapsed };
}

function copyArrays(count: number) {
  if (arrays[0].length !== count) arrays = [new Float32Array(count).fill(1), new Float32Array(count)];
  return arrays;
}
