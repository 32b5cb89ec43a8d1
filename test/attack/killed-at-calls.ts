import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeTinyData } from "../support/tiny-data.ts";
import { runCommand } from "./command.ts";
import type { Counted } from "./disturbance.ts";
import { isDone, type Killed, wordsIn } from "./killed.ts";
import { difference, remains } from "./remains.ts";
import { eachCase, type RunOptions, type Suite } from "./suite.ts";

/** 60 rows of two numbers and one to predict. */
const TABLE = [
  "a,b,y",
  ...Array.from({ length: 60 }, (_, i) => `${i % 7},${i % 11},${(i % 7) - (i % 11) / 2}`),
  "",
].join("\n");

interface Known {
  readonly remains: ReadonlyMap<string, string>;
  /** Calls of the file system that change something; a write counts twice. */
  readonly calls: number;
}

async function undisturbed(pack: string, folder: string, { argv }: Killed): Promise<Known> {
  mkdirSync(folder);
  const report = join(folder, "report.json");
  const { code, errors } = await runCommand(pack, folder, argv, {
    disturbance: { within: join(folder, "run"), report },
  });
  if (code !== 0) throw new Error(`heaviside ${argv.join(" ")} ends with exit code ${code}: ${errors}`);
  const { changing, overlaps } = JSON.parse(readFileSync(report, "utf8")) as Counted;
  if (overlaps.length > 0) throw new Error(`heaviside ${argv.join(" ")} writes ${overlaps.join(", ")}`);
  return { remains: remains(join(folder, "run")), calls: changing };
}

/** Kills a command at a call, and gives it again. Throws where it leaves something else than the undisturbed one. */
async function killedAt(pack: string, folder: string, command: Killed, killAt: number, wanted: Known): Promise<string> {
  const run = join(folder, "run");
  mkdirSync(folder);
  const { killed, code, errors } = await runCommand(pack, folder, command.argv, {
    disturbance: { within: run, killAt },
  });
  if (!killed) throw new Error(`it isn't killed, it ends with exit code ${code}: ${errors}`);
  // Killed when all was done: given again, a command whose runs have numbers would begin the next one.
  if (isDone(run, wanted.remains)) return "killed when all was done";
  const words = wordsIn(folder, command);
  const again = await runCommand(pack, folder, words);
  if (again.code !== 0) throw new Error(`then ${words.join(" ")} ends with exit code ${again.code}: ${again.errors}`);
  const what = difference(wanted.remains, remains(run));
  if (what !== undefined) throw new Error(what);
  rmSync(folder, { recursive: true });
  return "the same after the kill";
}

/**
 * A suite that kills commands at every call of the file system that changes something, and within every write. A bounded run has calls that
 * are spread evenly over all commands.
 */
export const killingAtCalls = (about: Omit<Suite, "run">, commands: readonly Killed[]): Suite => ({
  ...about,
  async run({ from, cases, folder, pack, progress }: RunOptions) {
    writeTinyData(join(folder, "tiny"));
    writeFileSync(join(folder, "table.csv"), TABLE);
    const places: { readonly command: Killed; readonly call: number; readonly wanted: Known }[] = [];
    for (const [i, command] of commands.entries()) {
      const wanted = await undisturbed(pack, join(folder, `whole${i}`), command);
      for (let call = 1; call <= wanted.calls; call++) places.push({ command, call, wanted });
    }
    const order = spread(places.length);
    return eachCase({ from, cases, ...(progress && { progress }) }, async (seed) => {
      const place = places[order[seed] ?? -1];
      if (!place) return "behind the last call";
      const { command, call, wanted } = place;
      return killedAt(pack, join(folder, `case${seed}`), command, call, wanted).catch((error: Error) => {
        throw new Error(
          `heaviside ${command.argv.join(" ")}, killed at call ${call} of ${wanted.calls}: ${error.message}`,
        );
      });
    });
  },
});

/** All numbers below n, such that the first few lie evenly: in steps of about n over the golden ratio. */
function spread(n: number): number[] {
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
  let step = Math.max(1, Math.round(n * 0.618));
  while (divisor(step, n) > 1) step++;
  return Array.from({ length: n }, (_, i) => (i * step) % n);
}
