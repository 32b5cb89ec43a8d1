import { UserError } from "../errors.ts";
import type { DType } from "../graph/ndarray.ts";
import { checkChoice, kindOf, show } from "../rules.ts";
import { startAtOnce } from "./at-once.ts";
import type { Backend } from "./backend.ts";
import { EngineBackend } from "./engine/engine.ts";
import { loadAddon } from "./native/load.ts";
import { type NativeOptions, nativeBackend } from "./native/native.ts";
import { checkPrecision } from "./precision.ts";
import { ReferenceBackend, referenceBackend } from "./reference/reference.ts";
import type { WasmOptions } from "./wasm/options.ts";
import { wasmBackend } from "./wasm/wasm.ts";

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
  native: (options: BackendOptions): Promise<Backend> => nativeBackend(options),
} as const;

/** "auto" is the fastest that runs here: native where its add-on is built, wasm everywhere else. */
export const backendNames = ["auto", ...(Object.keys(backends) as (keyof typeof backends)[])] as const;
/** A backend by name: "reference", "wasm", "native", or "auto" for the fastest that runs here. */
export type BackendName = (typeof backendNames)[number];

let current: Backend | undefined;
/** What the first call without a started backend starts. */
let first: Backend | undefined;

/**
 * Starts a backend and makes it the current one, which is used where none is named: by `compile` and `resident`, and by calls such as
 * `train` and `measure`. It stays so until another is started; nothing else replaces or closes it.
 * Throws UserError for an unknown name, or where the platform cannot run it.
 */
export async function backend(name: BackendName = "auto", options: BackendOptions = {}): Promise<Backend> {
  current = await startBackend(name, options);
  return current;
}

/** The same, but the current backend stays what it is. Who starts it closes it. */
export async function startBackend(name: BackendName = "auto", options: BackendOptions = {}): Promise<Backend> {
  checkChoice("backend: the name", name, backendNames);
  const node = typeof process === "undefined" ? undefined : process.versions?.node;
  if (node !== undefined && process.getBuiltinModule === undefined)
    throw new UserError(`backend: needs Node 20.19 or newer, this is Node ${node}`);
  if (typeof options !== "object" || options === null)
    throw new UserError(`backend: options must be an object, received ${show(options)}`);
  return name === "auto" ? fastest(options) : backends[name](options);
}

/** Wasm says in its note why it isn't native. */
async function fastest(options: BackendOptions): Promise<Backend> {
  if (typeof process === "undefined" || process.versions?.node === undefined) return backends.wasm(options);
  try {
    loadAddon();
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

/** A backend for as long as a call takes. */
export interface Borrowed {
  readonly backend: Backend;
  /** To be called when the call is over, however it ends: closes the backend if the call started it. */
  end(): Promise<void>;
}

/**
 * The backend that a call runs on: the one that is given; the current one where none is named, or "auto", without options; else one
 * that is started for this call alone. Throws as `backend` does.
 */
export async function borrowBackend(
  given: Backend | BackendName = "auto",
  options: BackendOptions = {},
): Promise<Borrowed> {
  const there = typeof given === "object" ? given : given === "auto" && isEmpty(options) ? running() : undefined;
  if (there && (there === given || !there.isClosed)) return { backend: there, end: async () => {} };
  const own = await startBackend(given as BackendName, options);
  return { backend: own, end: () => own.close() };
}

/** The backend that is started; the reference that a call fell back on is none. */
const running = (): Backend | undefined => current ?? (first instanceof ReferenceBackend ? undefined : first);

const isEmpty = (options: BackendOptions): boolean => Object.values(options).every((value) => value === undefined);

/**
 * Where a call runs that names no backend: the one that `backend` started last. Where none was started, the fastest that starts without
 * waiting is, for this call and later ones; where none does, as in browsers, it is the reference backend, and one line says so.
 */
export function currentBackend(): Backend {
  if (current) return current;
  if (!first || first.isClosed) first = firstBackend();
  return first;
}

/** The same for a call with these arrays [...]: where no backend was started, numbers in double precision have the reference backend. */
export function backendFor(arrays: readonly { readonly dtype: DType }[]): Backend {
  return !current && arrays.some(({ dtype }) => dtype === "float64") ? referenceBackend() : currentBackend();
}

function firstBackend(): Backend {
  const started = startAtOnce();
  if (typeof started !== "string") return started;
  const message = `heaviside: this runs on the reference backend, many times slower: ${started}; write "await backend()" before the first call, or "await backend("reference")" if that is meant`;
  if (typeof process !== "undefined" && typeof process.emitWarning === "function")
    process.emitWarning(message, { code: "HEAVISIDE_REFERENCE" });
  else console.warn(message);
  return referenceBackend();
}
