import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeTinyData } from "../support/tiny-data.ts";
import { runCommand } from "./command.ts";
import type { Counted } from "./disturbance.ts";
import type { Killed } from "./killed.ts";
import { remains } from "./remains.ts";
import type { RunOptions } from "./suite.ts";

/** A command whose calls of the file system in the folder `run` are disturbed. */
export interface Called extends Killed {
  /** A command that comes first, undisturbed, and makes what this one reads. */
  readonly before?: readonly string[];
}

/** A call of a command. */
export interface Place {
  readonly command: Called;
  /** From 1. */
  readonly call: number;
  readonly calls: number;
  /** What an undisturbed command leaves, and what is there before it. */
  readonly wanted: ReadonlyMap<string, string>;
  readonly given: ReadonlyMap<string, string>;
  /** Makes a folder in which the command can be given. */
  begin(folder: string): void;
}

/** 60 rows of two numbers and one to predict. */
const TABLE = [
  "a,b,y",
  ...Array.from({ length: 60 }, (_, i) => `${i % 7},${i % 11},${(i % 7) - (i % 11) / 2}`),
  "",
].join("\n");

async function succeed(...given: Parameters<typeof runCommand>): Promise<void> {
  const { code, errors } = await runCommand(...given);
  if (code !== 0) throw new Error(`heaviside ${given[2].join(" ")} ends with exit code ${code}: ${errors}`);
}

/** All places of a command, such that the first few are spread evenly over its calls. */
async function placesIn(pack: string, folder: string, command: Called, counted: "changing" | "all"): Promise<Place[]> {
  const [prepared, whole] = [`${folder}-given`, `${folder}-whole`];
  mkdirSync(prepared);
  if (command.before) {
    await succeed(pack, prepared, command.before);
    mkdirSync(join(prepared, "run"), { recursive: true });
  }
  const begin = (to: string) => cpSync(prepared, to, { recursive: true });
  begin(whole);
  const report = join(whole, "report.json");
  const run = join(whole, "run");
  await succeed(pack, whole, command.argv, { disturbance: { within: run, report } });
  const { overlaps, ...counts } = JSON.parse(readFileSync(report, "utf8")) as Counted;
  if (overlaps.length > 0) throw new Error(`heaviside ${command.argv.join(" ")} writes ${overlaps.join(", ")}`);
  const calls = counts[counted];
  const wanted = remains(run);
  const given = command.before ? remains(join(prepared, "run")) : new Map<string, string>();
  return spread(Array.from({ length: calls }, (_, i) => ({ command, call: i + 1, calls, wanted, given, begin })));
}

/** Gives the place of a case: cases take the commands in turn, and of each its calls. Undefined behind the last call of a command. */
export function placeFinder(
  { pack, folder }: Pick<RunOptions, "pack" | "folder">,
  commands: readonly Called[],
  counted: "changing" | "all",
): (seed: number) => Promise<Place | undefined> {
  writeTinyData(join(folder, "tiny"));
  writeFileSync(join(folder, "table.csv"), TABLE);
  const known = new Map<number, Promise<readonly Place[]>>();
  return async (seed) => {
    const which = seed % commands.length;
    const places = known.get(which) ?? placesIn(pack, join(folder, `${which}`), commands[which]!, counted);
    known.set(which, places);
    return (await places)[Math.floor(seed / commands.length)];
  };
}

/** Things in steps of about their number over the golden ratio: the first few lie evenly. */
function spread<T>(things: readonly T[]): T[] {
  const { length } = things;
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
  let step = Math.max(1, Math.round(length * 0.618));
  while (divisor(step, length) > 1) step++;
  return things.map((_, i) => things[(i * step + (length >> 1)) % length]!);
}
