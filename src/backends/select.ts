import { UserError } from "../errors.ts";
import type { Backend } from "./backend.ts";
import { referenceBackend } from "./reference/reference.ts";
import { type WasmOptions, wasmBackend } from "./wasm/wasm.ts";

export interface BackendOptions extends WasmOptions {}

/** Every backend by the name a config uses. */
export const backends = {
  reference: async (_: BackendOptions): Promise<Backend> => referenceBackend(),
  wasm: (options: BackendOptions): Promise<Backend> => wasmBackend(options),
} as const;
export type BackendName = keyof typeof backends;

let current: Backend | undefined;

/**
 * Starts a backend and makes it the current one, which `compile` and `resident` use where none is named.
 * Throws UserError for an unknown name, or where the platform cannot run it.
 */
export async function backend(name: BackendName = "wasm", options: BackendOptions = {}): Promise<Backend> {
  const start = backends[name];
  if (!start)
    throw new UserError(
      `backend: must be one of ${Object.keys(backends).join(", ")}, received ${JSON.stringify(name)}`,
    );
  current = await start(options);
  return current;
}

/** The backend started last; the reference backend when none was. */
export function currentBackend(): Backend {
  current ??= referenceBackend();
  return current;
}
