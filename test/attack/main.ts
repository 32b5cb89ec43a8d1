/** `npm run attack`: gives the package hostile input and hostile events, a bounded number of each kind. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { UserError } from "../../src/errors.ts";
import { buildPackage } from "./package.ts";
import type { Suite } from "./suite.ts";
import { suites } from "./suites.ts";
import { watchdog } from "./watchdog.ts";

const usage = `npm run attack -- [suite ...] [options]

suites, with the cases of a bounded and of a full run (default: all suites, bounded)
${suites.map(({ name, about, cases, full }) => `  ${name.padEnd(16)} ${about} (${cases}, ${full})`).join("\n")}

options
  --full           the cases of a full run
  --cases N        how many cases to run of each suite
  --from SEED      the seed of the first case (default: 0)
  --help           this text

Exit code 1: a case ended wrongly. The line that says so names its seed: --from SEED --cases 1 runs it again.`;

/** Faults of a suite that are shown. */
const SHOWN = 20;
/** Milliseconds between two lines of progress. */
const PACE = 5000;

function whole(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw new UserError(`attack: --${option} must be a whole number, received ${text}`);
  return Number(text);
}

function parse(args: readonly string[]) {
  try {
    const [string, boolean] = [{ type: "string" }, { type: "boolean" }] as const;
    const options = { cases: string, from: string, full: boolean, help: boolean } as const;
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new UserError(`attack: ${(error as Error).message}`);
  }
}

/** Lines on standard error with the rate and the time left. */
function progressOf(name: string, cases: number): (done: number) => void {
  const began = performance.now();
  let shown = began;
  return (done) => {
    const now = performance.now();
    if (now - shown < PACE || done === 0) return;
    shown = now;
    const rate = done / ((now - began) / 1000);
    const left = Math.ceil((cases - done) / rate);
    console.error(`${name}: ${done} of ${cases}, ${rate.toFixed(1)} a second, ${left} s left`);
  };
}

/** Command lines leave folders nested more deeply than a path may be long, which Node's own removal can't follow; rm can. */
function remove(folder: string): void {
  if (spawnSync("rm", ["-rf", folder]).status !== 0) rmSync(folder, { recursive: true, force: true });
}

async function attack(args: readonly string[]): Promise<void> {
  const { values, positionals } = parse(args);
  if (values.help) return console.log(usage);
  const unknown = positionals.find((name) => !suites.some((suite) => suite.name === name));
  if (unknown !== undefined)
    throw new UserError(`attack: the suites are ${suites.map(({ name }) => name).join(", ")}, received ${unknown}`);
  const from = whole("from", values.from) ?? 0;
  const casesOf = (suite: Suite) => whole("cases", values.cases) ?? (values.full ? suite.full : suite.cases);
  const home = mkdtempSync(join(tmpdir(), "heaviside-attack-"));
  // A user without rights reads what is in it.
  chmodSync(home, 0o755);
  let [passed, failed] = [0, 0];
  try {
    const pack = await buildPackage(home);
    for (const suite of suites.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
      const [cases, folder, began] = [casesOf(suite), join(home, suite.name), performance.now()];
      mkdirSync(folder);
      const progress = progressOf(suite.name, cases);
      const dog = await watchdog(suite.name);
      const begun = (seed: number) => dog.begun(seed);
      const { outcomes, faults } = await suite.run({ from, cases, folder, pack, begun, progress });
      await dog.close();
      for (const { seed, what } of faults.slice(0, SHOWN)) console.log(`${suite.name}, seed ${seed}: ${what}`);
      const wrong = Math.min(cases, new Set(faults.map(({ seed }) => seed)).size);
      const ways = Object.entries(outcomes).map(([outcome, count]) => `${count} ${outcome}`);
      const seconds = Math.round((performance.now() - began) / 1000);
      console.log(`${suite.name}: ${cases} cases, ${[...ways, `${wrong} wrong`].join(", ")}, ${seconds} s`);
      passed += cases - wrong;
      failed += wrong;
    }
  } finally {
    remove(home);
  }
  console.log(`${passed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
}

try {
  await attack(process.argv.slice(2));
} catch (error) {
  const isMistake = error instanceof UserError;
  console.error(isMistake ? error.message : error);
  process.exitCode = isMistake ? 2 : 1;
}
