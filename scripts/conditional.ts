// docs/explanation/conditional.md's tables and pictures, from four files in bench/results: node --conditions=@heaviside/source --import tsx
// scripts/conditional.ts [--write] prints or writes them; a test holds them to the files. Runs of which others disturbed more
// than a quarter are only written with --disturbed. `<!-- name -->` begins a table.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Row, Run } from "../bench/rows.ts";
import { stageTimes } from "../bench/subjects/conditional/products.ts";
import { ratioOf } from "../bench/subjects/conditional/report.ts";
import { formatNumber } from "../bench/table.ts";
import { percent } from "../bench/workloads/conditional.ts";
import { markdownTable } from "../src/describe/table.ts";
import { GREY, lineChart, numberText, type Series } from "../src/plots/index.ts";
import { type Tables, withTables as tablesIn } from "./sections.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const PAGE = "docs/explanation/conditional.md";

export type Measured = Row & Run;

/** What the commands of four runs left: the layer beside others, its single products, the paper's network, the sweeps over sizes. */
export interface Results {
  readonly layer: readonly Measured[];
  readonly products: readonly Measured[];
  readonly paper: readonly Measured[];
  readonly scaling: readonly Measured[];
}

/** The commands, each with the file that it writes. */
const runs = {
  layer: ["bench/results/conditional.json", "conditional layer update --peers"],
  products: ["bench/results/conditional-products.json", "conditional products"],
  paper: ["bench/results/conditional-paper.json", "conditional paper"],
  scaling: ["bench/results/conditional-scaling.json", "conditional scaling"],
} as const;

export const rowsIn = (file: string): Measured[] =>
  existsSync(root + file) ? JSON.parse(readFileSync(root + file, "utf8")) : [];
export const committed = (): Results => ({
  layer: rowsIn(runs.layer[0]),
  products: rowsIn(runs.products[0]),
  paper: rowsIn(runs.paper[0]),
  scaling: rowsIn(runs.scaling[0]),
});

const partOf = (rows: readonly Measured[], part: string) => rows.filter(({ task }) => task!.part === part);
const formOf = ({ task }: Row): string => String(task!.form);
const name = (row: Row): string => row.engine.replace("heaviside ", "");

/** Rows of one contest each, in their order. */
export function contests(rows: readonly Measured[]): Measured[][] {
  const titles = new Map<string, Measured[]>();
  for (const row of rows) {
    const { form: _, ...task } = row.task!;
    const key = JSON.stringify(task);
    titles.set(key, [...(titles.get(key) ?? []), row]);
  }
  return [...titles.values()];
}

/** Rounds of a run, and how many of them other processes disturbed. */
export function disturbance(rows: readonly Measured[]): { disturbed: number; rounds: number } {
  const all = contests(rows).map(([row]) => row!);
  return {
    disturbed: all.reduce((sum, row) => sum + (row.disturbed ?? 0), 0),
    rounds: all.reduce((sum, row) => sum + row.values.length, 0),
  };
}

/** The command, the machine, and the rounds of a run of one row or more. */
export function caption(rows: readonly Measured[]): string {
  const { command, machine, values } = rows[0]!;
  return `\`${command}\` on ${machine.cpu}, ${machine.cores} cores, Node ${machine.node.slice(1)}; medians of ${values.length} rounds.`;
}

const ratio = (row: Row, against: "dense" | "PyTorch"): string => {
  const found = ratioOf(row, against);
  return found ? `${formatNumber(found.median)} (${formatNumber(found.min)}–${formatNumber(found.max)})` : "";
};
export const time = ({ value, min, max }: Row): string =>
  `${formatNumber(value)} (${formatNumber(min)}–${formatNumber(max)})`;

/** Everybody at one density, on the most threads that each has. */
function layer(measured: readonly Measured[]): string {
  const rows = partOf(measured, "layer");
  const first = contests(rows)[0]!;
  const shown = first.filter(
    (row) => !first.some((other) => other.engine === row.engine && other.threads > row.threads),
  );
  const head = ["", "threads", "ms", "GFLOP/s done", "× own dense", "× best of PyTorch"];
  const lines = shown.map((row) => [
    `${name(row)}, ${formOf(row)}`,
    ...[`${row.threads}`, time(row), formatNumber(row.gflops!), ratio(row, "dense"), ratio(row, "PyTorch")],
  ]);
  return [caption(rows), markdownTable([head, ...lines])].join("\n\n");
}

