/** One thread's share of a ceiling: register-only arithmetic, native or in WebAssembly, or moving floats. */
import { Engine, elementwise, reduce, type Tape } from "../../kernels/harness.ts";
import { loadAddon } from "../../src/backends/native/load.ts";
import { loadModule } from "../../src/backends/wasm/load.ts";
import { UserError } from "../../src/errors.ts";
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
  /** Makes what a run needs, before the clock runs. */
  prepare?(request: LoopRequest): void;
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

/** Runs of kernels over floats that lie in one place, as many times as a look at the clock doesn't count. */
class Places {
  readonly #variant: string;
  readonly #runs = new Map<number, { scale(): void; sum(): void }>();

  /** On the add-on where there is one, else in WebAssembly. */
  constructor() {
    try {
      this.#variant = `native ${loadAddon().instructionSets()[0]}`;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.#variant = "simd-single";
    }
  }

  at(count: number): { scale(): void; sum(): void } {
    const known = this.#runs.get(count);
    if (known) return known;
    const engine = new Engine(this.#variant, 1, Math.ceil((4 * count) / 2 ** 20) + 1);
    const [floats, sum] = [engine.buffer(count), engine.buffer(1)];
    engine.floats(floats, count).fill(1);
    const times = timesOf(count);
    const every = { buffer: floats, strides: [0, 1] };
    const product: Tape = { inputs: [every, { immediate: 1 }], outputs: [every], ops: [["MUL", 2, 0, 1]] };
    const scale = engine.load(elementwise([times, count], product));
    const sums = engine.load(...Array.from({ length: times }, () => reduce("SUM", false, [1, count, 1], floats, sum)));
    const runs = { scale: () => void scale(), sum: () => void sums() };
    this.#runs.set(count, runs);
    return runs;
  }
}

/** How often the floats are moved between two looks at the clock. */
const timesOf = (count: number): number => Math.ceil(LEAST_MOVED / count);

/** Arrays are kept and touched before anything is timed: a page that nobody has touched yet is the system's work to find. */
async function memoryLoops(): Promise<Loops> {
  const known = new Map<number, readonly [from: Float32Array, to: Float32Array]>();
  const arrays = (count: number) => {
    const pair = known.get(count) ?? ([new Float32Array(count).fill(1), new Float32Array(count).fill(1)] as const);
    known.set(count, pair);
    return pair;
  };
  const places = new Places();
  return {
    note: "moving float32 arrays, each thread its share",
    prepare: ({ loop, count }) => void (loop === "copy" || loop === "fill" ? arrays(count) : places.at(count)),
    runs: {
      copy(count) {
        const [from, to] = arrays(count);
        const times = timesOf(count);
        for (let i = 0; i < times; i++) to.set(from);
        return times * count;
      },
      fill(count) {
        arrays(count)[1].fill(0.5);
        return count;
      },
      scale(count) {
        places.at(count).scale();
        return timesOf(count) * count;
      },
      sum(count) {
        places.at(count).sum();
        return timesOf(count) * count;
      },
    },
  };
}

export function runLoop({ runs, prepare }: Loops, request: LoopRequest): LoopResult {
  const { loop, count, seconds } = request;
  const run = runs[loop];
  if (!run) throw new Error(`no loop ${loop}`);
  prepare?.(request);
  const start = performance.now();
  let work = 0;
  let elapsed = 0;
  do {
    work += run(count);
    elapsed = (performance.now() - start) / 1000;
  } while (elapsed < seconds);
  return { work, seconds: elapsed };
}
