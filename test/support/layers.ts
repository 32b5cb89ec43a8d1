import type { Edge } from "./imports.ts";

/** For each unit (a folder of src, or a file that lies in src itself) the units that it may import. */
export type Layers = Readonly<Record<string, readonly string[]>>;

const base = ["errors", "rules", "options", "graph", "random", "tables"];
const run = [...base, "plan", "backends", "compile"];
const maths = ["statistics", "estimators", "gating", "optimizers"];
const network = [...maths, "layers", "cells", "models"];
const beside = ["data", "describe", "formats", "plots", "runs"];
const whole = [...run, ...network, "train", "config", "measure", "cost", "generate", "compare", "predict", ...beside];

/**
 * The direction of imports, low to high. Tests may look anywhere. The maths never sees a backend: it says what is to
 * be computed, not where.
 */
export const layers: Layers = {
  errors: [],
  rules: ["errors"],
  options: ["errors", "rules"],
  graph: base,
  random: base,
  tables: ["errors", "rules"],
  plan: base,
  backends: [...base, "formats", "plan"],
  compile: [...run, "statistics"],

  statistics: ["errors", "rules", "random"],
  gating: [...base, "statistics"],
  optimizers: base,
  estimators: [...base, "statistics", "optimizers"],
  laws: [...base, "statistics", "estimators"],
  layers: [...base, ...maths],
  cells: [...base, ...maths, "layers"],
  models: [...base, ...maths, "layers", "cells"],

  data: [...base, "formats", "statistics"],
  formats: ["errors", "rules", "graph"],
  plots: [...base, "statistics", "formats"],
  runs: [...base, "formats", "plots"],
  describe: [...run, ...network, "plots"],

  measure: [...run, ...network, "data"],
  train: [...run, ...network, "data", "formats", "measure", "runs"],
  cost: [...run, ...network, "data", "train", "measure"],
  generate: [...run, ...network, "formats", "train"],
  predict: [...run, ...network, "formats", "runs", "train"],
  compare: [...base, "statistics", "models", "data", "describe", "layers", "formats", "plots", "runs", "train"],

  config: [...run, ...network, "data", "train"],

  index: whole,

  // Entries of the package: nobody imports them.
  entries: [...whole, "report", "explore"],
  inference: ["errors", "rules", "tables", "formats", "graph", "layers", "plan", "backends", "runs", "predict"],

  // Leaves: nobody above imports them.
  report: [...whole, "index"],
  explore: [...whole, "report"],
  lab: ["errors", "data", "formats", "runs", "experiments"],
  experiments: [...whole, "index", "config", "report"],
  cli: [...whole, "index", "config", "report", "explore", "experiments", "lab"],
};

/** Files of src that belong to a unit of another name. */
const homes: Readonly<Record<string, string>> = {
  nearest: "rules",
};

/** The unit of a path: `src/graph/ops/add.ts` and `src/graph.ts` are both of `graph`. */
export function unitOf(path: string): string {
  const first = path.split("/")[1]!.replace(/\.\w+$/, "");
  return homes[first] ?? first;
}

/** Imports that go against the direction, and units that the table doesn't know, one sentence each. */
export function layerViolations(edges: readonly Edge[], table: Layers = layers): string[] {
  const violations = new Set<string>();
  for (const { from, to, line } of edges) {
    const [above, below] = [unitOf(from), unitOf(to)];
    if (!to.startsWith("src/")) violations.add(`${from}:${line} imports ${to}, which is outside of src`);
    else if (table[above] && above !== below && !table[above].includes(below)) {
      violations.add(`${from}:${line} imports ${to}: ${above} may not use ${below}`);
    }
  }
  return [...violations];
}

/** Units that lack a place in the table. */
export function unknownUnits(paths: readonly string[], table: Layers = layers): string[] {
  const units = new Set(paths.map(unitOf));
  return [...units]
    .filter((unit) => !(unit in table))
    .map((unit) => `src/${unit} has no place in the table of test/support/layers.ts: say there what it may import`);
}
