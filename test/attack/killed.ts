import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { writeTinyData } from "../support/tiny-data.ts";
import { runCommand } from "./command.ts";
import { Draws } from "./draws.ts";
import { difference, remains } from "./remains.ts";
import type { Fault, RunOptions, Suite } from "./suite.ts";

/** A command that leaves a folder `run`, and can be killed at any moment. */
export interface Killed {
  readonly argv: readonly string[];
  /** What continues it, where that isn't the same command. */
  readonly again?: readonly string[];
}

/** What to give to a command that was killed in a folder: its run is resumed where it has begun. */
export const wordsIn = (folder: string, { argv, again = argv }: Killed): readonly string[] =>
  existsSync(join(folder, "run", "config.json")) ? again : argv;

/** Kills of one run before it may end. */
const MOST_KILLS = 4;

interface Undisturbed {
  readonly remains: ReadonlyMap<string, string>;
  readonly milliseconds: number;
}

async function undisturbedRun(pack: string, folder: string, argv: readonly string[]): Promise<Undisturbed> {
  mkdirSync(folder);
  const began = performance.now();
  const { code, errors } = await runCommand(pack, folder, argv);
  if (code !== 0) throw new Error(`heaviside ${argv.join(" ")} ends with exit code ${code}: ${errors}`);
  return { remains: remains(join(folder, "run")), milliseconds: performance.now() - began };
}

/** A suite that kills commands at random moments, gives them again until they end, and compares what they left with an undisturbed run. */
export const killing = (about: Omit<Suite, "run">, commands: readonly Killed[]): Suite => ({
  ...about,
  async run({ from, cases, folder, pack, progress }: RunOptions) {
    const faults: Fault[] = [];
    const outcomes: Record<string, number> = {};
    writeTinyData(join(folder, "tiny"));
    const undisturbed = new Map<Killed, Undisturbed>();
    for (let seed = from; seed < from + cases; seed++) {
      const command = commands[seed % commands.length]!;
      try {
        const known =
          undisturbed.get(command) ??
          (await undisturbedRun(pack, join(folder, `whole${undisturbed.size}`), command.argv));
        undisturbed.set(command, known);
        const kills = await disturbed(pack, join(folder, `case${seed}`), command, new Draws(seed), known);
        const outcome = kills === 0 ? "ended before the kill" : "the same after kills";
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      } catch (error) {
        faults.push({ seed, what: `heaviside ${command.argv.join(" ")}: ${(error as Error).message}` });
      }
      progress?.(seed - from + 1);
    }
    return { outcomes, faults };
  },
});

/** Whether a killed command has left all that the undisturbed one leaves; a file may be half written. */
export function isDone(folder: string, wanted: ReadonlyMap<string, string>): boolean {
  try {
    return difference(wanted, remains(folder)) === undefined;
  } catch {
    return false;
  }
}

/** Kills a command some times, lets it end, and gives the number of kills. Throws where it left something else than the undisturbed one. */
async function disturbed(
  pack: string,
  folder: string,
  command: Killed,
  draws: Draws,
  { remains: wanted, milliseconds }: Undisturbed,
): Promise<number> {
  mkdirSync(folder);
  for (let kills = 0; ; ) {
    const words = wordsIn(folder, command);
    const when = kills < MOST_KILLS ? draws.share() * milliseconds : undefined;
    const { killed, code, errors } = await runCommand(pack, folder, words, { killAfter: when });
    if (killed) {
      kills++;
      // Killed when all was done: given again, a command whose runs have numbers would begin the next one.
      if (isDone(join(folder, "run"), wanted)) return kills;
      continue;
    }
    if (code !== 0) throw new Error(`after ${kills} kills, ${words.join(" ")} ends with exit code ${code}: ${errors}`);
    const what = difference(wanted, remains(join(folder, "run")));
    if (what !== undefined) throw new Error(`after ${kills} kills, ${what}`);
    return kills;
  }
}
