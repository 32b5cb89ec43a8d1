import { cpSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { bundleInto } from "./bundle.ts";
import { root } from "./repository.ts";

/**
 * Puts heaviside into a folder's node_modules as an installed package has it: bundled, beside its sources. A process that imports it
 * starts in a third of the time that the sources take, which are compiled at each start.
 */
export function install(folder: string): void {
  const home = join(folder, "node_modules/heaviside");
  mkdirSync(home, { recursive: true });
  bundleInto(join(home, "dist"));
  for (const name of ["package.json", "bin"]) cpSync(`${root}${name}`, join(home, name), { recursive: true });
  for (const name of ["src", "native", "node_modules"]) symlinkSync(`${root}${name}`, join(home, name));
}
