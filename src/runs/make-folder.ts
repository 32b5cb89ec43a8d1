import { mkdir, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { UserError } from "../errors.ts";
import { fileError, kindOf } from "./atomic.ts";

/**
 * Makes a folder, and those above it, where there is none. Throws UserError where a file is in the way or the system refuses.
 * Node's own recursive mkdir never returns where a file system refuses with ENOENT, as /proc does.
 */
export async function ensureFolder(path: string): Promise<void> {
  const missing = [];
  for (let at = resolve(path); ; at = dirname(at)) {
    const code = await made(at);
    if (code === undefined || code === "EEXIST") break;
    if (code !== "ENOENT" || dirname(at) === at) throw fileError("create", path, { code });
    missing.push(at);
  }
  for (const at of missing.reverse()) {
    const code = await made(at);
    if (code !== undefined && code !== "EEXIST") throw fileError("create", path, { code });
  }
  const found = await stat(path).catch((error) => {
    throw fileError("read", path, error);
  });
  if (!found.isDirectory()) throw new UserError(`runs: ${path} must be a folder, it is ${kindOf(found)}`);
}

/**
 * Makes a folder that wasn't there, the first of `nth(1)`, `nth(2)`, … that is free, and gives its path. Two processes that ask at once get two
 * folders. Throws UserError as ensureFolder does.
 */
export async function newFolder(nth: (i: number) => string): Promise<string> {
  await ensureFolder(dirname(nth(1)));
  for (let i = 1; ; i++) {
    const path = nth(i);
    const code = await made(resolve(path));
    if (code === undefined) return path;
    if (code !== "EEXIST") throw fileError("create", path, { code });
  }
}

/** Why a folder couldn't be made, undefined where it could. */
const made = (path: string): Promise<string | undefined> =>
  mkdir(path).then(
    () => undefined,
    (error: NodeJS.ErrnoException) => error.code ?? error.message,
  );
