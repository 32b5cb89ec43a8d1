import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { listFiles } from "../test/support/repository.ts";

/** A package as a lock file has it. */
export interface Package {
  /** Where it lies, such as node_modules/a/node_modules/b. */
  readonly place: string;
  readonly name: string;
  readonly version: string;
  /** An SPDX expression; undefined where the lock file has none. */
  readonly license: string | undefined;
  /** SHA-512 of what the registry sends; undefined where the lock file has none. */
  readonly integrity: string | undefined;
  readonly hasInstallScript: boolean;
  /** Only for who builds and tests: no user gets it. */
  readonly dev: boolean;
}

type Entry = {
  readonly [field in "name" | "version" | "license" | "integrity"]?: string;
} & { readonly [flag in "hasInstallScript" | "dev" | "devOptional" | "link"]?: boolean };

const root = fileURLToPath(new URL("..", import.meta.url));
const json = (path: string): unknown => JSON.parse(readFileSync(`${root}${path}`, "utf8"));

/** All lock files of the repository, the package's own first. */
export const locks = (): string[] =>
  listFiles()
    .filter((path) => /(^|\/)package-lock\.json$/.test(path))
    .sort((a, b) => a.split("/").length - b.split("/").length || (a < b ? -1 : 1));

/** The packages of a lock file. */
export function packagesIn(lock: string): Package[] {
  const { packages } = json(lock) as { readonly packages: { readonly [place: string]: Entry } };
  return Object.entries(packages).flatMap(([place, entry]) => {
    if (place === "" || entry.link) return [];
    const { name = place.replace(/^.*node_modules\//, ""), version = "", license, integrity, hasInstallScript } = entry;
    const dev = entry.dev === true || entry.devOptional === true;
    return [{ place, name, version, license, integrity, hasInstallScript: hasInstallScript === true, dev }];
  });
}

const sorted = (packages: readonly Package[]): Package[] =>
  [...packages].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0) || (a.version < b.version ? -1 : 1));

/** Packages that npm installs beside this one. */
export const installedWith = (): Package[] => sorted(packagesIn("package-lock.json").filter(({ dev }) => !dev));

/** Packages whose code is in the files of a part of this one: of dist/, or of the lab's page. */
export function bundledIn(part: "dist" | "lab"): Package[] {
  const places = (json("scripts/build/bundled.json") as Record<typeof part, readonly string[]>)[part];
  // The lab's packages are installed apart; what it takes of src/ is the library's.
  const known = [...(part === "lab" ? packagesIn("lab/package-lock.json") : []), ...packagesIn("package-lock.json")];
  return sorted(
    places.map((place) => {
      const found = known.find((one) => one.place === place);
      if (found === undefined) throw new Error(`scripts/build/bundled.json: ${place} is in no lock file`);
      return found;
    }),
  );
}

/** Packages that somebody may install beside this one for what it offers, by package.json's peerDependencies, in the versions that tests have. */
export function optionalBeside(): Package[] {
  const { peerDependencies = {} } = json("package.json") as { readonly peerDependencies?: Record<string, string> };
  const known = locks().flatMap(packagesIn);
  return sorted(
    Object.keys(peerDependencies).map((name) => {
      const found = known.find(({ place }) => place === `node_modules/${name}`);
      if (found === undefined) throw new Error(`package.json: the optional package ${name} is in no lock file`);
      return found;
    }),
  );
}
