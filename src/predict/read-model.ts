import { UserError } from "../errors.ts";
import { show } from "../rules.ts";
import { files } from "../runs/folder.ts";

/** A URL, in words that programs without the browser's types know too. */
export interface Address {
  readonly href: string;
}

/** The bytes of a model, its path, or its URL. */
export type Source = Uint8Array | ArrayBuffer | string | Address;

/**
 * The bytes of a model: those that are given, those of a file, those of a run folder's checkpoint, or those behind an address. Throws
 * UserError where nothing is there.
 */
export async function readModel(source: unknown): Promise<{ readonly bytes: Uint8Array; readonly name: string }> {
  const type = Object.prototype.toString.call(source).slice(8, -1);
  if (type === "Uint8Array") return { bytes: source as Uint8Array, name: "the model" };
  if (type === "ArrayBuffer") return { bytes: new Uint8Array(source as ArrayBuffer), name: "the model" };
  if (typeof source !== "string" && type !== "URL")
    throw new UserError(`predictor: takes the bytes of a model, a path or a URL, received ${show(source)}`);
  const name = String(source);
  const isAddress = /^(https?|blob|data):/.test(name) || typeof process === "undefined" || !process.versions?.node;
  return { bytes: isAddress ? await fetched(name) : await fromDisk(source as string | URL), name };
}

async function fetched(address: string): Promise<Uint8Array> {
  const response = await fetch(address).catch((error: Error) => {
    throw new UserError(`predictor: ${address} can't be fetched: ${error.message}`);
  });
  if (!response.ok)
    throw new UserError(`predictor: ${address} can't be fetched: ${response.status} ${response.statusText}`);
  return new Uint8Array(await response.arrayBuffer());
}

async function fromDisk(source: string | URL): Promise<Uint8Array> {
  const { readFile, stat } = await import("node:fs/promises");
  const { join } = await import("node:path");
  const { fileURLToPath } = await import("node:url");
  const path = typeof source === "string" && !source.startsWith("file:") ? source : fileURLToPath(source);
  const refuse = (error: NodeJS.ErrnoException): never => {
    const reason = error.code === "ENOENT" ? "it doesn't exist" : error.message;
    throw new UserError(`predictor: cannot read ${path}: ${reason}`);
  };
  const found = await stat(path).catch(refuse);
  if (!found.isDirectory()) return readFile(path).catch(refuse);
  return readFile(join(path, files.checkpoint)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") return refuse(error);
    throw new UserError(`predictor: ${path} is not the folder of a run, it has no ${files.checkpoint}`);
  });
}
