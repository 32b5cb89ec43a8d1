// docs/reference/speed.md's tables, from a file in bench/results: node --conditions=@heaviside/source --import tsx scripts/speed.ts [--write]
// prints or writes the page; a test holds it to the file.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Row, Run } from "../bench/rows.ts";
import { formatNumber, mostThreads } from "../bench/table.ts";
import { withSections } from "./sections.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

const PAGE = "docs/reference/speed.md";
export const RESULTS = "bench/results/node20-2cores.json";

const workloads: Readonly<Record<string, (size: string) => string>> = {
  gemm: (size) => `GEMM ${size.replaceAll("x", "×")}`,
  step: (size) => `training step ${size.replace(" batch ", ", batch ")}, momentum`,
  stochastic: () => "the same with binary stochastic units, straight-through × σ′",
  sigmoid: (size) => `sigmoid of ${millions(size)} floats`,
  uniform: (size) => `${millions(size)} uniform draws`,
};

const millions = (count: string): string => count.replace(/000000$/, " million");

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;

const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

/** A caption, and for each of our backends a table with a line for each workload. Throws where a workload has no title. */
export function speedSection(rows: readonly (Row & Run)[]): string {
  const own = [...new Set(rows.filter(({ timesAsFast }) => timesAsFast).map(({ engine }) => engine))];
  return [caption(rows), ...own.map((engine) => backendTable(engine, rows))].join("\n\n");
}

function caption(rows: readonly (Row & Run)[]): string {
  const { command, machine, values } = rows[0]!;
  const peers = peersOf(rows);
  const versions = peers.map((peer) => `- ${peer}: ${rows.find(({ engine }) => engine === peer)!.note}`);
  return [
    `\`${command}\` on ${machine.cpu}, ${plural(machine.cores, "core")}, Node ${machine.node.slice(1)}; medians of`,
    `${plural(values.length, "round")}.`,
    "",
    ...versions,
  ].join("\n");
}

/** Rounds of the whole run, and how many of them other processes disturbed. */
export function disturbance(rows: readonly Row[]): { disturbed: number; rounds: number } {
  const workloads = [...new Map(rows.map((row) => [row.workload, row])).values()];
  return {
    disturbed: workloads.reduce((sum, row) => sum + (row.disturbed ?? 0), 0),
    rounds: workloads.reduce((sum, row) => sum + row.values.length, 0),
  };
}

/** The engines that ours are compared with, in the order of their rows. */
function peersOf(rows: readonly Row[]): string[] {
  const compared = new Set(rows.flatMap(({ timesAsFast = [] }) => timesAsFast.map(({ engine }) => engine)));
  return [...new Set(rows.map(({ engine }) => engine))].filter((engine) => compared.has(engine));
}

function backendTable(engine: string, rows: readonly (Row & Run)[]): string {
  const ours = rows.filter((row) => row.engine === engine);
  const threads = [...new Set(ours.map((row) => row.threads))];
  const peers = peersOf(rows);
  const header = ["", ...threads.map((count) => plural(count, "thread")), "of the ceiling"];
  const lines = [...new Set(ours.map((row) => row.workload))].map((workload) => {
    const mine = ours.filter((row) => row.workload === workload);
    const [most] = mostThreads(mine);
    return [
      title(mine[0]!),
      ...threads
        .map((count) => mine.find((row) => row.threads === count))
        .map((row) => (row ? formatNumber(row.value) : "")),
      mine.map(({ ofCeiling }) => (ofCeiling === undefined ? "–" : `${Math.round(100 * ofCeiling)} %`)).join(", "),
      ...peers.map((peer) => {
        const ratio = most!.timesAsFast!.find((each) => each.engine === peer);
        return ratio ? `${formatNumber(ratio.median)} (${formatNumber(ratio.min)}–${formatNumber(ratio.max)})` : "";
      }),
    ];
  });
  const all = [[...header, ...peers.map((peer) => `× ${peer}`)], ...lines];
  const [head, ...body] = all.map(line);
  return [`**${engine}** (${ours[0]!.note})`, "", head, line(all[0]!.map(() => "---")), ...body].join("\n");
}

function title({ workload, unit }: Row): string {
  const [, name, size] = /^(\S+) (.*)$/.exec(workload)!;
  const write = workloads[name!];
  if (!write) throw new Error(`${PAGE} has no words for the workload ${workload}`);
  return `${write(size!)}, ${unit}`;
}

/** The page with its tables made anew. Throws where they have no place. */
export const withSpeed = (page: string, rows: readonly (Row & Run)[]): string =>
  withSections(PAGE, page, { speed: () => speedSection(rows) });

export const readResults = (file: string): (Row & Run)[] => JSON.parse(readFileSync(root + file, "utf8"));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const rows = readResults(RESULTS);
  const { disturbed, rounds } = disturbance(rows);
  const page = withSpeed(readFileSync(root + PAGE, "utf8"), rows);
  if (!process.argv.includes("--write")) {
    console.log(page);
  } else if (disturbed > rounds / 4) {
    console.error(`${RESULTS}: other processes disturbed ${disturbed} of ${rounds} rounds; the page takes a quiet run`);
    process.exitCode = 1;
  } else {
    writeFileSync(root + PAGE, page);
  }
}
