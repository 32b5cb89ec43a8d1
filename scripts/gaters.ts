// docs/reference/gaters.md is made of the gaters' cards. node --conditions=@heaviside/source --import tsx scripts/gaters.ts [--write] prints or
// writes it; a test holds it to the cards.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { markdownTable } from "../src/describe/table.ts";
import { type GaterConfig, gaterFor, gaterNames, gaters } from "../src/layers/gaters/index.ts";
import { helpOf } from "../src/options/index.ts";
import { mean, variance } from "../src/statistics/sample.ts";
import { codeLink, filesOf } from "./code-of.ts";

const files = filesOf("src/layers/gaters/index.ts", "gaters");
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

/** What the figures of the file say, and what they don't. */
const account = [
  "All share one rate; it and the gates' value σ were chosen by the validation error of the low-rank gater on 10,000 examples (rates 0.01, 0.03 and 0.1; softmax, renormalised, σ and 1), the others were not tuned. The cheap gaters do not lose to the dense one.",
  "None beats the dense net that has as many units as are open: left to themselves, gates that compete close most blocks for good, and a few blocks are all the expert there is. `--sparsity balance` opens them, at a price: with `--limit 10000 --epochs 3` and the low-rank gater's arguments the validation error is 5.9 % with 56 blocks never open, 5.9 % with 48 by `balance:target=0.09375,step=0.001`, and 10.5 % with none by a step of 0.01.",
].join("\n\n");

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

/** What `bench/results/gaters-mnist.json` holds: runs of one command, in percent. */
interface Accuracies {
  readonly command: string;
  readonly arms: readonly {
    readonly name: string;
    readonly arguments: string;
    readonly gaterMultiplyAdds: number;
    readonly runs: readonly {
      readonly seed: number;
      readonly test: number;
      readonly open?: number;
      readonly dead?: number;
    }[];
  }[];
}
const RESULTS = "bench/results/gaters-mnist.json";

/** Test errors of the same expert behind each gater, and what is between them. */
function accuracies(): string {
  const { command, arms } = JSON.parse(readFileSync(new URL(`../${RESULTS}`, import.meta.url), "utf8")) as Accuracies;
  const range = (values: readonly number[]): string =>
    [...new Set([Math.min(...values), Math.max(...values)])].join("–");
  const lines = arms.map(({ name, gaterMultiplyAdds, runs }) => {
    const open = runs.flatMap((run) => run.open ?? []);
    const dead = runs.flatMap((run) => run.dead ?? []);
    const errors = runs.map(({ test }) => test);
    return [
      name,
      gaterMultiplyAdds === 0 ? "" : gaterMultiplyAdds.toLocaleString("en"),
      open.length === 0 ? "" : `${(100 * mean(open)).toFixed(1)} %`,
      dead.length === 0 ? "" : range(dead),
      `${mean(errors).toFixed(2)} ± ${Math.sqrt(variance(errors)).toFixed(2)}`,
      errors.map((error) => error.toFixed(2)).join(", "),
    ];
  });
  const head = [
    "",
    "the gater's multiply-adds",
    "open",
    "blocks never open",
    "test error, %, mean ± sd",
    "of each seed",
  ];
  return [
    "## The same expert behind each",
    `MNIST, 64 blocks of 32 rectifiers, 6 open (8 behind the trees), 5 epochs, as \`${RESULTS}\` has it; each run is \`${command}\` with the arguments in that file. Noise is off at test; the multiply-adds are those at test.`,
    markdownTable([head, ...lines], [1, 2, 3, 4]),
    account,
  ].join("\n\n");
}

function section(name: GaterConfig["name"]): string {
  const { title, summary, formula, cost, source } = gaters[name].card;
  const described = Object.entries(gaters[name].options).map(([option, of]) => `  - \`${option}\`: ${helpOf(of)}`);
  const parts = [
    summary,
    `scores: $${formula}$`,
    `multiply-adds of an example: $${cost}$`,
    `source: ${source}`,
    `code: ${codeLink(files.get(name)!)}`,
    "options:",
  ];
  return [`## ${name}`, title, [...parts.map((part) => `- ${part}`), ...described].join("\n")].join("\n\n");
}

/** docs/reference/gaters.md */
export function page(): string {
  return `${[
    "# Gaters",
    "A gater computes the scores of K gates from the input of a layer of gated blocks, $x\\in\\mathbb R^n$. Any estimator then decides which gates open, and trains the gater. What the gater costs limits what skipping closed blocks can save.",
    "```sh\nnpx heaviside train --model gated-mlp --blocks 64 --width 32 --gater low-rank:rank=16 --gate top-k:k=6,value=sigmoid --sparsity none\n```",
    `Multiply-adds for one example of ${INPUT} inputs (\`npm run bench -- gaters\` times them):`,
    costs(),
    ...gaterNames.map(section),
    accuracies(),
    "## Other ways to a cheaper gater",
    [
      "- **Wide blocks**: few wide blocks (`--blocks 64 --width 32`) have fewer scores than many single units.",
      "- **Shared features**: behind dense layers (`--hidden`) gater and blocks read the same features, and both train them.",
      "- **The k largest**: [`top-k`](estimators.md#top-k) is an estimator of gates, with or without noise. It takes any gater's scores.",
      "- **A tree in training**: its scores are log-probabilities of leaves, so every one-hot estimator trains it. At test the tree decides by itself, and computes only the nodes on its way.",
    ].join("\n"),
    "Generated from the cards in `src/layers/gaters/`: `node --conditions=@heaviside/source --import tsx scripts/gaters.ts --write`.",
  ].join("\n\n")}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes("--write")) writeFileSync(new URL("../docs/reference/gaters.md", import.meta.url), page());
  else console.log(page());
}
