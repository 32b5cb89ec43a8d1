/**
 * The attacks' own process: `node worker.mjs PACKAGE TARGET SEED FROM TO`. It runs the target's cases one after the other in the folder that
 * it is started in, and says on standard output, a line of JSON each, which case begins and which has ended wrongly.
 * Whoever started it sees what it can't say itself: that it died, or that a case doesn't end.
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Random } from "./random.ts";
import { checkpoints } from "./targets/checkpoints.ts";
import { commandLines } from "./targets/command-lines.ts";
import { configs } from "./targets/configs.ts";
import type { Cli, Heaviside, Target } from "./targets/target.ts";
import { trainings } from "./targets/trainings.ts";

/** No case may leave the process with more memory than this, in bytes. */
const MOST_MEMORY = 3e9;

const targets = { checkpoints, configs, "command-lines": commandLines, trainings } satisfies Record<string, Target>;

const [pack, name, seed, from, to] = process.argv.slice(2) as [string, keyof typeof targets, string, string, string];
const load = async (file: string) => await import(pathToFileURL(join(pack, "dist", file)).href);

let current = Number(from);
// What the library prints on its own is no part of what is reported.
const report = process.stdout.write.bind(process.stdout);
const say = (what: object): void => {
  report(`${JSON.stringify(what)}\n`);
};
const fault = (what: string): void => say({ fault: what.slice(0, 2000), case: current });
console.log = () => {};
process.on("unhandledRejection", (error) => fault(`a rejection that nobody handles: ${error}`));
process.on("uncaughtException", (error) => fault(`an exception that nobody catches: ${error.stack}`));

const heaviside: Heaviside = await load("index.js");
const cli: Cli = await load("cli.js");
const run = await targets[name]({ heaviside, cli });
for (; current < Number(to); current++) {
  say({ start: current });
  try {
    await run(new Random(Number(seed), current));
  } catch (error) {
    fault(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  const { rss } = process.memoryUsage();
  if (rss > MOST_MEMORY) {
    fault(`the process has grown to ${(rss / 1e9).toFixed(1)} GB`);
    process.exit(1);
  }
}
say({ end: true });
process.exit(0);
