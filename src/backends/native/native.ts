import { UserError } from "../../errors.ts";
import type { Backend } from "../backend.ts";
import { checkThreads, EngineBackend, MAY_BLOCK, MOST_THREADS } from "../engine/engine.ts";
import { processors } from "../processors.ts";
import { NativeHeap } from "./heap.ts";
import { type Addon, type EngineHandle, loadAddon } from "./load.ts";

export interface NativeOptions {
  /** Threads in all, the calling one included; as many as the machine has processors when left out. */
  readonly threads?: number;
  /** Another instruction set than the best that the processor has, such as "avx2" or "baseline". */
  readonly instructionSet?: string;
}

/** The names that people know the add-on's instruction sets by. */
const titles: Readonly<Record<string, string>> = {
  avx512: "AVX-512",
  avx2: "AVX2 with FMA",
  baseline: process.arch === "arm64" ? "NEON" : "SSE2",
};

/** Runs plans in the add-on of native/: the same kernels as wasm's, for the processor's own vectors. */
export class NativeBackend extends EngineBackend {
  declare readonly heap: NativeHeap;
  readonly #addon: Addon;
  readonly #engine: EngineHandle;

  private constructor(addon: Addon, engine: EngineHandle, threads: number, instructionSet: string) {
    super({
      name: "native",
      kernels: {
        dispatch: (program, bases, count, flags) => addon.dispatch(engine, program, bases, count, flags),
        gemmScratch: (m, n, k) => addon.gemmScratch(engine, m, n, k),
        status() {
          const [code, instruction, value] = addon.status(engine);
          return { code, instruction, value };
        },
      },
      heap: new NativeHeap(addon.address),
      flags: MAY_BLOCK,
      info: { instructionSet: titles[instructionSet] ?? instructionSet, threads },
    });
    this.#addon = addon;
    this.#engine = engine;
  }

  static async start(options: NativeOptions): Promise<NativeBackend> {
    checkThreads(options.threads);
    const addon = await loadAddon();
    const sets = addon.instructionSets();
    const { instructionSet = sets[0]! } = options;
    if (!sets.includes(instructionSet))
      throw new UserError(
        `native: instructionSet must be one of ${sets.join(", ")} on this processor, received ${JSON.stringify(instructionSet)}`,
      );
    const threads = options.threads ?? Math.min(MOST_THREADS, await processors());
    const engine = addon.create(instructionSet, threads);
    if (!engine) throw new UserError(`native: the system doesn't grant ${threads} threads and their memory`);
    return new NativeBackend(addon, engine, threads, instructionSet);
  }

  protected async endWorkers(): Promise<void> {
    this.#addon.close(this.#engine);
  }
}

/** Starts the native backend. Throws UserError for a bad option, or where the add-on is not built. */
export const nativeBackend = (options: NativeOptions = {}): Promise<Backend> => NativeBackend.start(options);
