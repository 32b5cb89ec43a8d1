import type { Edge } from "./imports.ts";

/**
 * Folders whose modules may ask for each other, and why. Nothing in them may call another module while it loads: a test
 * loads each of these modules first, and so takes every circle apart at every place.
 */
export const mutual: Readonly<Record<string, string>> = {
  "src/graph/ops/": "an op's derivative is made of other ops: sine of cosine, and cosine of sine",
};

/**
 * The circles among modules that are there at run time: types are erased, and an `import()` waits until it is called.
 * One circle for each module that closes one, as `a → b → a`.
 */
export function cycles(edges: readonly Edge[], table = mutual): string[] {
  const next = new Map<string, string[]>();
  for (const { from, to, kind } of edges) {
    if (kind === "static") next.set(from, [...(next.get(from) ?? []), to]);
  }
  const done = new Set<string>();
  const trail: string[] = [];
  const found: string[] = [];
  const tolerated = (circle: readonly string[]): boolean =>
    Object.keys(table).some((folder) => circle.every((module) => module.startsWith(folder)));
  const visit = (module: string): void => {
    const at = trail.indexOf(module);
    if (at >= 0 && !tolerated(trail.slice(at))) found.push([...trail.slice(at), module].join(" → "));
    if (at >= 0 || done.has(module)) return;
    trail.push(module);
    for (const to of next.get(module) ?? []) visit(to);
    trail.pop();
    done.add(module);
  };
  for (const module of next.keys()) visit(module);
  return found;
}
