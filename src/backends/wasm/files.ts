import { UserError } from "../../errors.ts";
import { fetched, type Refuse, shownAddress } from "../../formats/fetched.ts";
import { show } from "../../rules.ts";
import { checkWasm, KIND } from "./content.ts";

/**
 * Which build of the kernels runs: with or without relaxed SIMD (fused multiply-add), with or without threads. The wide one
 * multiplies matrices in blocks of 6 × 16 instead of 6 × 8, which pays where 256-bit instructions come out.
 */
export type Variant = "relaxed-wide" | "relaxed" | "simd" | "relaxed-single" | "simd-single";

/** The name of a build's file, with what a bundler puts between name and ending. */
const FILE = /^(relaxed-wide|relaxed-single|relaxed|simd-single|simd)(?:[-.][\w.-]+)?\.wasm$/;
const COPY = "node_modules/heaviside/dist/backends/wasm";
const RULE = `the URL of a folder, which ends in "/", or of a file that keeps its name: relaxed-wide.wasm, relaxed.wasm, simd.wasm, relaxed-single.wasm or simd-single.wasm, of ${COPY}`;

/** Where a user says that the kernels lie. */
export interface Place {
  readonly address: URL;
  /** Whether it is a folder with the files of all builds. */
  readonly folder: boolean;
  /** The build that a file's name tells. */
  readonly variant: Variant | undefined;
}

/** Reads a URL, which may be relative to the page, or on a server to the working folder. Throws UserError, naming `subject`, for no URL. */
export function placeOf(subject: string, given: unknown, rule = RULE): Place {
  const isUrl = Object.prototype.toString.call(given) === "[object URL]";
  if ((typeof given !== "string" || given === "") && !isUrl)
    throw new UserError(`${subject}: wasm must be ${rule}; received ${show(given)}${waiting(given)}`);
  const address = absolute(String(given), base());
  if (!address)
    throw new UserError(
      `${subject}: wasm: ${show(String(given))} is no whole URL, and there is no page that it could be relative to: give one such as "https://example.com/wasm/"`,
    );
  return { address, folder: address.pathname.endsWith("/"), variant: told(address) };
}

const waiting = (given: unknown): string => (given instanceof Promise ? ": wait for it with await" : "");

/** The build that the name of a file tells. */
const told = ({ pathname }: URL): Variant | undefined =>
  FILE.exec(pathname.split("/").at(-1)!)?.[1] as Variant | undefined;

/** Throws UserError for a file whose name tells no build. */
export function variantOf(subject: string, { address, variant }: Place): Variant {
  if (variant) return variant;
  throw new UserError(`${subject}: wasm must be ${RULE}; received ${address.href}`);
}

function absolute(given: string, base: string | undefined): URL | undefined {
  try {
    return new URL(given, base);
  } catch {
    return undefined;
  }
}

function base(): string | undefined {
  const { document, location } = globalThis as { document?: { baseURI: string }; location?: { href: string } };
  if (document || location) return (document?.baseURI ?? location?.href) as string;
  if (typeof process === "undefined" || typeof process.cwd !== "function") return undefined;
  return process.getBuiltinModule("node:url").pathToFileURL(`${process.cwd()}/`).href;
}

/** The place of a file that lies beside the library. Throws UserError where a bundle doesn't know its own place. */
export function besides(subject: string, variant: Variant, place: () => URL): URL {
  try {
    return place();
  } catch {
    throw new UserError(
      `${subject}: this bundle is no module and doesn't know where ${variant}.wasm is: copy it from ${COPY} to your site and give its URL, { wasm: "/${variant}.wasm" }`,
    );
  }
}

/** The bytes of a WebAssembly file. Throws UserError, naming `subject` and the address, where there is none. */
export async function readWasm(subject: string, address: URL): Promise<Uint8Array<ArrayBuffer>> {
  const refuse = refusal(subject, address);
  if (address.protocol === "file:") return fromDisk(address, refuse);
  return checkWasm(await fetched(address.href, KIND, refuse), refuse);
}

/** The same without waiting. Throws UserError for what isn't on a disk too. */
export function readWasmAtOnce(subject: string, address: URL): Uint8Array<ArrayBuffer> {
  const refuse = refusal(subject, address);
  return address.protocol === "file:" ? fromDisk(address, refuse) : refuse("isn't on a disk and must be waited for");
}

function refusal(subject: string, address: URL): Refuse {
  const variant = told(address);
  return (reason) => {
    throw new UserError(
      `${subject}: ${shownAddress(address.href)} ${reason}; copy ${variant ? `${variant}.wasm` : "the file"} there from ${COPY}, or give the URL where it is: { wasm: "…" }${variant ? "" : '; the URL of a folder ends in "/"'}`,
    );
  };
}

function fromDisk(address: URL, refuse: Refuse): Uint8Array<ArrayBuffer> {
  if (typeof process === "undefined" || typeof process.getBuiltinModule !== "function")
    return refuse("can't be read by a page that was opened from a disk: serve it over http");
  let bytes: Uint8Array;
  try {
    bytes = process.getBuiltinModule("node:fs").readFileSync(address);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return refuse(code === "ENOENT" ? "doesn't exist" : `can't be read: ${message}`);
  }
  return checkWasm(new Uint8Array(bytes), refuse);
}
