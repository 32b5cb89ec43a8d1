/**
 * The attacks' own process: `node worker.mjs PACKAGE TARGET FROM END`. It runs the target's cases one after the other in the folder that
 * it is started in, and writes to standard output, a line of JSON each, which case begins and how it ended.
 * Whoever started it sees what it can't say itself: that it died, or that a case doesn't end.
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Draws } from "./draws.ts";
import { checkPrototypes } from "./guards.ts";
import type { Message } from "./in-worker.ts";
import { callsTarget } from "./targets/calls.ts";
import { checkpoints } from "./targets/checkpoints.ts";
import { commandLines } from "./targets/command-lines.ts";
import { configs } from "./targets/configs.ts";
import { exports } from "./targets/exports.ts";
import { runFolders } from "./targets/run-folders.ts";
import type { Cli, Heaviside, Target } from "./targets/target.ts";
import { trainings } from "./targets/trainings.ts";

/** No case may leave the process with more memory than this, in bytes. */
const MOST_MEMORY = 3e9;

const targets = {
  checkpoints,
  configs,
  "command-lines": commandLines,
  "run-folders": runFolders,
  trainings,
  calls: callsTarget,
  exports,
} satisfies Record<string, Target>;

const [pack, name, from, end] = process.argv.slice(2) as [string, keyof typeof targets, string, string];
const load = async (file: string) => await import(pathToFileURL(join(pack, "dist", file)).href);

let seed = Number(from);
// What the library prints on its own is no part of what is reported.
const write = process.stdout.write.bind(process.stdout);
const say = (message: Message): void => {
  write(`${JSON.stringify(message)}\n`);
};
const wrong = (what: string): void => say({ seed, fault: what.slice(0, 2000) });
console.log = () => {};
process.on("unhandledRejection", (error) => wrong(`a rejection that nobody handles: ${error}`));
process.on("uncaughtException", (error) => wrong(`an exception that nobody catches: ${error.stack}`));

const heaviside: Heaviside = { ...(await load("index.js")), ...(await load("engine.js")) };
const cli: Cli = await load("cli.js");
const run = await targets[name]({ heaviside, cli });
for (; seed < Number(end); seed++) {
  say({ begun: seed });
  try {
    const outcome = await run(new Draws(seed));
    checkPrototypes();
    say({ seed, outcome });
  } catch (error) {
    wrong(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  const { rss } = process.memoryUsage();
  if (rss > MOST_MEMORY) {
    wrong(`the process has grown to ${(rss / 1e9).toFixed(1)} GB`);
    process.exit(1);
  }
}
say({ end: true });
process.exit(0);
