import { UserError } from "../../errors.ts";
import type { LoadOptions } from "./options.ts";
import { mayRevectorize, revectorize } from "./revectorize.ts";

/**
 * Which build of the kernels runs: with or without relaxed SIMD (fused multiply-add), with or without threads. The wide one
 * multiplies matrices in blocks of 6 × 16 instead of 6 × 8, which pays where 256-bit instructions come out.
 */
export type Variant = "relaxed-wide" | "relaxed" | "simd" | "relaxed-single" | "simd-single";

export interface Loaded {
  readonly module: WebAssembly.Module;
  readonly variant: Variant;
  /** Whether the kernels run in 256-bit instructions. */
  readonly revectorized: boolean;
  /** What a user should know. */
  readonly note?: string;
}

// Written out one by one: bundlers find files by looking for this very expression.
const files: Record<Variant, URL> = {
  "relaxed-wide": new URL("./relaxed-wide.wasm", import.meta.url),
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

/** The module of a variant; undefined where the engine does not accept it. */
async function compiled(variant: Variant): Promise<WebAssembly.Module | undefined> {
  const bytes = await bytesOf(variant);
  return WebAssembly.validate(bytes) ? WebAssembly.compile(bytes) : undefined;
}

const WRONG = "without 256-bit instructions: what this engine's revectoriser makes of the kernels is wrong";

/** The wide build where it is the better one or asked for; a note instead where the engine gets it wrong. */
async function loadWide(options: LoadOptions): Promise<Loaded | { note?: string }> {
  const may = (options.revectorize ?? true) && mayRevectorize();
  const asked = options.tile === "wide";
  const variant = "relaxed-wide";
  const module = may || asked ? await compiled(variant) : undefined;
  if (!module) return {};
  const outcome = may ? revectorize(module, await import("node:v8")) : "plain";
  if (outcome === "wrong") return { note: WRONG };
  return outcome === "wider" || asked ? { module, variant, revectorized: outcome === "wider" } : {};
}

/** Compiles the best build that the engine accepts. Throws UserError where it has no SIMD. */
export async function loadModule(options: LoadOptions): Promise<Loaded> {
  const { tile } = options;
  if (tile !== undefined && tile !== "narrow" && tile !== "wide")
    throw new UserError(`tile: must be "narrow" or "wide", received ${JSON.stringify(tile)}`);
  const suffix = options.shared ? "" : "-single";
  let note: { note?: string } = {};
  if (options.relaxed ?? true) {
    await allowRelaxed();
    if (options.shared && tile !== "narrow") {
      const wide = await loadWide(options);
      if ("module" in wide) return wide;
      note = wide;
    }
    const variant = `relaxed${suffix}` as const;
    const module = await compiled(variant);
    if (module) return { module, variant, revectorized: false, ...note };
  }
  const variant = `simd${suffix}` as const;
  const module = await compiled(variant);
  if (!module) throw new UserError("wasm: this engine has no WebAssembly SIMD; use the reference backend");
  return { module, variant, revectorized: false, ...note };
}
