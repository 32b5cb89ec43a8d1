import type { Source } from "./repository.ts";

// Paths that exist on someone's machine only. Spelled apart, so that this file doesn't break its own rule.
const folders = ["work", "tmp", "home", "root", "Users"].join("|");
const machinePath = new RegExp(`(?<![\\w.~:*)}\\]/-])/(?:${folders})/[\\w.]`);
const registry = new RegExp(["registry", "(?:npmjs|yarnpkg)", "\\w+"].join("\\."));

/** Lines that name a folder of one machine, or a package registry. */
export function wordingViolations({ path, text }: Source): string[] {
  return text.split("\n").flatMap((line, index) => {
    if (machinePath.test(line)) return [`${path}:${index + 1} names a path of one machine: ${line.trim()}`];
    if (registry.test(line)) return [`${path}:${index + 1} names a registry: ${line.trim()}`];
    return [];
  });
}

/** Entries of a lock file that say where a package was downloaded from; links within the repository are fine. */
export function resolvedInLock({ path, text }: Source): string[] {
  const { packages = {} } = JSON.parse(text) as { packages?: Record<string, { resolved?: string; link?: boolean }> };
  return Object.entries(packages)
    .filter(([, entry]) => entry.resolved !== undefined && !entry.link)
    .map(([name, entry]) => `${path}: ${name} was resolved to ${entry.resolved}; set omit-lockfile-registry-resolved`);
}
