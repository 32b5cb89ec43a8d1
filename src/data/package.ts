import { UserError } from "../errors.ts";
import { refusePlatform } from "./find.ts";

/**
 * A folder within an npm package that is installed beside the library, or in the project of the working folder. Throws UserError where it
 * isn't; `hint` says what to do then.
 */
export async function folderOf(packageName: string, within: string, hint: string): Promise<string> {
  const { createRequire } = await import("node:module").catch(refusePlatform);
  const { dirname, join } = await import("node:path");
  const { pathToFileURL } = await import("node:url");
  let reason: unknown;
  for (const from of [import.meta.url, pathToFileURL(join(process.cwd(), "package.json"))])
    try {
      return join(dirname(createRequire(from).resolve(`${packageName}/package.json`)), within);
    } catch (cause) {
      reason ??= cause;
    }
  throw new UserError(`data: the package ${packageName} is not installed${hint}`, { cause: reason });
}
