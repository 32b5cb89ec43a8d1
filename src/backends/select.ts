import { UserError } from "../errors.ts";
import { checkChoice, kindOf, show } from "../rules.ts";
import type { Backend } from "./backend.ts";
import { EngineBackend } from "./engine/engine.ts";
import type { NativeOptions } from "./native/native.ts";
import { checkPrecision } from "./precision.ts";
import { ReferenceBackend, referenceBackend } from "./reference/reference.ts";
import { type WasmOptions, wasmBackend } from "./wasm/wasm.ts";

/** An option that a backend doesn't know has no effect on it; but a precision that it hasn't got is refused. */
export interface BackendOptions extends WasmOptions, NativeOptions {}

/** Every backend by the name a config uses. */
export const backends = {
  async reference({ precision }: BackendOptions): Promise<Backend> {
    checkPrecision("reference", precision, ["float32"]);
    return referenceBackend();
  },
  async wasm({ precision, ...options }: BackendOptions): Promise<Backend> {
    checkPrecision("wasm", precision, ["float32"]);
    return wasmBackend(options);
  },
  native: async (options: BackendOptions): Promise<Backend> =>
    (await import("./native/native.ts")).nativeBackend(options),
} as const;

/** "auto" is the fastest that runs here: native where its add-on is built, wasm everywhere else. */
export const backendNames = ["auto", ...(Object.keys(backends) as (keyof typeof backends)[])] as const;
export type BackendName = (typeof backendNames)[number];

let current: Backend | undefined;

/**
 * Starts a backend and makes it the current one, which `compile` and `resident` use where none is named.
 * Throws UserError for an unknown name, or where the platform cannot run it.
 */
export async function backend(name: BackendName = "auto", options: BackendOptions = {}): Promise<Backend> {
  checkChoice("backend: the name", name, backendNames);
  if (typeof options !== "object" || options === null)
    throw new UserError(`backend: options must be an object, received ${show(options)}`);
  current = await (name === "auto" ? fastest(options) : backends[name](options));
  return current;
}

/** Wasm says in its note why it isn't native. */
async function fastest(options: BackendOptions): Promise<Backend> {
  if (typeof process === "undefined" || process.versions?.node === undefined) return backends.wasm(options);
  const { loadAddon } = await import("./native/load.ts");
  try {
    await loadAddon();
  } catch (error) {
    if (!(error instanceof UserError) || options.precision === "bfloat16") throw error;
    return backends.wasm({ ...options, note: error.message });
  }
  return backends.native(options);
}

/** What is given as a backend, or undefined. Throws UserError, naming `subject`, for anything else. */
export function checkBackend(subject: string, value: unknown): Backend | undefined {
  if (value === undefined) return undefined;
  const isOwn = value instanceof EngineBackend || value instanceof ReferenceBackend;
  if (kindOf(value) === "backend" && !isOwn)
    throw new UserError(`${subject}: the backend comes from another copy of heaviside, and a program needs one copy`);
  if (typeof (value as Backend | null)?.prepare === "function") return value as Backend;
  throw new UserError(`${subject}: backend must be one that \`await backend(name)\` gave, received ${show(value)}`);
}

/** The backend started last; the reference backend when none was. */
export function currentBackend(): Backend {
  current ??= referenceBackend();
  return current;
}
