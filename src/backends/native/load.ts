import { UserError } from "../../errors.ts";

/** A set of kernels with its threads, held by the add-on. */
export type EngineHandle = { readonly __engine: unique symbol };

/** The functions of native/addon.c. Addresses are bytes; nothing is checked there. */
export interface Addon {
  /** What this processor can run, the best first. */
  instructionSets(): string[];
  create(instructionSet: string, threads: number): EngineHandle | undefined;
  /** Whether `engine` can run with the flag for AMX: asks the system on behalf of the process. */
  allowAmx(engine: EngineHandle): boolean;
  dispatch(engine: EngineHandle, program: number, bases: number, threads: number, flags: number): number;
  status(engine: EngineHandle): [code: number, instruction: number, value: number];
  close(engine: EngineHandle): void;
  address(buffer: ArrayBuffer): number;
  /** How many workers have checked in. */
  workersReady(engine: EngineHandle): number;
  /** One block of Philox4x32-10: four words at `out` from four of the counter and two of the key. */
  philox(engine: EngineHandle, counter: number, key: number, out: number): void;
  gemmScratch(engine: EngineHandle, m: number, n: number, k: number): number;
  /** Fused multiply-adds in registers; gives the number of floating-point operations done. */
  peakFma(engine: EngineHandle, n: number): number;
  peakMuladd(engine: EngineHandle, n: number): number;
  copy(to: number, from: number, bytes: number): void;
  fill(to: number, bytes: number): void;
}

/** Where an add-on may lie, the first that loads is taken: built here, or delivered with the package. */
const candidates = (): URL[] => {
  const system = `${process.platform}-${process.arch}`;
  return [
    new URL("../../../native/build/heaviside.node", import.meta.url),
    new URL(`../../../native/prebuilds/${system}/heaviside.node`, import.meta.url),
    new URL(`../../../native/prebuilds/${system}-musl/heaviside.node`, import.meta.url),
  ];
};

let loaded: Addon | undefined;

/** Loads the add-on. Throws UserError where it was not built, or doesn't load here; the environment's HEAVISIDE_NATIVE names another file. */
export function loadAddon(): Addon {
  if (loaded) return loaded;
  if (typeof process === "undefined" || process.versions?.node === undefined)
    throw new UserError("native: there is no add-on for browsers; use the wasm backend");
  const { existsSync } = process.getBuiltinModule("node:fs");
  const { fileURLToPath } = process.getBuiltinModule("node:url");
  const named = process.env.HEAVISIDE_NATIVE;
  const files = named ? [named] : candidates().map((url) => fileURLToPath(url));
  let refusal = "";
  for (const file of files.filter(existsSync)) {
    try {
      const module = { exports: {} };
      process.dlopen(module, file);
      const addon = module.exports as Partial<Addon>;
      if (typeof addon.instructionSets !== "function") throw new Error(`${file} is another library's`);
      loaded = addon as Addon;
      return loaded;
    } catch (error) {
      refusal ||= (error as Error).message.split("\n")[0]!;
    }
  }
  if (refusal) throw new UserError(`native: the add-on doesn't load here: ${refusal}`);
  throw new UserError(
    named
      ? `native: HEAVISIDE_NATIVE must name an add-on, received ${named}`
      : "native: the add-on is not built here; with a C compiler installed, `npm rebuild heaviside` builds it, and the wasm backend runs everywhere",
  );
}
