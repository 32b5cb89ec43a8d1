import { UserError } from "../errors.ts";
import { show } from "../rules.ts";

// Written out one by one: bundlers find files by looking for this very expression.
const files = {
  relaxed: new URL("../backends/wasm/relaxed-single.wasm", import.meta.url),
  simd: new URL("../backends/wasm/simd-single.wasm", import.meta.url),
};

/** A module whose only function is one instruction of relaxed SIMD. */
const probe = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0],
  ...[65, 1, 253, 15, 65, 2, 253, 15, 253, 128, 2, 11],
);

/**
 * The kernels for one thread: the file that the engine runs fastest, or another one by its address, its bytes or as a module. Throws UserError
 * where it can't be loaded, and for an engine without SIMD.
 */
export async function kernels(given: unknown): Promise<WebAssembly.Module> {
  if (given instanceof WebAssembly.Module) return given;
  const bytes = await bytesOf(given ?? (WebAssembly.validate(probe) ? files.relaxed : files.simd));
  if (!WebAssembly.validate(bytes))
    throw new UserError("predictor: this engine doesn't run the kernels: it needs WebAssembly with SIMD");
  return WebAssembly.compile(bytes);
}

async function bytesOf(given: unknown): Promise<Uint8Array<ArrayBuffer>> {
  if (given instanceof Uint8Array) return new Uint8Array(given);
  if (given instanceof ArrayBuffer) return new Uint8Array(given);
  if (typeof given !== "string" && !(given instanceof URL))
    throw new UserError(`predictor: wasm must be a URL, bytes or a module, received ${show(given)}`);
  if (String(given).startsWith("file:")) {
    const { readFile } = await import("node:fs/promises");
    return new Uint8Array(await readFile(new URL(given)));
  }
  const response = await fetch(given);
  if (!response.ok)
    throw new UserError(
      `predictor: ${given} can't be fetched: ${response.status} ${response.statusText}; { wasm } names another address`,
    );
  return new Uint8Array(await response.arrayBuffer());
}
