import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { areInstalled } from "../../scripts/side-folder.ts";
import { UserError } from "../../src/errors.ts";
import { philoxWords } from "../../src/random/index.ts";
import type { Contest, Lane, Subject } from "./subject.ts";

const path = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));

/** Columns of numbers, beside two of text. */
const NUMBERS = 18;

/** Writes a table of random numbers and texts. */
async function writeTable(file: string, rows: number): Promise<void> {
  const word = philoxWords([1, 0], 1);
  const out = createWriteStream(file);
  out.write(`${Array.from({ length: NUMBERS }, (_, i) => `c${i}`).join(",")},city,kind\n`);
  for (let row = 0; row < rows; row++) {
    const numbers = Array.from({ length: NUMBERS }, () => (word() / 2 ** 30).toFixed(4));
    if (!out.write(`${numbers.join(",")},city${word() & 31},${word() & 1 ? "a" : "b"}\n`)) await once(out, "drain");
  }
  out.end();
  await once(out, "finish");
}

/** What a process took: seconds, and its peak of memory in MB, which it prints as its last line. */
async function taken(args: readonly string[]): Promise<{ readonly s: number; readonly MB: number }> {
  const begun = performance.now();
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (text) => {
    said += text;
  });
  const [code] = (await once(child, "close")) as [number];
  const s = (performance.now() - begun) / 1000;
  const peak = /peak (\d+)\s*$/.exec(said)?.[1];
  if (code !== 0 || peak === undefined) throw new Error(`explore: ${args.join(" ")} failed; it said:\n${said.trim()}`);
  return { s, MB: Number(peak) / 1024 };
}

/** Says at the end how much memory the process had at most, in kB. */
const PEAK = 'process.on("exit", () => process.stderr.write("\\npeak " + process.resourceUsage().maxRSS));';

/** What `heaviside explore` takes for a large table, beside DuckDB's summary of it, which has no pairs and no repeated rows. */
export const exploreTable: Subject = {
  example: "explore",
  about:
    "seconds and memory of heaviside explore on a CSV of 20 columns, beside DuckDB's SUMMARIZE where that is installed",
  usual: { sizes: ["1000000"] },
  async *contests({ sizes }, say): AsyncGenerator<Contest> {
    const hasDuckDB = areInstalled(path("test/duckdb"));
    if (!hasDuckDB) say("without DuckDB, which npm ci --prefix test/duckdb installs (70 MB)");
    const folder = mkdtempSync(join(tmpdir(), "heaviside-explore-"));
    try {
      for (const size of sizes) {
        const rows = Number(size);
        if (!Number.isSafeInteger(rows) || rows < 10)
          throw new UserError(`explore: a size must be rows from 10 on, received ${size}`);
        const file = join(folder, `${rows}.csv`);
        say(`writing ${rows} rows`);
        await writeTable(file, rows);
        for (const unit of ["s", "MB"] as const) {
          const lane = (engine: string, note: string, ...args: string[]): Lane => ({
            ...{ engine, note, threads: 1 },
            take: async () =>
              (await taken(["--import", `data:text/javascript,${encodeURIComponent(PEAK)}`, ...args]))[unit],
          });
          yield {
            ...{ workload: `explore ${rows} × ${NUMBERS + 2}`, unit, better: "less" },
            lanes: [
              lane("heaviside", "without a target", path("bin/heaviside.js"), "explore", file),
              ...(hasDuckDB
                ? [lane("DuckDB", "SUMMARIZE, all threads", path("bench/subjects/explore/duckdb.mjs"), file)]
                : []),
            ],
          };
        }
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};
