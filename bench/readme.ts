/**
 * README's account of speed, made from a results file: `node --conditions=@heaviside/source --import tsx bench/readme.ts` prints
 * it, and with `--write` puts it between README's markers. A test holds README to it.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Row, Run } from "./rows.ts";
import { formatNumber, mostThreads } from "./table.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** The run that README tells of. */
export const RESULTS = "bench/results/node20-2cores.json";

const begin = "<!-- speed -->";
const end = "<!-- /speed -->";

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
  const { command, machine, values, others } = rows[0]!;
  const { disturbed, rounds } = disturbance(rows);
  const busy = others ? `; other processes disturbed ${disturbed} of ${rounds} rounds` : "";
  const peers = peersOf(rows);
  const versions = peers.map((peer) => `- ${peer}: ${rows.find(({ engine }) => engine === peer)!.note}`);
  return [
    `One run of \`${command}\` on ${machine.cpu}, ${plural(machine.cores, "core")}, Node ${machine.node.slice(1)}: all`,
    `engines in turns, medians of ${plural(values.length, "round")}${busy}. A ratio is the median of the ratios within`,
    "each round, with their range, to the peer on as many threads (where it uses them).",
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
  if (!write) throw new Error(`README has no words for the workload ${workload}`);
  return `${write(size!)}, ${unit}`;
}

/** README before, between and after its markers. Throws where they are missing. */
function split(readme: string): [before: string, section: string, after: string] {
  const [from, to] = [readme.indexOf(begin) + begin.length, readme.indexOf(end)];
  if (!readme.includes(begin) || to < from) throw new Error(`README.md: no text between ${begin} and ${end}`);
  return [readme.slice(0, from), readme.slice(from, to), readme.slice(to)];
}

export const speedIn = (readme: string): string => split(readme)[1].trim();

export function withSpeed(readme: string, section: string): string {
  const [before, , after] = split(readme);
  return `${before}\n\n${section}\n\n${after}`;
}

export const readResults = (file: string): (Row & Run)[] => JSON.parse(readFileSync(root + file, "utf8"));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const rows = readResults(RESULTS);
  const { disturbed, rounds } = disturbance(rows);
  if (!process.argv.includes("--write")) {
    console.log(speedSection(rows));
  } else if (disturbed > rounds / 4) {
    console.error(`${RESULTS}: other processes disturbed ${disturbed} of ${rounds} rounds; README takes a quiet run`);
    process.exitCode = 1;
  } else {
    writeFileSync(`${root}README.md`, withSpeed(readFileSync(`${root}README.md`, "utf8"), speedSection(rows)));
  }
}
