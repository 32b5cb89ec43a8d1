import { checkEngine, checkKernels, checkWasm, hasRelaxed, hasSimd } from "../backends/wasm/content.ts";
import { besides, placeOf, readWasm } from "../backends/wasm/files.ts";
import { UserError } from "../errors.ts";
import { type Refuse, shownAddress } from "../formats/fetched.ts";

// Written out one by one: bundlers find files by looking for this very expression. Called when needed: a bundle that is no module has no place.
const files = {
  "relaxed-single": () => new URL("../backends/wasm/relaxed-single.wasm", import.meta.url),
  "simd-single": () => new URL("../backends/wasm/simd-single.wasm", import.meta.url),
};

const SUBJECT = "predictor";

const RULE =
  'the URL of relaxed-single.wasm or simd-single.wasm, the URL of a folder with both, which ends in "/", the bytes of one, or a WebAssembly.Module';

/**
 * The kernels for one thread: the file that the engine runs fastest, or another one by its address, its bytes or as a module. Throws UserError
 * where it can't be loaded, for any other WebAssembly, and for an engine without SIMD.
 */
export async function kernels(given: unknown): Promise<WebAssembly.Module> {
  checkEngine(SUBJECT);
  const type = Object.prototype.toString.call(given).slice(8, -1);
  const isBytes = type === "Uint8Array" || type === "ArrayBuffer";
  const address = isBytes || type === "WebAssembly.Module" ? undefined : addressOf(given);
  const refuse: Refuse = (reason) => {
    throw new UserError(`${SUBJECT}: ${address ? shownAddress(address.href) : "what wasm holds"} ${reason}`);
  };
  if (type === "WebAssembly.Module") return checkKernels(given as WebAssembly.Module, refuse);
  const bytes = address ? await readWasm(SUBJECT, address) : checkWasm(new Uint8Array(given as ArrayBuffer), refuse);
  if (!WebAssembly.validate(bytes))
    refuse(hasSimd() ? "is damaged, or needs more than this engine has" : "needs an engine with WebAssembly SIMD");
  return checkKernels(await WebAssembly.compile(bytes), refuse);
}

function addressOf(given: unknown): URL {
  const variant = hasRelaxed() ? "relaxed-single" : "simd-single";
  if (given === undefined) return besides(SUBJECT, variant, files[variant]);
  const place = placeOf(SUBJECT, given, RULE);
  if (place.variant && !place.variant.endsWith("-single"))
    throw new UserError(
      `predictor: ${place.address.href} is for threads, and heaviside/inference runs on one: give ${variant}.wasm`,
    );
  return place.folder ? new URL(`${variant}.wasm`, place.address) : place.address;
}
