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

/** What is not written, and what is written in its place. */
export const phrases: readonly (readonly [phrase: RegExp, plain: string])[] = [
  [/\bwork(?:ed|s)? out\b/, "compute"],
  [/\bleft out\b/, "(default: …), omitted, dropped"],
  [/\bso many\b/, "n"],
  [/\bgo(?:es|ing)? on (?:with|from)\b/, "resume"],
  [/\bthe rest of the network\b/, "downstream network"],
  [/\bnoise (?:off|on)\b/, "deterministic readout, sampling"],
  [/\breads p\b/, "deterministic readout"],
  [/\b(?:is|are) told\b/, "is reported"],
  [/\btold apart\b|\bcan't be told\b/, "distinguished"],
  [
    /\b(?:units?|neurons?|layers?|stages?|it|they|which|that|what) sends?\b|\bsends? (?:a|an|the|its|their|on)\b/,
    "output",
  ],
  [/\ba mistake and not a wish\b/, "unknown options are rejected"],
  [/\bkeep the books\b/, "report"],
];

/** Lines with a phrase that has a plainer word. */
export function phraseViolations({ path, text }: Source): string[] {
  return text
    .split("\n")
    .flatMap((line, index) =>
      phrases
        .filter(([phrase]) => phrase.test(line))
        .map(([, plain]) => `${path}:${index + 1} could say "${plain}": ${line.trim()}`),
    );
}
