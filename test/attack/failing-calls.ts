import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "./command.ts";
import type { Disturbance } from "./disturbance.ts";
import { wordsIn } from "./killed.ts";
import { type Called, type Place, placeFinder } from "./places.ts";
import { difference, remains } from "./remains.ts";
import { eachCase, type RunOptions, type Suite } from "./suite.ts";

type Failure = Omit<NonNullable<Disturbance["fail"]>, "from">;

/** A disk that is full from a call on, which every call meets; and one of the other errors, in turn. */
const full: Failure = { code: "ENOSPC" };
const others: readonly Failure[] = [
  { code: "EDQUOT" },
  { code: "EIO", calls: 1 },
  { code: "EMFILE", calls: 1 },
  { code: "EROFS" },
  { code: "EIO" },
  { code: "EACCES" },
];

/** What a user reads of each. */
const reasons: Readonly<Record<string, RegExp>> = {
  ENOSPC: /no space is left/,
  EDQUOT: /the disk quota is used up/,
  EIO: /the device reports an error/,
  EMFILE: /too many files are open/,
  EROFS: /the file system is read-only/,
  EACCES: /permission denied/,
};

/** Throws where a failed command leaves what it must not: a stack trace, no reason, half a file. */
function checkFailed(place: Place, { code }: Failure, errors: string, run: string): void {
  if (/\n\s+at |mistake in heaviside/.test(errors)) throw new Error(`a stack trace: ${errors}`);
  if (!reasons[code]!.test(errors) || !/\brun\b/.test(errors)) throw new Error(`it doesn't say what failed: ${errors}`);
  const names = existsSync(run) ? readdirSync(run) : [];
  const unfinished = names.find((name) => name.endsWith(".unfinished"));
  if (unfinished && hasRoom(code)) throw new Error(`${unfinished} remains`);
  // What isn't resumed is written as a whole or not at all.
  for (const [name, contents] of place.command.before ? remains(run) : [])
    if (!name.endsWith(".unfinished") && contents !== place.wanted.get(name) && contents !== place.given.get(name))
      throw new Error(`${name} is half written`);
}

/** Whether files can be removed where calls fail with an error. */
const hasRoom = (code: string): boolean => code === "ENOSPC" || code === "EDQUOT";

/** What a command leaves without what it could not remove: its lock, which is a dead process's then, and the beginning of a file. */
function lasting(run: string, { code }: Failure): Map<string, string> {
  const found = remains(run);
  if (!hasRoom(code)) for (const name of found.keys()) if (/^\.lock-|\.unfinished$/.test(name)) found.delete(name);
  return found;
}

/** Lets calls of a command fail, then gives it again. Throws where either ends wrongly. */
async function failedAt(pack: string, folder: string, place: Place, failure: Failure): Promise<string> {
  const { command, call, wanted, begin } = place;
  const run = join(folder, "run");
  begin(folder);
  const disturbance = { within: run, fail: { ...failure, from: call } };
  const { code, errors } = await runCommand(pack, folder, command.argv, { disturbance });
  if (code !== 0) checkFailed(place, failure, errors, run);
  const words = wordsIn(folder, command);
  const again = code === 0 ? undefined : await runCommand(pack, folder, words);
  if (again && again.code !== 0)
    throw new Error(`then ${words.join(" ")} ends with exit code ${again.code}: ${again.errors}`);
  const what = difference(wanted, lasting(run, failure));
  if (what !== undefined) throw new Error(`${again ? "given again, " : "as if all were well, "}${what}`);
  rmSync(folder, { recursive: true });
  return again ? "the same after a clear error" : "the same in spite of it";
}

/**
 * A suite in which the file system's calls fail from each one on: every one as on a full disk, and in turn as otherwise. A bounded run has
 * calls that are spread evenly over all commands.
 */
export const failingCalls = (about: Omit<Suite, "run">, commands: readonly Called[]): Suite => ({
  ...about,
  async run(options: RunOptions) {
    const placeOf = placeFinder(options, commands, "all");
    return eachCase(options, async (seed) => {
      const place = await placeOf(seed >> 1);
      if (!place) return "behind the last call";
      const failure = seed % 2 === 0 ? full : others[place.call % others.length]!;
      return failedAt(options.pack, join(options.folder, `case${seed}`), place, failure).catch((error: Error) => {
        const what = `${failure.code}${failure.calls === 1 ? " once" : ""} at call ${place.call} of ${place.calls}`;
        throw new Error(`heaviside ${place.command.argv.join(" ")}, ${what}: ${error.message}`);
      });
    });
  },
});
