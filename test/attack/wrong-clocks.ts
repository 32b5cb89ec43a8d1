import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "./command.ts";
import type { Counted, Disturbance } from "./disturbance.ts";
import { wordsIn } from "./killed.ts";
import { type Called, type Place, placeFinder } from "./places.ts";
import { difference, remains } from "./remains.ts";
import { eachCase, type RunOptions, type Suite } from "./suite.ts";

type Case = Pick<Disturbance, "clock" | "slowMs"> & { readonly interrupted?: true };

const cases: readonly Case[] = [
  { clock: "still" },
  { slowMs: 20 },
  { clock: "back" },
  { slowMs: 20, interrupted: true },
  { clock: "forward" },
  { clock: "behind" },
];

/** What no rate and no time left may be, in what people read. */
const strange = /NaN|Infinity|∞|undefined|null|(?<![\w.])-\d+(\.\d+)? (s|ms|min|h|examples\/s)\b/;

/** Times and rates of a run's files that aren't finite numbers of at least 0. JSON has null in the place of what isn't finite. */
function wrongTimes(run: string): string[] {
  const names = readdirSync(run).filter((name) => /\.jsonl?$/.test(name));
  return names.flatMap((name) => {
    const found: string[] = [];
    for (const line of readFileSync(join(run, name), "utf8").split(/\n(?=\{)/))
      JSON.parse(line, (key, value) => {
        const isTime = /second/i.test(key) && (value === null || typeof value === "number");
        if (isTime && !(value !== null && value >= 0)) found.push(`${name}: ${key} is ${value}`);
        return value;
      });
    return found;
  });
}

async function check(pack: string, folder: string, place: Place, { interrupted, ...given }: Case): Promise<string> {
  const { command, wanted, begin } = place;
  const [run, report] = [join(folder, "run"), join(folder, "report.json")];
  begin(folder);
  const disturbance = { within: run, report, ...given };
  const first = await runCommand(pack, folder, command.argv, {
    disturbance,
    ...(interrupted && { interruptAfter: 1500 }),
  });
  // A busy machine may not have begun yet: then the signal ends the process as it does any other.
  const isStopped = interrupted && (first.code === 130 || first.code === null);
  if (first.code !== 0 && !isStopped) throw new Error(`exit code ${first.code}: ${first.errors}`);
  const again = isStopped ? await runCommand(pack, folder, wordsIn(folder, command), { disturbance }) : undefined;
  if (again && again.code !== 0) throw new Error(`after Ctrl-C, exit code ${again.code}: ${again.errors}`);
  const { overlaps } = JSON.parse(readFileSync(report, "utf8")) as Counted;
  if (overlaps.length > 0) throw new Error(`it writes ${overlaps.join(", ")}`);
  const said = [first, again].flatMap((end) => end?.output.split("\n") ?? []).find((line) => strange.test(line));
  if (said !== undefined) throw new Error(`it says "${said}"`);
  const [wrong] = wrongTimes(run);
  if (wrong !== undefined) throw new Error(wrong);
  const what = difference(wanted, remains(run));
  if (what !== undefined) throw new Error(what);
  rmSync(folder, { recursive: true });
  return isStopped ? "the same after Ctrl-C" : "the same";
}

/** A suite in which the clock jumps or stands still, and in which the disk is slow: results are the same, times and rates are possible ones. */
export const wrongClocks = (about: Omit<Suite, "run">, commands: readonly Called[]): Suite => ({
  ...about,
  async run(options: RunOptions) {
    const placeOf = placeFinder(options, commands, "changing");
    return eachCase(options, async (seed) => {
      const given = cases[Math.floor(seed / commands.length) % cases.length]!;
      const place = (await placeOf(seed % commands.length))!;
      const folder = join(options.folder, `case${seed}`);
      mkdirSync(folder, { recursive: true });
      return check(options.pack, folder, place, given).catch((error: Error) => {
        throw new Error(`heaviside ${place.command.argv.join(" ")}, ${JSON.stringify(given)}: ${error.message}`);
      });
    });
  },
});
