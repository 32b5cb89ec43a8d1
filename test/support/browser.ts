import { importsOf } from "./imports.ts";
import type { Source } from "./repository.ts";

/** Where Node's own modules may be imported outright, and why. Everything else of src runs in browsers too. */
export const nodeOnly: Readonly<Record<string, string>> = {
  "src/cli/": "the command line",
  "src/runs/": "run folders lie on a disk",
  "src/report/made.ts": "asks what machine it runs on",
  "src/experiments/engine/run.ts": "studies leave their records on a disk",
  "src/experiments/engine/folder.ts": "the folder of a study",
  "src/experiments/engine/records.ts": "the records in it",
  "src/sweep/": "starts processes",
};

const allowed = (path: string, table: Readonly<Record<string, string>>): boolean =>
  Object.keys(table).some((prefix) => path === prefix || (prefix.endsWith("/") && path.startsWith(prefix)));

/**
 * Modules that a browser could not load: those that import a module of Node outright, directly or through one that
 * may. A dynamic import behind a check of the platform is fine.
 */
export function browserViolations(modules: readonly Source[], table = nodeOnly): string[] {
  const violations: string[] = [];
  for (const module of modules) {
    if (allowed(module.path, table)) continue;
    for (const { specifier, kind, line } of importsOf(module)) {
      if (kind !== "static") continue;
      const target = new URL(specifier, `file:///${module.path}`).pathname.slice(1);
      if (specifier.startsWith("node:")) {
        violations.push(`${module.path}:${line} imports ${specifier} outright: use await import() behind a check`);
      } else if (specifier.startsWith(".") && allowed(target, table)) {
        violations.push(`${module.path}:${line} imports ${target}, which only Node can load`);
      }
    }
  }
  return violations;
}
