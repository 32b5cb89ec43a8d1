import { UserError } from "../../errors.ts";
import { checkContent, type Refuse } from "../../formats/fetched.ts";

export const KIND = "WebAssembly";
const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

/** Bytes of a whole WebAssembly file; refuses any others. What the engine has no instructions for is none of its business. */
export function checkWasm<T extends Uint8Array>(bytes: T, refuse: Refuse): T {
  if (!HEADER.every((byte, i) => bytes[i] === byte)) {
    checkContent(bytes, KIND, refuse);
    refuse(`is not ${KIND}`);
  }
  if (sectionsEnd(bytes) !== bytes.length) refuse("is damaged: it ends in the middle");
  return bytes;
}

/** Where the last section ends: each says its length in bytes, 7 bits at a time. */
function sectionsEnd(bytes: Uint8Array): number {
  let at = HEADER.length;
  while (at < bytes.length) {
    let [length, shift] = [0, 0];
    do {
      at++;
      length += (bytes[at]! & 127) * 2 ** shift;
      shift += 7;
    } while (bytes[at]! > 127);
    at += 1 + length;
  }
  return at;
}

/** Refuses WebAssembly that isn't the kernels. */
export function checkKernels(module: WebAssembly.Module, refuse: Refuse): WebAssembly.Module {
  const exported = new Set(WebAssembly.Module.exports(module).map(({ name }) => name));
  const imported = WebAssembly.Module.imports(module).every(
    ({ module: from, name }) => `${from}.${name}` === "env.memory",
  );
  if (!imported || !["__heap_base", "dispatch", "scratch_bytes", "set_scratch"].every((name) => exported.has(name)))
    refuse("is WebAssembly of something else, without this library's kernels");
  return module;
}

/** Throws UserError, naming `subject`, for an engine without WebAssembly. */
export function checkEngine(subject: string): void {
  if (typeof WebAssembly === "undefined") throw new UserError(`${subject}: this engine has no WebAssembly`);
}

/** A module whose only function makes a vector. */
const START = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10];
const simd = Uint8Array.of(...START, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11);
/** The same with one instruction of relaxed SIMD. */
const relaxed = Uint8Array.of(...START, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15, 253, 128, 2, 11);

/** Whether the engine has SIMD. */
export const hasSimd = (): boolean => WebAssembly.validate(simd);
/** Whether it has relaxed SIMD. */
export const hasRelaxed = (): boolean => WebAssembly.validate(relaxed);
