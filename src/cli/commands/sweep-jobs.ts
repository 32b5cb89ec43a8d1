import type { Command } from "commander";
import { MOST_THREADS } from "../../backends/engine/engine.ts";
import { type BackendName, backendNames } from "../../backends/select.ts";
import { type TargetName, targets, writeJobs } from "../../experiments/sweep/index.ts";
import { numberOrText } from "../../options/text.ts";
import { checkChoice, checkNumber } from "../../rules.ts";
import { wholeIn } from "../flags.ts";
import type { Terminal } from "../terminal.ts";
import type { Done } from "./experiment.ts";

/** Shards, workers and processors that can be asked for. */
const MOST = 10_000;
/** Processors of each (default). */
const CPUS = 4;

interface JobFlags {
  readonly for: string;
  readonly shards?: string;
  readonly workers?: string;
  readonly cpus?: string;
  readonly image?: string;
  readonly out?: string;
  readonly to: string;
  readonly backend?: BackendName;
  readonly threads?: string;
  readonly retries?: string;
  readonly prefix?: string;
}

/** Gives the command `sweep` one that writes the files of a cluster. */
export const addJobs = (sweep: Command, terminal: Terminal, done: Done): Command =>
  sweep
    .command("jobs")
    .description("write the files that run a sweep on a cluster")
    .argument("<file>", "the sweep's file, such as ./rates.mjs")
    .requiredOption("--for <cluster>", `the kind of cluster: ${Object.keys(targets).join(", ")}`)
    .option("--shards <n>", "parts that run beside each other (default: 8)")
    .option("--workers <n>", "workers that serve the queue (default: 4)")
    .option("--cpus <n>", "processors of each, with a trial each (default: 4)")
    .option("--image <name>", "the container's image")
    .option("--out <folder>", "the folder for the results (default: runs/NAME)")
    .option("--to <folder>", "the folder for the files", ".")
    .option("--backend <name>", "where trials run; wasm is the same on all machines")
    .option("--threads <n>", "threads of each trial (default: 1)")
    .option("--retries <n>", "how often a trial is begun again (default: 3)")
    .option("--prefix <text>", "what all keys in Redis begin with")
    .action(async (file: string, flags: JobFlags) => {
      await jobsCommand(file, flags, terminal);
      done(0);
    });

/** How often a trial is begun again. Throws UserError for anything else. */
function retriesIn(text: string): number {
  const value = numberOrText(text);
  checkNumber("sweep jobs: --retries", value, { whole: true, atLeast: 0, atMost: 100 });
  return value;
}

async function jobsCommand(file: string, flags: JobFlags, terminal: Terminal): Promise<void> {
  checkChoice("sweep jobs: --for", flags.for, Object.keys(targets) as TargetName[]);
  const { backend, prefix } = flags;
  if (backend !== undefined) checkChoice("sweep jobs: --backend", backend, backendNames);
  const { written, commands } = await writeJobs(file, {
    ...{ target: flags.for, to: flags.to, out: flags.out, image: flags.image },
    shards: flags.shards === undefined ? undefined : wholeIn("sweep jobs: --shards", flags.shards, MOST),
    workers: flags.workers === undefined ? undefined : wholeIn("sweep jobs: --workers", flags.workers, MOST),
    cpus: flags.cpus === undefined ? CPUS : wholeIn("sweep jobs: --cpus", flags.cpus, MOST),
    threads: flags.threads === undefined ? undefined : wholeIn("sweep jobs: --threads", flags.threads, MOST_THREADS),
    retries: flags.retries === undefined ? undefined : retriesIn(flags.retries),
    ...{ backend, prefix },
  });
  const wrote = written.length === 0 ? "all files are there already" : `wrote ${written.join(", ")}`;
  terminal.out.write(
    `${wrote}\n\nRun it, after a look at the files:\n${commands.map((line) => `  ${line}\n`).join("")}`,
  );
}
