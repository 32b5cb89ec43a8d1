import { besides, hasRelaxed, placeOf, readWasm } from "../backends/wasm/files.ts";
import { UserError } from "../errors.ts";

// Written out one by one: bundlers find files by looking for this very expression. Called when needed: a bundle that is no module has no place.
const files = {
  "relaxed-single": () => new URL("../backends/wasm/relaxed-single.wasm", import.meta.url),
  "simd-single": () => new URL("../backends/wasm/simd-single.wasm", import.meta.url),
};

const SUBJECT = "predictor";

/**
 * The kernels for one thread: the file that the engine runs fastest, or another one by its address, its bytes or as a module. Throws UserError
 * where it can't be loaded, and for an engine without SIMD.
 */
export async function kernels(given: unknown): Promise<WebAssembly.Module> {
  if (given instanceof WebAssembly.Module) return given;
  const bytes = await bytesOf(given);
  if (!WebAssembly.validate(bytes))
    throw new UserError("predictor: this engine doesn't run the kernels: it needs WebAssembly with SIMD");
  return WebAssembly.compile(bytes);
}

async function bytesOf(given: unknown): Promise<Uint8Array<ArrayBuffer>> {
  if (given instanceof Uint8Array) return new Uint8Array(given);
  if (given instanceof ArrayBuffer) return new Uint8Array(given);
  const variant = hasRelaxed() ? "relaxed-single" : "simd-single";
  if (given === undefined) return readWasm(SUBJECT, besides(SUBJECT, variant, files[variant]));
  const place = placeOf(SUBJECT, given);
  if (place.variant && !place.variant.endsWith("-single"))
    throw new UserError(
      `predictor: ${place.address.href} is for threads, and heaviside/inference runs on one: give ${variant}.wasm`,
    );
  return readWasm(SUBJECT, place.folder ? new URL(`${variant}.wasm`, place.address) : place.address);
}
