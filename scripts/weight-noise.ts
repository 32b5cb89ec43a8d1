// The tables of docs/explanation/weight-noise.md. node --conditions=@heaviside/source --import tsx scripts/weight-noise.ts [--write] trains the networks, which takes a
// few minutes, and prints the tables or writes them into the page. `<!-- name -->` begins a table.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { count } from "../src/describe/format.ts";
import { markdownTable } from "../src/describe/table.ts";
import { backend, loadDataset, mlp, type PruningRow, pruningTable, type TrainOptions, train } from "../src/index.ts";
import { withSections } from "./sections.ts";

const PAGE = fileURLToPath(new URL("../docs/explanation/weight-noise.md", import.meta.url));

const SEEDS = [1, 2, 3];
const THRESHOLDS = [0.1, 0.25, 0.5, 1];

type Noise = TrainOptions["weightNoise"];
const variants: readonly (readonly [string, Noise])[] = [
  ["none", undefined],
  ["fixed, σ = 0.025", { name: "fixed", deviation: 0.025 }],
  ["fixed, σ = 0.075", { name: "fixed", deviation: 0.075 }],
  ["fixed, σ = 0.15", { name: "fixed", deviation: 0.15 }],
  ["learned, σ = 0.075 at first", { name: "learned", deviation: 0.075 }],
  ["learned, σ = 0.01 at first", { name: "learned", deviation: 0.01 }],
];

const data = await loadDataset("mnist", { limit: 2000 });
const model = mlp({ input: [28, 28], hidden: [{ units: 100, estimator: "tanh" }], classes: 10 });
const on = await backend("native", { threads: 1 }).catch(() => backend("wasm", { threads: 1 }));

const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;
const range = (values: readonly number[]): string =>
  `${mean(values).toFixed(2)} (${Math.min(...values).toFixed(2)}–${Math.max(...values).toFixed(2)})`;

/** One training of each seed, and what pruning makes of it where its noise was learned. */
async function trained(weightNoise: Noise) {
  const runs = [];
  for (const seed of SEEDS) {
    const options = { epochs: 30, batch: 100, optimizer: { name: "adam", rate: 0.001 }, seed, weightNoise } as const;
    const result = await train(model, data, { ...options, backend: on });
    const rows =
      weightNoise?.name === "learned" ? await pruningTable(model, data, result, THRESHOLDS, { backend: on, seed }) : [];
    runs.push({ result, rows });
  }
  return runs;
}

const runs = new Map<string, Awaited<ReturnType<typeof trained>>>();
for (const [title, noise] of variants) runs.set(title, await trained(noise));

const errors = (): string =>
  markdownTable([
    ["weight noise", "test error, %", "test NLL, nats", "training NLL, nats", "KL, nats", "bits a weight"],
    ...variants.map(([title]) => {
      const found = runs.get(title)!.map(({ result }) => result);
      const noise = found.flatMap(({ weightNoise }) => weightNoise ?? []);
      return [
        title,
        range(found.map(({ test }) => test.deterministic.error)),
        mean(found.map(({ test }) => test.deterministic.nll)).toFixed(3),
        mean(found.map((result) => result.train.nll)).toFixed(3),
        noise.length === 0 ? "" : count(mean(noise.map(({ kl }) => kl))),
        noise.length === 0 ? "" : mean(noise.map(({ bitsPerWeight }) => bitsPerWeight)).toPrecision(2),
      ];
    }),
  ]);

const pruned = (): string =>
  markdownTable([
    ["learned, σ at first", "pruned", "weights that remain, %", "test error, %"],
    ...variants.flatMap(([title, noise]) => {
      if (noise?.name !== "learned") return [];
      const found = runs.get(title)!;
      const rowsAt = (i: number): PruningRow<"nll" | "error">[] => found.map(({ rows }) => rows[i]!);
      const before = [`${noise.deviation}`, "nothing", "100", range(found.map(({ result }) => result.test.deterministic.error))]; // biome-ignore format: one line
      return [
        before,
        ...THRESHOLDS.map((threshold, i) => [
          `${noise.deviation}`,
          `\\|μ\\|/σ < ${threshold}`.replaceAll("\\", ""),
          range(rowsAt(i).map(({ weights, remaining }) => (100 * remaining) / weights)),
          range(rowsAt(i).map(({ test }) => test.error)),
        ]),
      ];
    }),
  ]);

const sections = { errors, pruned };
if (process.argv.includes("--write")) writeFileSync(PAGE, withSections(PAGE, readFileSync(PAGE, "utf8"), sections));
else for (const make of Object.values(sections)) process.stdout.write(`${make()}\n\n`);
await on.close();
