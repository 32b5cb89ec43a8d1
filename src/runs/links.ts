import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../errors.ts";
import { fileError } from "./atomic.ts";

/**
 * Throws UserError where a folder in which files are about to be replaced holds a symbolic link, with `deep` in a folder below too: who made
 * the folder could have another file of the user's be written so. Does nothing where there is no folder.
 */
export async function refuseLinks(path: string, { deep }: { readonly deep: boolean }): Promise<void> {
  const found = await readdir(path, { withFileTypes: true, recursive: deep }).catch((error) => {
    if (error.code === "ENOENT") return [];
    throw fileError("read", path, error);
  });
  const link = found.find((entry) => entry.isSymbolicLink());
  if (link === undefined) return;
  const name = join(link.parentPath ?? link.path, link.name);
  throw new UserError(
    `runs: ${path} may hold no links, since files in it are replaced; ${name} is one: put its file there instead`,
  );
}
