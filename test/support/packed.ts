import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleInto } from "./bundle.ts";
import { root } from "./repository.ts";

/**
 * Puts the package into a folder's node_modules as npm would: built, packed by `npm pack`, unpacked. Only the declarations are missing, which nothing
 * that runs reads. Its native add-on isn't built, as where the package's scripts are not allowed.
 */
export function installPacked(folder: string): void {
  const work = mkdtempSync(join(tmpdir(), "heaviside-packed-"));
  try {
    const source = join(work, "source");
    for (const name of ["package.json", "bin", "kernels", "native", "CHANGELOG.md", "README.md", "LICENSE"])
      cpSync(`${root}${name}`, join(source, name), {
        recursive: true,
        filter: (path) => !path.endsWith("native/build"),
      });
    bundleInto(join(source, "dist"));
    const pack = ["pack", "--ignore-scripts", "--silent", "--pack-destination", work];
    const name = execFileSync("npm", pack, { cwd: source, encoding: "utf8" }).trim();
    execFileSync("tar", ["-xzf", join(work, name), "-C", work]);
    mkdirSync(join(folder, "node_modules"), { recursive: true });
    renameSync(join(work, "package"), join(folder, "node_modules/heaviside"));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
