// docs/recurrent-speed.md's tables and picture, from two files in bench/results: node --conditions=source --import tsx
// scripts/recurrent.ts [--write] prints or writes them; a test holds them to the files. Runs of which others disturbed more than a quarter
// are only written with --disturbed: the captions say how much.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ratioOf } from "../bench/subjects/conditional/report.ts";
import { ratioToFastest, verdicts } from "../bench/subjects/recurrent/report.ts";
import { verdicts as spikingVerdicts, stepsPerSecond } from "../bench/subjects/spiking/report.ts";
import { formatNumber, formatRatio } from "../bench/table.ts";
import { percent } from "../bench/workloads/conditional.ts";
import { markdownTable } from "../src/describe/table.ts";
import { lineChart, type Series } from "../src/plots/index.ts";
import { caption, contests, disturbance, type Measured, onPage, rowsIn, time } from "./conditional.ts";
import { type Tables, withTables as tablesIn } from "./sections.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
export const PAGE = "docs/recurrent-speed.md";
const PICTURE = "pictures/spiking-activity.svg";

/** What the commands of two runs left. */
export interface Results {
  readonly recurrent: readonly Measured[];
  readonly spiking: readonly Measured[];
}

/** The commands, each with the file that it writes. */
const runs = {
  recurrent: ["bench/results/recurrent.json", "recurrent --peers"],
  spiking: ["bench/results/spiking.json", "spiking --peers"],
} as const;

export const committed = (): Results => ({
  recurrent: rowsIn(runs.recurrent[0]),
  spiking: rowsIn(runs.spiking[0]),
});

const name = ({ engine }: Measured): string => engine.replace("heaviside ", "");

/** A table of each size: everybody in a training step, or in inference. */
function layers(rows: readonly Measured[], pass: "step" | "forward"): string {
  const own = rows.filter(({ task }) => task!.pass === pass);
  const tables = contests(own).map((contest) => {
    const peers = [...new Set(contest.flatMap(({ timesAsFast = [] }) => timesAsFast.map(({ engine }) => engine)))];
    const lines = contest.map((row) => [
      ...[name(row), `${row.threads}`, time(row), formatNumber(row.gflops!)],
      ...peers.map((peer) => {
        const ratio = ratioToFastest(row, [peer]);
        return ratio ? formatRatio(ratio) : "";
      }),
    ]);
    const head = ["", "threads", "ms", "GFLOP/s", ...peers.map((peer) => `× ${peer}`)];
    const { cell, batch, length, input, units } = contest[0]!.task!;
    const size = `**${cell}, batch ${batch}, ${length} steps, ${input} inputs, ${units} units**`;
    const asked = verdicts(contest).map((line) => `- ${line}`);
    return [size, markdownTable([head, ...lines]), asked.join("\n")].filter(Boolean).join("\n\n");
  });
  return [caption(own), ...tables].join("\n\n");
}

const batchesOf = (rows: readonly Measured[]): number[] => [...new Set(rows.map(({ task }) => Number(task!.batch)))];

/** A table of each batch, with a line for each activity and form, and the picture. */
function silence(rows: readonly Measured[]): string {
  const head = ["active", "", "threads", "ms", "steps/s", "× own dense", "× best of PyTorch"];
  const tables = batchesOf(rows).map((batch) => {
    const own = contests(rows.filter(({ task }) => task!.batch === batch));
    const lines = own.flat().map((row) => {
      const ratios = [ratioOf(row, "dense"), ratioOf(row, "PyTorch")].map((ratio) => (ratio ? formatRatio(ratio) : ""));
      return [
        ...[percent(Number(row.task!.activity)), `${name(row)}, ${row.task!.form}`, `${row.threads}`, time(row)],
        ...[formatNumber(stepsPerSecond(row)), ...ratios],
      ];
    });
    const asked = own.flatMap((contest) => spikingVerdicts(contest).map((line) => `- ${line}`));
    return [`**Batch ${batch}**`, markdownTable([head, ...lines]), asked.join("\n")].join("\n\n");
  });
  return [caption(rows), `![Time of a step over activity](${PICTURE})`, ...tables].join("\n\n");
}

const sections: Tables<keyof Results, Measured> = {
  step: ["recurrent", (rows) => layers(rows, "step")],
  forward: ["recurrent", (rows) => layers(rows, "forward")],
  spiking: ["spiking", silence],
};

/** The page with every table as the files have it. Throws where a table has no place. */
export const withTables = (page: string, results: Results): string => tablesIn(PAGE, page, sections, results, runs);

/** Microseconds of a native step over the share of active units, on the most threads; undefined before there are results. */
export async function picture({ spiking }: Results): Promise<string | undefined> {
  const most = Math.max(...spiking.map(({ threads }) => threads));
  const rows = spiking.filter((row) => row.threads === most && name(row) === "native");
  if (rows.length === 0) return undefined;
  const forms = [...new Set(rows.map(({ task }) => String(task!.form)))];
  const curves: Series[] = batchesOf(rows).flatMap((batch) =>
    forms.map((form) => ({
      name: `batch ${batch}, ${form}`,
      points: rows
        .filter(({ task }) => task!.batch === batch && task!.form === form)
        .map((row) => ({ x: 100 * Number(row.task!.activity), y: 1e6 / stepsPerSecond(row) })),
      dashed: form === "dense",
    })),
  );
  const svg = await lineChart(curves, {
    title: "Time of a step of a spiking layer over the share of active units",
    ...{ x: "active units, % of all", y: "µs a step", log: true, logX: true, width: 620, height: 340 },
  });
  return `${onPage(svg)}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const results = committed();
  const page = withTables(readFileSync(root + PAGE, "utf8"), results);
  const noisy = Object.entries(results).filter(([, rows]) => {
    const { disturbed, rounds } = disturbance(rows);
    return disturbed > rounds / 4;
  });
  if (!process.argv.includes("--write")) {
    console.log(page);
  } else if (noisy.length > 0 && !process.argv.includes("--disturbed")) {
    const files = noisy.map(([run]) => runs[run as keyof Results][0]).join(", ");
    console.error(`${files}: other processes disturbed more than a quarter of the rounds; the page takes quiet runs`);
    process.exitCode = 1;
  } else {
    writeFileSync(root + PAGE, page);
    const svg = await picture(results);
    if (svg !== undefined) writeFileSync(`${root}docs/${PICTURE}`, svg);
  }
}