/** Ours at each density. */
function densities(rows: readonly Measured[]): string {
  const lines = contests(partOf(rows, "layer")).flatMap((rows) =>
    rows
      .filter((row) => formOf(row) === "skip")
      .map((row) => {
        const dense = rows.find((other) => other.engine === row.engine && other.threads === row.threads)!;
        const { pairs, batch, blocks, density } = row.task as Readonly<Record<string, number>>;
        const ideal = formatNumber((batch! * blocks!) / pairs!);
        const times = [dense, row].map(({ value }) => formatNumber(value));
        const open = percent(density!);
        return [`${open}, ${name(row)}`, `${row.threads}`, ...times, ratio(row, "dense"), ideal, ratio(row, "PyTorch")];
      }),
  );
  const head = ["open", "threads", "dense, ms", "skip, ms", "× own dense", "ideal", "× best of PyTorch"];
  return markdownTable([head, ...lines]);
}

function products(measured: readonly Measured[]): string {
  const rows = partOf(measured, "products");
  const times = stageTimes(rows);
  const lines = times
    .filter(({ layer: form }) => form === "dense")
    .map((dense) => {
      const skip = times.find(
        (each) =>
          each.layer === "skip" &&
          each.engine === dense.engine &&
          each.threads === dense.threads &&
          each.stage === dense.stage,
      )!;
      const figures = [dense.ms, dense.gflops, skip.ms, skip.gflops, dense.ms / skip.ms].map(formatNumber);
      return [`${dense.engine.replace("heaviside ", "")}, ${dense.stage}`, ...figures];
    });
  const bounds = rows
    .filter(({ engine }) => engine.startsWith("ceiling"))
    .map((row) => `${row.engine}, ${formOf(row)}: ${formatNumber(row.value)} ms`);
  const head = ["", "dense, ms", "GFLOP/s", "skip, ms", "GFLOP/s", "×"];
  return `${caption(rows)}\n\n${markdownTable([head, ...lines])}\n\nAt the machine's ceilings the open pairs would take: ${bounds.join("; ")}.`;
}

function update(rows: readonly Measured[]): string {
  const lines = partOf(rows, "update").map((row) => [
    `batch ${row.task!.batch}, ${name(row)}, ${formOf(row)}`,
    ...[`${row.threads}`, time(row), ratio(row, "dense")],
  ]);
  return markdownTable([["", "threads", "ms a step", "× dense"], ...lines]);
}

function paper(measured: readonly Measured[]): string {
  const lines = contests(partOf(measured, "paper")).flatMap((rows) =>
    rows
      .filter((row) => formOf(row) === "skip")
      .map((row) => {
        const whole = rows.find((other) => other.engine === row.engine && other.threads === row.threads)!;
        const { gate, batch, possible } = row.task!;
        const { median, min, max } = row.timesAsFast![0]!;
        return [
          ...[`${gate}, batch ${batch}, ${name(row)}`, `${row.threads}`, formatNumber(whole.value)],
          ...[formatNumber(row.value), `${formatNumber(median)} (${formatNumber(min)}–${formatNumber(max)})`],
          formatNumber(Number(possible)),
        ];
      }),
  );
  const head = ["", "threads", "evaluated, ms", "skip, ms", "×", "possible"];
  return [caption(partOf(measured, "paper")), markdownTable([head, ...lines])].join("\n\n");
}

const axes: Readonly<Record<string, string>> = {
  density: "open blocks, % of all",
  blocks: "blocks of 16 units",
  width: "units a block, of 64 blocks",
  batch: "examples in the batch",
};

const pictureOf = (sweep: string): string => `pictures/conditional-${sweep}.svg`;

