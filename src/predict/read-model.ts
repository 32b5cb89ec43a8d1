import { UserError } from "../errors.ts";
import { fetched, type Refuse, shownAddress } from "../formats/fetched.ts";
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
    throw new UserError(`predictor: takes the bytes of a model, a path or a URL, received ${receivedAs(type, source)}`);
  if (source === "") throw new UserError('predictor: takes the bytes of a model, a path or a URL, received ""');
  const given = String(source);
  const name = shownAddress(given);
  const refuse: Refuse = (reason) => {
    throw new UserError(`predictor: ${name} ${reason}`);
  };
  const onDisk = typeof process !== "undefined" && process.versions?.node !== undefined;
  // A path may have a colon; two slashes after a scheme are an address, as is any URL.
  const isAddress = type === "URL" || /^((https?|blob|data):|[a-z][a-z\d+.-]+:\/\/)/i.test(given);
  if (onDisk && (!isAddress || /^file:/i.test(given))) return { bytes: await fromDisk(given, refuse), name };
  return { bytes: await fetched(given, "a saved model", refuse), name };
}

/** What was given, with how bytes come out of it where it holds some. */
function receivedAs(type: string, source: unknown): string {
  const named = { Response: "response", Blob: "blob", File: "file" }[type];
  return named ? `a ${type}: give await ${named}.arrayBuffer()` : show(source);
}

async function fromDisk(given: string, refuse: Refuse): Promise<Uint8Array> {
  const { readFile, stat } = await import("node:fs/promises");
  const { join } = await import("node:path");
  const { fileURLToPath } = await import("node:url");
  const failed = (error: NodeJS.ErrnoException): never =>
    refuse(error.code === "ENOENT" ? "doesn't exist" : `can't be read: ${error.message}`);
  let path = given;
  try {
    if (/^file:/i.test(given)) path = fileURLToPath(given);
  } catch (error) {
    failed(error as Error);
  }
  const found = await stat(path).catch(failed);
  // A device may never end.
  if (found.isFile()) return readFile(path).catch(failed);
  if (!found.isDirectory()) refuse("must be a file or the folder of a run, it is neither");
  const checkpoint = join(path, files.checkpoint);
  const inside = await stat(checkpoint).catch((error: NodeJS.ErrnoException) =>
    error.code === "ENOENT" ? refuse(`is not the folder of a run, it has no ${files.checkpoint}`) : failed(error),
  );
  if (!inside.isFile()) refuse(`is not the folder of a run, its ${files.checkpoint} is no file`);
  return readFile(checkpoint).catch(failed);
}
