import { UserError } from "../../errors.ts";

/** Which build of the kernels runs: with or without relaxed SIMD (fused multiply-add), with or without threads. */
export type Variant = "relaxed" | "simd" | "relaxed-single" | "simd-single";

// Written out one by one: bundlers find files by looking for this very expression.
const files: Record<Variant, URL> = {
  relaxed: new URL("./relaxed.wasm", import.meta.url),
  simd: new URL("./simd.wasm", import.meta.url),
  "relaxed-single": new URL("./relaxed-single.wasm", import.meta.url),
  "simd-single": new URL("./simd-single.wasm", import.meta.url),
};

const onNode = (): boolean => typeof process !== "undefined" && process.versions?.node !== undefined;

async function bytesOf(variant: Variant): Promise<Uint8Array<ArrayBuffer>> {
  if (files[variant].protocol === "file:") {
    const { readFile } = await import("node:fs/promises");
    const folder = onNode() ? process.env.HEAVISIDE_WASM_DIR : undefined;
    return new Uint8Array(await readFile(folder ? `${folder}/${variant}.wasm` : files[variant]));
  }
  const response = await fetch(files[variant]);
  if (!response.ok)
    throw new UserError(`wasm: ${files[variant].href} could not be loaded: ${response.status} ${response.statusText}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** Node 20 has relaxed SIMD behind a flag, which works when set before the module is compiled; later versions have it on. */
async function allowRelaxed(): Promise<void> {
  if (!onNode() || !process.versions.v8 || Number.parseInt(process.versions.node, 10) >= 22) return;
  const v8 = await import("node:v8");
  v8.setFlagsFromString("--experimental-wasm-relaxed-simd");
}

/** Compiles the best build that the engine accepts. Throws UserError where it has no SIMD. */
export async function loadModule(
  threads: boolean,
  relaxed: boolean,
): Promise<{ module: WebAssembly.Module; variant: Variant }> {
  const suffix = threads ? "" : "-single";
  if (relaxed) {
    await allowRelaxed();
    const variant = `relaxed${suffix}` as Variant;
    const bytes = await bytesOf(variant);
    if (WebAssembly.validate(bytes)) return { module: await WebAssembly.compile(bytes), variant };
  }
  const variant = `simd${suffix}` as Variant;
  const bytes = await bytesOf(variant);
  if (!WebAssembly.validate(bytes))
    throw new UserError("wasm: this engine has no WebAssembly SIMD; use the reference backend");
  return { module: await WebAssembly.compile(bytes), variant };
}
