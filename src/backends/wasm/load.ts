import { UserError } from "../../errors.ts";
import { type Refuse, shownAddress } from "../../formats/fetched.ts";
import { checkEngine, checkKernels, hasRelaxed, hasSimd } from "./content.ts";
import { besides, type Place, placeOf, readWasm, readWasmAtOnce, type Variant, variantOf } from "./files.ts";
import type { LoadOptions } from "./options.ts";
import { mayRevectorize, revectorize } from "./revectorize.ts";

export interface Loaded {
  readonly module: WebAssembly.Module;
  readonly variant: Variant;
  /** Whether its memory is shared among threads. */
  readonly shared: boolean;
  /** Whether the kernels run in 256-bit instructions. */
  readonly revectorized: boolean;
  /** What a user should know. */
  readonly note?: string;
}

const SUBJECT = "wasm backend";

// Written out one by one: bundlers find files by looking for this very expression. Called when needed: a bundle that is no module has no place.
const files: Record<Variant, () => URL> = {
  "relaxed-wide": () => new URL("./relaxed-wide.wasm", import.meta.url),
  relaxed: () => new URL("./relaxed.wasm", import.meta.url),
  simd: () => new URL("./simd.wasm", import.meta.url),
  "relaxed-single": () => new URL("./relaxed-single.wasm", import.meta.url),
  "simd-single": () => new URL("./simd-single.wasm", import.meta.url),
};

const onNode = (): boolean => typeof process !== "undefined" && process.versions?.node !== undefined;

/** Where a build's file is: in the user's folder, the user's file itself, or beside this one. */
function addressOf(variant: Variant, place: Place | undefined): URL {
  if (place) return place.folder ? new URL(`${variant}.wasm`, place.address) : place.address;
  const beside = besides(SUBJECT, variant, files[variant]);
  const folder = beside.protocol === "file:" && onNode() ? process.env.HEAVISIDE_WASM_DIR : undefined;
  return folder ? process.getBuiltinModule("node:url").pathToFileURL(`${folder}/${variant}.wasm`) : beside;
}

/** Node 20 has relaxed SIMD behind a flag, which works when set before the module is compiled; later versions have it on. */
function allowRelaxed(): void {
  if (!onNode() || !process.versions.v8 || Number.parseInt(process.versions.node, 10) >= 22) return;
  process.getBuiltinModule("node:v8").setFlagsFromString("--experimental-wasm-relaxed-simd");
}

/** The choice of a build, which asks for modules by yielding their addresses; it gets none where the engine does not accept one. */
type Choice<T> = Generator<URL, T, WebAssembly.Module | undefined>;

/** The module of a variant; undefined where the engine does not accept it. */
function* compiled(variant: Variant, place: Place | undefined): Choice<WebAssembly.Module | undefined> {
  // What the engine would refuse isn't loaded.
  if (variant.startsWith("relaxed") && !hasRelaxed()) return undefined;
  return yield addressOf(variant, place);
}

const WRONG = "without 256-bit instructions: what this engine's revectoriser makes of the kernels is wrong";

const wide = "relaxed-wide";

/** The wide build where it is the better one or asked for; a note instead where the engine gets it wrong. */
function* chooseWide(options: LoadOptions, place: Place | undefined): Choice<Loaded | { note?: string }> {
  const may = (options.revectorize ?? true) && mayRevectorize();
  const asked = options.tile === "wide" || place?.variant === wide;
  const module = may || asked ? yield* compiled(wide, place) : undefined;
  if (!module) return {};
  // A bundler for browsers sees by the first condition that the second branch is the only one.
  const outcome =
    typeof process !== "undefined" && may ? revectorize(module, process.getBuiltinModule("node:v8")) : "plain";
  if (outcome === "wrong") return { note: WRONG };
  return outcome === "wider" || asked ? { module, variant: wide, shared: true, revectorized: outcome === "wider" } : {};
}

