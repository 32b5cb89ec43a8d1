import { importsOf } from "./imports.ts";
import type { Source } from "./repository.ts";

/** Where Node's own modules may be imported outright, and why. Everything else of src runs in browsers too. */
export const nodeOnly: Readonly<Record<string, string>> = {
  "src/cli/": "the command line",
  "src/lab/": "the server of a page",
  "src/runs/": "run folders lie on a disk",
  "src/report/made.ts": "asks what machine it runs on",
  "src/experiments/": "studies are run by the command line",
};

/** Modules of the library that are imported lazily all the same, and why. */
const lazy: Readonly<Record<string, string>> = {
  "src/train/train.ts ./debug-nan/debugger.ts":
    "few trainings ask for it, and it is too large to be in each page that trains",
};

const allowed = (path: string, table: Readonly<Record<string, string>>): boolean =>
  Object.keys(table).some((prefix) => path === prefix || (prefix.endsWith("/") && path.startsWith(prefix)));

/**
 * Modules that import one of Node's outright, though they run in browsers too, and modules that import one of the library's lazily, which keeps
 * bundlers from dropping what a program doesn't use.
 */
export function browserViolations(modules: readonly Source[], table = nodeOnly): string[] {
  const violations: string[] = [];
  for (const module of modules) {
    if (allowed(module.path, table)) continue;
    for (const { specifier, kind, line } of importsOf(module)) {
      if (kind === "static" && specifier.startsWith("node:"))
        violations.push(`${module.path}:${line} imports ${specifier} outright: use await import() behind a check`);
      if (kind === "dynamic" && specifier.startsWith(".") && !(`${module.path} ${specifier}` in lazy))
        violations.push(`${module.path}:${line} imports ${specifier} lazily: bundlers then keep all that it imports`);
    }
  }
  return violations;
}
