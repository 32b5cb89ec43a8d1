// docs/explanation/recurrent-speed.md's tables and picture, from three files in bench/results: node --conditions=@heaviside/source --import tsx
// scripts/recurrent.ts [--write] prints or writes them; a test holds them to the files. Runs of which other processes disturbed
// more than a quarter of the rounds are not written.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Ratio } from "../bench/rows.ts";
import { ratioOf } from "../bench/subjects/conditional/report.ts";
import { ratioToFastest } from "../bench/subjects/recurrent/report.ts";
import { stepsPerSecond } from "../bench/subjects/spiking/report.ts";
import { formatNumber, formatRatio } from "../bench/table.ts";
import { percent } from "../bench/workloads/conditional.ts";
import { markdownTable } from "../src/describe/table.ts";
import { lineChart, numberText, type Series } from "../src/plots/index.ts";
import { contests, disturbance, type Measured, rowsIn, time } from "./conditional.ts";
import { type Tables, withTables as tablesIn } from "./sections.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
export const PAGE = "docs/explanation/recurrent-speed.md";
const PICTURE = "pictures/spiking-activity.svg";

/** What the commands of the runs left. */
export interface Results {
  readonly recurrent: readonly Measured[];
  readonly spiking: readonly Measured[];
  readonly skip: readonly Measured[];
}

/** The commands, each with the file that it writes. */
const runs = {
  recurrent: ["bench/results/recurrent.json", "recurrent --peers"],
  spiking: ["bench/results/spiking.json", "spiking --peers"],
  skip: ["bench/results/skip.json", "skip"],
} as const;

export const committed = (): Results => ({
  recurrent: rowsIn(runs.recurrent[0]),
  spiking: rowsIn(runs.spiking[0]),
  skip: rowsIn(runs.skip[0]),
});

const name = ({ engine }: Measured): string => engine.replace("heaviside ", "");

const onTwo = (rows: readonly Measured[]): readonly Measured[] => rows.filter(({ threads }) => threads === 2);

/** The command, the machine and the rounds of a run of one row or more. */
function captionOf(rows: readonly Measured[]): string {
  const { command, machine, values } = rows[0]!;
  return `\`${command}\` on ${machine.cpu}, Node ${machine.node.slice(1)}, ${values.length} rounds.`;
}

const cell = (row: Measured | undefined, make: (row: Measured) => Ratio | undefined): string => {
  const ratio = row && make(row);
  return ratio ? formatRatio(ratio) : "";
};
const of = (rows: readonly Measured[], backend: string, form?: string): Measured | undefined =>
  rows.find((row) => name(row) === backend && (form === undefined || row.task!.form === form));
const milliseconds = (row: Measured | undefined): string => (row ? time(row) : "");

/** Which of the peers have a column, for each backend. */
const peersOf = {
  step: { native: ["PyTorch", "PyTorch by hand"], wasm: ["PyTorch", "tfjs-wasm"] },
  forward: { native: ["PyTorch", "onnxruntime-node"], wasm: ["onnxruntime-node", "onnxruntime-web"] },
} as const;

/** A line for each size: a training step, or inference. */
function layers(rows: readonly Measured[], pass: keyof typeof peersOf): string {
  // A second thread makes others slower on one example, and ours no faster.
  const own = rows.filter(({ task, threads }) => task!.pass === pass && threads === (task!.batch === 1 ? 1 : 2));
  const peers = peersOf[pass];
  const lines = contests(own).map((contest) => {
    const { batch, length, input, units } = contest[0]!.task!;
    const size = `${batch} × ${length}, ${input} → ${units}`;
    const figures = (["native", "wasm"] as const).flatMap((backend) => {
      const row = of(contest, backend);
      return [milliseconds(row), ...peers[backend].map((peer) => cell(row, (found) => ratioToFastest(found, [peer])))];
    });
    return [size, ...figures];
  });
  const columns = (["native", "wasm"] as const).flatMap((backend) => [
    `${backend}, ms`,
    ...peers[backend].map((peer) => `× ${peer}`),
  ]);
  return [captionOf(rows), markdownTable([["batch × steps, inputs → units", ...columns], ...lines])].join("\n\n");
}

const batchesOf = (rows: readonly Measured[]): number[] => [...new Set(rows.map(({ task }) => Number(task!.batch)))];

/** A line for each batch and activity, and the picture. */
function silence(rows: readonly Measured[]): string {
  const lines = contests(onTwo(rows)).map((contest) => {
    const { batch, activity } = contest[0]!.task!;
    const figures = ["native", "wasm"].flatMap((backend) => {
      const row = of(contest, backend, "skip");
      const ratios = (["dense", "PyTorch"] as const).map((against) => cell(row, (found) => ratioOf(found, against)));
      return [milliseconds(row), row ? formatNumber(stepsPerSecond(row)) : "", ...ratios];
    });
    return [`${batch}`, percent(Number(activity)), ...figures];
  });
  const columns = ["native", "wasm"].flatMap((backend) => [
    ...[`${backend}, ms`, "steps/s", "× own dense", "× best of PyTorch"],
  ]);
  const table = markdownTable([["batch", "active", ...columns], ...lines]);
  return [captionOf(rows), `![Time of a step over activity](../${PICTURE})`, table].join("\n\n");
}

/** A line for each pass, batch and share of steps that are taken. */
function steps(rows: readonly Measured[]): string {
  const all = contests(onTwo(rows));
  const lines = all.flatMap((contest) => {
    const { pass, batch } = contest[0]!.task!;
    const forms = [...new Set(contest.map(({ task }) => String(task!.form)))];
    return forms.map((form) => {
      const figures = ["native", "wasm"].flatMap((backend) => {
        const row = of(contest, backend, form);
        return [milliseconds(row), cell(row, ({ timesAsFast = [] }) => timesAsFast[0])];
      });
      return [`${pass}`, `${batch}`, form, ...figures];
    });
  });
  const head = ["pass", "batch", "cell", "native, ms", "× LSTM", "wasm, ms", "× LSTM"];
  return [captionOf(rows), markdownTable([head, ...lines])].join("\n\n");
}

const sections: Tables<keyof Results, Measured> = {
  step: ["recurrent", (rows) => layers(rows, "step")],
  forward: ["recurrent", (rows) => layers(rows, "forward")],
  spiking: ["spiking", silence],
  skip: ["skip", steps],
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
    title: fasterInWords(curves),
    ...{ x: "active units, % of all", y: "µs a step", log: true, logX: true },
  });
  return `${svg}\n`;
}

/** How much faster a step gets where few units are active, of the curve that gains most. */
function fasterInWords(curves: readonly Series[]): string {
  const [best] = curves
    .filter(({ dashed }) => !dashed)
    .map(({ name, points }) => {
      const sorted = [...points].sort((a, b) => a.x - b.x);
      return { name, least: sorted[0]!, gain: sorted.at(-1)!.y / sorted[0]!.y };
    })
    .sort((a, b) => b.gain - a.gain);
  return `With ${numberText(best!.least.x, 2)} % of the units active, a step is ${numberText(best!.gain, 2)} times as fast as with all (${best!.name})`;
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
  } else if (noisy.length > 0) {
    const files = noisy.map(([run]) => runs[run as keyof Results][0]).join(", ");
    console.error(`${files}: other processes disturbed more than a quarter of the rounds; the page takes quiet runs`);
    process.exitCode = 1;
  } else {
    writeFileSync(root + PAGE, page);
    const svg = await picture(results);
    if (svg !== undefined) writeFileSync(`${root}docs/${PICTURE}`, svg);
  }
}
