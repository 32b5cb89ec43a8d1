import { rmSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "./command.ts";
import { isDone, wordsIn } from "./killed.ts";
import { type Called, type Place, placeFinder } from "./places.ts";
import { difference, remains } from "./remains.ts";
import { eachCase, type RunOptions, type Suite } from "./suite.ts";

/** Kills a command at a call, and gives it again. Throws where it leaves something else than the undisturbed one. */
async function killedAt(pack: string, folder: string, { command, call, wanted, begin }: Place): Promise<string> {
  const run = join(folder, "run");
  begin(folder);
  const { killed, code, errors } = await runCommand(pack, folder, command.argv, {
    disturbance: { within: run, killAt: call },
  });
  if (!killed) throw new Error(`it isn't killed, it ends with exit code ${code}: ${errors}`);
  // Killed when all was done: given again, a command whose runs have numbers would begin the next one.
  if (isDone(run, wanted)) return "killed when all was done";
  const words = wordsIn(folder, command);
  const again = await runCommand(pack, folder, words);
  if (again.code !== 0) throw new Error(`then ${words.join(" ")} ends with exit code ${again.code}: ${again.errors}`);
  const what = difference(wanted, remains(run));
  if (what !== undefined) throw new Error(what);
  rmSync(folder, { recursive: true });
  return "the same after the kill";
}

/**
 * A suite that kills commands at every call of the file system that changes something, and within every write. A bounded run has calls that
 * are spread evenly over all commands.
 */
export const killingAtCalls = (about: Omit<Suite, "run">, commands: readonly Called[]): Suite => ({
  ...about,
  async run(options: RunOptions) {
    const placeOf = placeFinder(options, commands, "changing");
    return eachCase(options, async (seed) => {
      const place = await placeOf(seed);
      if (!place) return "behind the last call";
      return killedAt(options.pack, join(options.folder, `case${seed}`), place).catch((error: Error) => {
        const { command, call, calls } = place;
        throw new Error(`heaviside ${command.argv.join(" ")}, killed at call ${call} of ${calls}: ${error.message}`);
      });
    });
  },
});
