// docs/explanation/convolution-speed.md's tables, from a file in bench/results: node --conditions=@heaviside/source --import tsx
// scripts/conv.ts [--write] prints or writes them; a test holds them to the file. A run of which other processes disturbed more
// than a quarter of the rounds is not written.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ofCeiling, ratioToPeer } from "../bench/subjects/conv/report.ts";
import { formatNumber, formatRatio } from "../bench/table.ts";
import { markdownTable } from "../src/describe/table.ts";
import { caption, contests, disturbance, type Measured, rowsIn, time } from "./conditional.ts";
import { type Tables, withTables as tablesIn } from "./sections.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
export const PAGE = "docs/explanation/convolution-speed.md";

/** What the command of the run left. */
export interface Results {
  readonly conv: readonly Measured[];
}

const runs = { conv: ["bench/results/conv.json", "conv --peers"] } as const;

export const committed = (): Results => ({ conv: rowsIn(runs.conv[0]) });

/** Which of the peers have a column, by what is timed. */
const peersOf = { step: ["PyTorch", "tfjs-wasm"], forward: ["PyTorch", "onnxruntime-node", "tfjs-wasm"] } as const;

/** A line for each batch and backend. */
function network(rows: readonly Measured[], pass: keyof typeof peersOf): string {
  const lines = contests(rows.filter(({ task }) => task!.pass === pass)).flatMap((contest) =>
    contest
      .filter(({ engine }) => engine.startsWith("heaviside"))
      .map((row) => {
        const part = ofCeiling(row, contest);
        const ratios = peersOf[pass].map((peer) => ratioToPeer(row, peer));
        return [
          `${row.task!.batch}`,
          row.engine.replace("heaviside ", ""),
          time(row),
          formatNumber(row.gflops!),
          part === undefined ? "" : `${Math.round(100 * part)} %`,
          ...ratios.map((ratio) => (ratio ? formatRatio(ratio) : "")),
        ];
      }),
  );
  const head = ["batch", "backend", "ms", "GFLOP/s", "of ceiling", ...peersOf[pass].map((peer) => `× ${peer}`)];
  return [caption(rows), markdownTable([head, ...lines])].join("\n\n");
}

const sections: Tables<keyof Results, Measured> = {
  step: ["conv", (rows) => network(rows, "step")],
  forward: ["conv", (rows) => network(rows, "forward")],
};

/** The page with every table as the file has it. Throws where a table has no place. */
export const withTables = (page: string, results: Results): string => tablesIn(PAGE, page, sections, results, runs);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const results = committed();
  const page = withTables(readFileSync(root + PAGE, "utf8"), results);
  const { disturbed, rounds } = disturbance(results.conv);
  if (!process.argv.includes("--write")) {
    console.log(page);
  } else if (disturbed > rounds / 4) {
    console.error(
      `${runs.conv[0]}: other processes disturbed more than a quarter of the rounds; the page takes quiet runs`,
    );
    process.exitCode = 1;
  } else writeFileSync(root + PAGE, page);
}