function* choose(options: LoadOptions): Choice<Loaded> {
  const { tile, shared } = options;
  if (tile !== undefined && tile !== "narrow" && tile !== "wide")
    throw new UserError(`tile: must be "narrow" or "wide", received ${JSON.stringify(tile)}`);
  const place = options.wasm === undefined ? undefined : placeOf(SUBJECT, options.wasm);
  if (options.relaxed ?? true) allowRelaxed();
  if (place && !place.folder) return yield* chooseFile(place, options);
  const suffix = shared ? "" : "-single";
  let note: { note?: string } = {};
  if (options.relaxed ?? true) {
    if (shared && tile !== "narrow") {
      const found = yield* chooseWide(options, place);
      if ("module" in found) return found;
      note = found;
    }
    const variant = `relaxed${suffix}` as const;
    const module = yield* compiled(variant, place);
    if (module) return { module, variant, shared, revectorized: false, ...note };
    if (hasRelaxed()) note = { note: `without fused multiply-add: this engine doesn't take ${variant}.wasm` };
  }
  const variant = `simd${suffix}` as const;
  const module = yield* compiled(variant, place);
  if (!module) throw new UserError(`${SUBJECT}: ${variant}.wasm ${lack(variant)}`);
  return { module, variant, shared, revectorized: false, ...note };
}

/** The one build that the user names: nothing else is tried. */
function* chooseFile(place: Place, options: LoadOptions): Choice<Loaded> {
  const variant = variantOf(SUBJECT, place);
  const shared = !variant.endsWith("-single");
  const refuse = (reason: string): never => {
    throw new UserError(`${SUBJECT}: ${place.address.href} ${reason}`);
  };
  if (shared && !options.shared)
    refuse(
      `is for threads, and this page is not cross-origin isolated: give ${variant === "simd" ? "simd" : "relaxed"}-single.wasm, or the URL of the folder with both`,
    );
  if (options.relaxed === false && variant.startsWith("relaxed")) refuse("has relaxed SIMD, and relaxed is false");
  if (options.tile !== undefined && (options.tile === "wide") !== (variant === wide))
    refuse(`has another tile than "${options.tile}"`);
  if (variant === wide) {
    const found = yield* chooseWide(options, place);
    if ("module" in found) return found;
    if (found.note !== undefined) refuse("is compiled wrongly by this engine: give relaxed.wasm");
  }
  const module = variant === wide ? undefined : yield* compiled(variant, place);
  return module ? { module, variant, shared, revectorized: false } : refuse(lack(variant));
}

/** Why the engine doesn't take a build. */
function lack(variant: Variant): string {
  if (!hasSimd()) return "needs an engine with WebAssembly SIMD: use the reference backend";
  if (variant.startsWith("relaxed") && !hasRelaxed())
    return "needs an engine with WebAssembly relaxed SIMD: give a simd file";
  return "is damaged, or needs more than this engine has";
}

const refusal =
  (address: URL): Refuse =>
  (reason) => {
    throw new UserError(`${SUBJECT}: ${shownAddress(address.href)} ${reason}`);
  };

/** Compiles the best build that the engine accepts, or the user's one. Throws UserError where it has no SIMD, and where that file doesn't fit. */
export async function loadModule(options: LoadOptions): Promise<Loaded> {
  checkEngine(SUBJECT);
  const choice = choose(options);
  let step = choice.next();
  while (!step.done) {
    const bytes = await readWasm(SUBJECT, step.value);
    const module = WebAssembly.validate(bytes) ? await WebAssembly.compile(bytes) : undefined;
    step = choice.next(module && checkKernels(module, refusal(step.value)));
  }
  return step.value;
}

/** The same without waiting. Throws UserError where the files don't lie on a disk too. */
export function loadModuleAtOnce(options: LoadOptions): Loaded {
  checkEngine(SUBJECT);
  const choice = choose(options);
  let step = choice.next();
  while (!step.done) {
    const bytes = readWasmAtOnce(SUBJECT, step.value);
    const module = WebAssembly.validate(bytes) ? new WebAssembly.Module(bytes) : undefined;
    step = choice.next(module && checkKernels(module, refusal(step.value)));
  }
  return step.value;
}
