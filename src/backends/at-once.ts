import type { Backend } from "./backend.ts";
import { NativeBackend } from "./native/native.ts";
import { WasmBackend } from "./wasm/wasm.ts";

/**
 * The fastest backend that starts without waiting: native or wasm where the library lies on a disk, as with Node, Deno and Bun. Else the
 * reason why none does, for the middle of a sentence.
 */
export function startAtOnce(): Backend | string {
  if (typeof process === "undefined" || process.versions?.node === undefined)
    return "none was started, and in a browser a compiled call can't wait for one";
  try {
    return NativeBackend.start({});
  } catch (error) {
    return wasmAtOnce(reasonOf(error));
  }
}

/** Wasm says in its note why it isn't native. */
function wasmAtOnce(note: string): Backend | string {
  try {
    return WasmBackend.startAtOnce({ note });
  } catch (error) {
    return `none starts here without waiting (${note}; ${reasonOf(error)})`;
  }
}

/** Whatever goes wrong leaves the reference, and the warning says it: permissions, a bundle without a place, an engine without WebAssembly. */
const reasonOf = (error: unknown): string => (error as Error).message.split(/[;\n]/)[0]!;
