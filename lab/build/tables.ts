import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { cutOf, cutOut, isNode, type Node, nameOf, nodesOf, propertiesOf } from "./tree.ts";

const library = fileURLToPath(new URL("../../src/", import.meta.url));

/** Rows that a table has in the page. */
interface Kept {
  readonly table: string;
  readonly rows: readonly string[];
}
/** Rows that it hasn't. */
interface Left {
  readonly table: string;
  readonly without: readonly string[];
}

const stages = ["dense", "conv", "pool", "normalise", "flatten", "gated"];
const sequences = ["recurrent", "per-step", "over-time"];
const heads = ["classes", "values", "mixture"];

/**
 * What a config may name in the page, by the library's file and table: the networks of the station Train, of those that stations train for themselves,
 * and of files in lab/public/networks. Another name is refused as one that there isn't.
 */
export const tables: Readonly<Record<string, readonly (Kept | Left)[]>> = {
  "config/make.ts": [{ table: "makers", rows: ["mlp", "gated-mlp", "conv", "recurrent"] }],
  "models/options.ts": [
    { table: "heads", rows: heads },
    { table: "inferred", rows: ["mlp", "gated-mlp", "recurrent"] },
  ],
  "models/stages/index.ts": [{ table: "stages", rows: [...stages, ...sequences] }],
  "models/stage-options.ts": [
    { table: "plain", rows: stages },
    { table: "stages", rows: sequences },
  ],
  "models/heads/index.ts": [{ table: "heads", rows: heads }],
  "cells/index.ts": [{ table: "cells", rows: ["lstm", "gru", "janet", "rnn", "leaky", "lif", "alif"] }],
  "layers/preprocess/index.ts": [{ table: "preprocesses", rows: ["standardise"] }],
  "layers/gaters/index.ts": [{ table: "gaters", rows: ["dense"] }],
  "gating/sparsity/index.ts": [{ table: "sparsities", rows: ["kl", "balance"] }],
  "estimators/aliases.ts": [
    { table: "aliases", rows: [] },
    { table: "hints", rows: [] },
  ],
  "estimators/index.ts": [
    {
      table: "estimators",
      without: [
        ...[
          "categorical-score-function",
          "categorical-leave-one-out",
          "categorical-straight-through",
          "gumbel-softmax",
        ],
        ...["categorical-straight-through-gumbel", "categorical-gumbel-rao", "categorical-reinmax"],
        ...["categorical-gapped-straight-through", "categorical-exact"],
      ],
    },
  ],
  "optimizers/config.ts": [
    { table: "members", rows: ["momentum", "adam"] },
    { table: "ofSchedules", rows: ["constant"] },
  ],
  "train/weight-noise/config.ts": [{ table: "weightNoises", rows: [] }],
  "data/augment/index.ts": [{ table: "augmentations", rows: [] }],
  "data/options.ts": [{ table: "members", rows: ["mnist", "fashion-mnist", "table", "npz", "images", "folder"] }],
};

/** The object that a table is written as: by itself, or as what `family` is given. */
function objectOf(value: unknown): Node | undefined {
  if (!isNode(value)) return undefined;
  if (value.type === "ObjectExpression") return value;
  if (value.type === "CallExpression") return objectOf(nodesOf(value.arguments)[1]);
  return objectOf(value.expression);
}

/** A file with those rows of its tables alone. Throws for a table, and for a row, that it doesn't have. */
export function withRows(
  code: string,
  kept: readonly (Kept | Left)[],
  parse: (code: string) => { readonly body: unknown },
): string {
  const declared = nodesOf(parse(code).body)
    .flatMap((node) => nodesOf(node.type === "ExportNamedDeclaration" ? node.declaration : node))
    .flatMap(({ declarations }) => nodesOf(declarations));
  const cuts = kept.flatMap((of) => {
    const object = objectOf(declared.find(({ id }) => nameOf(id) === of.table)?.init);
    if (!object) throw new Error(`there is no table ${of.table}`);
    const rows = propertiesOf(object).filter(([name]) => name !== undefined);
    const named = "rows" in of ? of.rows : of.without;
    const unknown = named.filter((name) => !rows.some(([own]) => own === name));
    if (unknown.length > 0) throw new Error(`the table ${of.table} has no ${unknown.join(", ")}`);
    return rows.filter(([name]) => named.includes(name!) !== "rows" in of).map(([, property]) => cutOf(property, code));
  });
  return cutOut(code, cuts);
}

/** Takes out of the page what no config in it names. */
export function rowsOfTables(): Plugin {
  return {
    name: "rows-of-tables",
    enforce: "pre",
    transform(code, id) {
      const kept = id.startsWith(library) ? tables[id.slice(library.length)] : undefined;
      return kept && { code: withRows(code, kept, (text) => this.parse(text, { lang: "ts" })), map: null };
    },
  };
}