/** Few open blocks, on the most threads. */
function brief(measured: readonly Measured[]): string {
  const few = contests(partOf(measured, "layer")).filter(([row]) => Number(row!.task!.density) <= 0.1);
  const most = Math.max(...few.flat().map(({ threads }) => threads));
  const lines = few.map((rows) => {
    const cells = ["native", "wasm"].flatMap((engine) => {
      const row = rows.find((each) => name(each) === engine && formOf(each) === "skip" && each.threads === most);
      return row ? [formatNumber(row.value), ratio(row, "dense"), ratio(row, "PyTorch")] : ["", "", ""];
    });
    return [percent(Number(rows[0]!.task!.density)), ...cells];
  });
  const of = (engine: string): string[] => [`${engine}, ms`, "× own dense", "× best of PyTorch"];
  return [markdownTable([["open", ...of("native"), ...of("wasm")], ...lines]), caption(few.flat())].join("\n\n");
}

/** The pictures of the sweeps, in the page. */
const sweepsShown = (rows: readonly Measured[]): string =>
  [caption(rows), ...Object.entries(axes).map(([sweep, axis]) => `![Cost over ${axis}](../${pictureOf(sweep)})`)].join(
    "\n\n",
  );

const sections: Tables<keyof Results, Measured> = {
  skipping: ["layer", brief],
  layer: ["layer", layer],
  densities: ["layer", densities],
  products: ["products", products],
  update: ["layer", update],
  paper: ["paper", paper],
  scaling: ["scaling", sweepsShown],
};

/** The page with every table as the files have it. Throws where a table has no place. */
export const withTables = (page: string, results: Results): string => tablesIn(PAGE, page, sections, results, runs);

/** Skipping's time as a share of the dense layer's over one size, with the share of open pairs as the ideal: SVG on white. */
async function picture(sweep: string, { scaling }: Results): Promise<string> {
  const rows = partOf(scaling, `scaling ${sweep}`).filter((row) => formOf(row) === "skip");
  const at = ({ task }: Row): number => Number(task![sweep]) * (sweep === "density" ? 100 : 1);
  const curves: Series[] = [...new Set(rows.map(({ engine }) => engine))].map((engine) => ({
    name: engine.replace("heaviside ", ""),
    points: rows
      .filter((row) => row.engine === engine)
      .map((row) => ({ x: at(row), y: 100 / ratioOf(row, "dense")!.median })),
  }));
  const ideal = rows
    .filter(({ engine }) => engine === rows[0]!.engine)
    .map((row) => ({
      x: at(row),
      y: (100 * Number(row.task!.pairs)) / (Number(row.task!.batch) * Number(row.task!.blocks)),
    }));
  return lineChart([...curves, { name: "ideal", points: ideal, colour: GREY, dashed: true }], {
    title: leastInWords(sweep, curves),
    ...{ x: axes[sweep]!, y: "time of skipping, % of dense", log: true, logX: true },
  });
}

/** Where the first engine's skipping saves most. */
function leastInWords(sweep: string, [curve]: readonly Series[]): string {
  const [least] = [...(curve?.points ?? [])].sort((a, b) => a.y - b.y);
  return least
    ? `Skipping takes ${numberText(least.y, 2)} % of the dense layer's time (${curve!.name}; ${axes[sweep]!}: ${numberText(least.x, 3)})`
    : `What skipping costs, over ${sweep}`;
}

/** Every picture by its file's name; none before there are results. */
export async function pictures(results: Results): Promise<[file: string, svg: string][]> {
  const names = results.scaling.length > 0 ? Object.keys(axes) : [];
  return Promise.all(
    names.map(async (sweep) => [`docs/${pictureOf(sweep)}`, `${await picture(sweep, results)}\n`] as [string, string]),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const results = committed();
  const page = withTables(readFileSync(`${root}${PAGE}`, "utf8"), results);
  const disturbed = Object.entries(results).filter(([, rows]) => {
    const { disturbed, rounds } = disturbance(rows);
    return disturbed > rounds / 4;
  });
  if (!process.argv.includes("--write")) {
    console.log(page);
  } else if (disturbed.length > 0 && !process.argv.includes("--disturbed")) {
    const files = disturbed.map(([run]) => runs[run as keyof Results][0]).join(", ");
    console.error(`${files}: other processes disturbed more than a quarter of the rounds; the page takes quiet runs`);
    process.exitCode = 1;
  } else {
    writeFileSync(`${root}${PAGE}`, page);
    for (const [file, svg] of await pictures(results)) writeFileSync(root + file, svg);
  }
}
