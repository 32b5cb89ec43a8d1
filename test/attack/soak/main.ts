/** `npm run soak`: does the same work very often, and fails where memory, threads or the time that it takes grow. */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { clock, count } from "../../../src/describe/format.ts";
import { UserError } from "../../../src/errors.ts";
import { buildPackage } from "../package.ts";
import type { Load, Sample } from "./load.ts";
import { loads } from "./loads.ts";
import { verdictOf } from "./verdict.ts";
import type { Message } from "./worker.ts";

const usage = `npm run soak -- [load ...] [options]

loads, with the operations of a bounded and of a full run (default: all loads, bounded)
${loads.map(({ name, about, amount, full }) => `  ${name.padEnd(13)} ${count(amount)}, ${count(full)}: ${about}`).join("\n")}

options
  --full        the operations of a full run
  --json FILE   write all samples there
  --help        this text

After a tenth of the operations, memory, threads and open files must stay as they are; in a full run processor time too.
Exit code 1: something grew.`;

/** Samples of a bounded and of a full run. */
const [FEW, MANY] = [20, 100];
/** Milliseconds between two lines of progress. */
const PACE = 5000;

function parse(args: readonly string[]) {
  try {
    const [string, boolean] = [{ type: "string" }, { type: "boolean" }] as const;
    const options = { json: string, full: boolean, help: boolean } as const;
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new UserError(`soak: ${(error as Error).message}`);
  }
}

/** The package with the two processes of a soak beside it. */
async function prepared(home: string): Promise<string> {
  const pack = await buildPackage(home);
  await build({
    entryPoints: ["worker", "lab-server"].map((name) => fileURLToPath(new URL(`${name}.ts`, import.meta.url))),
    ...{ outdir: pack, outExtension: { ".js": ".mjs" }, bundle: true, packages: "external" },
    ...{ format: "esm", platform: "node", logLevel: "warning" },
  });
  return pack;
}

/** Lines on standard error with the rate and the time left. */
function progressOf({ name, unit }: Load, amount: number): (sample: Sample) => void {
  let shown = performance.now();
  return ({ done, seconds }) => {
    if (performance.now() - shown < PACE) return;
    shown = performance.now();
    const rate = done / seconds;
    console.error(
      `${name}: ${count(done)} of ${count(amount)} ${unit}, ${count(Math.round(rate))} a second, ${clock((amount - done) / rate)} left`,
    );
  };
}

interface Soaked {
  readonly samples: readonly Sample[];
  /** What the load says of itself. */
  readonly said: string | undefined;
}

/** Runs a load in a process of its own. Throws where that doesn't reach its end. */
async function soak(load: Load, full: boolean, folder: string, pack: string): Promise<Soaked> {
  const amount = full ? load.full : load.amount;
  const marks = full ? MANY : FEW;
  mkdirSync(folder);
  const args = ["--expose-gc", join(pack, "worker.mjs"), pack, load.name, `${amount}`, `${marks}`];
  const child = spawn(process.execPath, args, { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
  const progress = progressOf(load, amount);
  const samples: Sample[] = [];
  let end: string | null | undefined;
  createInterface({ input: child.stdout }).on("line", (line) => {
    const message = JSON.parse(line) as Message;
    if ("end" in message) end = message.end;
    else {
      samples.push(message.sample);
      progress(message.sample);
    }
  });
  const [code, signal] = await new Promise<[number | null, string | null]>((done) => {
    child.on("close", (...how) => done(how));
  });
  if (end === undefined) throw new Error(`the process ended early: ${signal ?? `exit code ${code}`}`);
  return { samples, said: end ?? undefined };
}

/** Rows in columns, right-aligned. */
function columns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows.map((row) => `  ${row.map((cell, i) => cell.padStart(widths[i]!)).join("  ")}`).join("\n");
}

async function main(args: readonly string[]): Promise<void> {
  const { values, positionals } = parse(args);
  if (values.help) return console.log(usage);
  const unknown = positionals.find((name) => !loads.some((load) => load.name === name));
  if (unknown !== undefined)
    throw new UserError(`soak: the loads are ${loads.map(({ name }) => name).join(", ")}, received ${unknown}`);
  if (process.platform !== "linux")
    throw new UserError(`soak: threads and open files are counted in /proc, which ${process.platform} hasn't got`);
  const full = values.full ?? false;
  const home = mkdtempSync(join(tmpdir(), "heaviside-soak-"));
  const all: Record<string, readonly Sample[]> = {};
  let [passed, failed] = [0, 0];
  try {
    const pack = await prepared(home);
    for (const load of loads.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
      try {
        const { samples, said } = await soak(load, full, join(home, load.name), pack);
        all[load.name] = samples;
        const { table, faults } = verdictOf(samples, { speed: full });
        console.log(`${load.name}: ${count(samples.at(-1)!.done)} ${load.unit} in ${clock(samples.at(-1)!.seconds)}`);
        console.log(columns(table));
        if (said !== undefined) console.log(`  ${said}`);
        for (const fault of faults) console.log(`  wrong: ${fault}`);
        if (faults.length > 0) failed++;
        else passed++;
      } catch (error) {
        console.log(`${load.name}: wrong: ${error instanceof Error ? error.message : error}`);
        failed++;
      }
    }
    if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(all, null, 1)}\n`);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
  console.log(`${passed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  const isMistake = error instanceof UserError;
  console.error(isMistake ? error.message : error);
  process.exitCode = isMistake ? 2 : 1;
}
