import type { Dirent } from "node:fs";
import { UserError } from "../errors.ts";
import { type Files, Unreadable } from "./files.ts";
import { faultOf, refusePlatform } from "./find.ts";

/** A folder on the disk, which is read whenever it is asked. Rejects with UserError where there is no disk, as in a browser. */
export async function filesIn(dir: string): Promise<Files> {
  const { open, readdir, readFile, stat } = await import("node:fs/promises").catch(refusePlatform);
  const { join } = await import("node:path");
  const pathOf = (within: string): string => (within === "" ? dir : join(dir, within));
  /** Whether an entry, or what a link leads to, is a folder. */
  const isFolder = async (path: string, entry: Dirent): Promise<boolean> => {
    if (!entry.isSymbolicLink()) return entry.isDirectory();
    return stat(join(path, entry.name)).then(
      (found) => found.isDirectory(),
      () => false,
    );
  };
  const beginningOf = async (path: string, most: number): Promise<Uint8Array> => {
    const handle = await open(path, "r");
    try {
      const start = new Uint8Array(most);
      const { bytesRead } = await handle.read(start, 0, most, 0);
      return start.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  };
  return {
    name: dir,
    pathOf,
    async list(folder) {
      const path = pathOf(folder);
      const entries = await readdir(path, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
        const reason = { ENOENT: "does not exist", ENOTDIR: "is not a folder" }[error.code ?? ""];
        throw new UserError(`data: ${path} ${reason ?? `cannot be read (${error.message})`}`);
      });
      const [folders, others]: string[][] = [[], []];
      for (const entry of entries) ((await isFolder(path, entry)) ? folders : others)!.push(entry.name);
      return { folders: folders!, others: others! };
    },
    faultOf: (file) => faultOf(pathOf(file)),
    async read(file, most) {
      // A pipe or a device may never end.
      const fault = await faultOf(pathOf(file));
      if (fault !== undefined) throw new Unreadable(fault);
      try {
        return await (most === undefined ? readFile(pathOf(file)) : beginningOf(pathOf(file), most));
      } catch (error) {
        throw new Unreadable((error as Error).message, { cause: error });
      }
    },
  };
}
