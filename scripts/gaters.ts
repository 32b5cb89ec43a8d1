// docs/gaters.md is made of the gaters' cards. node --conditions=source --import tsx scripts/gaters.ts [--write] prints or
// writes it; a test holds it to the cards.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { markdownTable } from "../src/describe/table.ts";
import { type GaterConfig, gaterFor, gaterNames, gaters } from "../src/layers/gaters/index.ts";

const INPUT = 784;
const BLOCKS = [64, 512, 4096] as const;

/** What the table counts for each gater. */
const usual: { readonly [N in GaterConfig["name"]]: readonly [as: string, config: GaterConfig][] } = {
  dense: [
    ["400 tanh", { name: "dense" }],
    ["no hidden units", { name: "dense", hidden: 0 }],
  ],
  "low-rank": [["rank 16", { name: "low-rank", rank: 16 }]],
  tree: [["one tree", { name: "tree" }]],
};

function costs(): string {
  const count = (n: number): string => n.toLocaleString("en");
  const lines = gaterNames.flatMap((name) =>
    usual[name].flatMap(([as, config]) => {
      const made = BLOCKS.map((blocks) => gaterFor(config, { input: INPUT, blocks }));
      const link = `[\`${name}\`](#${name})`;
      const all = [link, as, ...made.map(({ multiplyAdds }) => count(multiplyAdds))];
      const own = [link, `${as}, its decision`, ...made.map(({ decision }) => count(decision?.multiplyAdds ?? 0))];
      return made[0]!.decision ? [all, own] : [all];
    }),
  );
  return markdownTable([["gater", "", ...BLOCKS.map((blocks) => `${blocks} blocks`)], ...lines], [2, 3, 4]);
}

function section(name: GaterConfig["name"]): string {
  const { title, summary, formula, cost, source, options } = gaters[name].card;
  const described = Object.entries(options).map(([option, text]) => `  - \`${option}\`: ${text}`);
  const parts = [
    summary,
    `scores: $${formula}$`,
    `multiply-adds of an example: $${cost}$`,
    `source: ${source}`,
    "options:",
  ];
  return [`## ${name}`, title, [...parts.map((part) => `- ${part}`), ...described].join("\n")].join("\n\n");
}

/** docs/gaters.md */
export function page(): string {
  return `${[
    "# Gaters",
    "This page is made of the cards in `src/layers/gaters/` by `node --conditions=source --import tsx scripts/gaters.ts --write`.",
    "A gater works out the scores of K gates from what a layer of gated blocks reads, $x\\in\\mathbb R^n$; any estimator then decides which gates open, and trains the gater: `npx heaviside train --model gated-mlp --blocks 64 --width 32 --gater low-rank:rank=16 --gate top-k:k=6,value=sigmoid --sparsity none`. What skipping closed blocks can save is bounded by what the gater costs.",
    `Multiply-adds for one example of ${INPUT} inputs; \`npm run bench -- gaters\` times them:`,
    costs(),
    ...gaterNames.map(section),
    "## What needs no gater of its own",
    [
      "- **Gates of blocks**: few wide blocks (`--blocks 64 --width 32`) instead of many single units have fewer scores to work out, by any of these.",
      "- **Shared features**: behind dense layers (`--hidden`) gater and blocks read the same features, and both train them.",
      "- **The k largest**: [`top-k`](estimators.md#top-k) is an estimator of gates, with noise or without, of any gater's scores.",
      "- **A tree's way down in training**: its scores are log-probabilities of leaves, so every one-hot estimator trains it; at test the tree decides by itself and reads the nodes on its way alone.",
    ].join("\n"),
  ].join("\n\n")}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes("--write")) writeFileSync(new URL("../docs/gaters.md", import.meta.url), page());
  else console.log(page());
}
