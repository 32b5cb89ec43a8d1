import { UserError } from "../../errors.ts";
import type { Backend } from "../backend.ts";
import { AMX, BFLOAT16, checkThreads, EngineBackend, MAY_BLOCK, MOST_THREADS } from "../engine/engine.ts";
import { checkPrecision, type Precision, precisions } from "../precision.ts";
import { processors } from "../processors.ts";
import { NativeHeap } from "./heap.ts";
import { type Addon, type EngineHandle, loadAddon } from "./load.ts";

export interface NativeOptions {
  /** Threads in all, the calling one included (default: as many as the machine has processors). */
  readonly threads?: number;
  /** Another instruction set than the best that the processor has, such as "avx2" or "baseline". */
  readonly instructionSet?: string;
  /**
   * "bfloat16" rounds the operands of matrix products to 8 significant bits and sums in float32 (default: "float32"). Arrays stay
   * float32. Products with at most 4 rows or fewer than 24 columns are not rounded. Fast where the processor has AMX; elsewhere
   * the same numbers take longer than float32's.
   */
  readonly precision?: Precision;
}

/** The names that people know the add-on's instruction sets by. */
const titleOf = (instructionSet: string): string => {
  if (instructionSet === "baseline") return process.arch === "arm64" ? "NEON" : "SSE2";
  return { avx512: "AVX-512", avx2: "AVX2 with FMA" }[instructionSet] ?? instructionSet;
};

const EMULATED =
  "bfloat16 products are emulated, and slower than float32's: that takes a processor with AMX, and the instruction set avx512";

/** What `start` has found out. */
interface Started {
  readonly addon: Addon;
  readonly engine: EngineHandle;
  readonly threads: number;
  readonly instructionSet: string;
  readonly precision: Precision;
}

/** Runs plans in the add-on of native/: the same kernels as wasm's, for the processor's own vectors. */
export class NativeBackend extends EngineBackend {
  declare readonly heap: NativeHeap;
  readonly #addon: Addon;
  readonly #engine: EngineHandle;

  private constructor({ addon, engine, threads, instructionSet, precision }: Started) {
    const rounds = precision === "bfloat16";
    const amx = rounds && addon.allowAmx(engine);
    const title = titleOf(instructionSet);
    super({
      name: "native",
      kernels: {
        kind: "native",
        dispatch: (program, bases, count, flags) => addon.dispatch(engine, program, bases, count, flags),
        gemmScratch: (m, n, k) => addon.gemmScratch(engine, m, n, k),
        status() {
          const [code, instruction, value] = addon.status(engine);
          return { code, instruction, value };
        },
      },
      heap: new NativeHeap(addon.address),
      flags: MAY_BLOCK | (rounds ? BFLOAT16 : 0) | (amx ? AMX : 0),
      info: {
        instructionSet: rounds ? `${title}, bfloat16 products${amx ? " by AMX" : ""}` : title,
        threads,
        ...(rounds && { precision }),
        ...(rounds && !amx && { note: EMULATED }),
      },
    });
    this.#addon = addon;
    this.#engine = engine;
  }

  /** Waits for nothing. */
  static start(options: NativeOptions): NativeBackend {
    checkThreads(options.threads);
    checkPrecision("native", options.precision, precisions);
    const addon = loadAddon();
    const sets = addon.instructionSets();
    const { instructionSet = sets[0]!, precision = "float32" } = options;
    if (!sets.includes(instructionSet))
      throw new UserError(
        `native: instructionSet must be one of ${sets.join(", ")} on this processor, received ${JSON.stringify(instructionSet)}`,
      );
    const threads = options.threads ?? Math.min(MOST_THREADS, processors());
    const engine = addon.create(instructionSet, threads);
    if (!engine) throw new UserError(`native: the system doesn't grant ${threads} threads and their memory`);
    return new NativeBackend({ addon, engine, threads, instructionSet, precision });
  }

  protected async end(): Promise<void> {
    this.#addon.close(this.#engine);
  }
}

/** Starts the native backend. Throws UserError for a bad option, or where the add-on is not built. */
export const nativeBackend = async (options: NativeOptions = {}): Promise<Backend> => NativeBackend.start(options);
