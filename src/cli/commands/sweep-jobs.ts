import type { Command } from "commander";
import { type TargetName, targets, writeJobs } from "../../experiments/sweep/index.ts";
import { numberOrText } from "../../options/text.ts";
import { checkChoice, checkNumber } from "../../rules.ts";
import type { Terminal } from "../terminal.ts";
import type { Done } from "./experiment.ts";

interface JobFlags {
  readonly for: string;
  readonly shards?: string;
  readonly workers?: string;
  readonly cpus: string;
  readonly image?: string;
  readonly out?: string;
  readonly to: string;
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
    .option("--cpus <n>", "processors of each, with a trial each", "4")
    .option("--image <name>", "the container's image")
    .option("--out <folder>", "the folder for the results (default: runs/NAME)")
    .option("--to <folder>", "the folder for the files", ".")
    .action(async (file: string, flags: JobFlags) => {
      await jobsCommand(file, flags, terminal);
      done(0);
    });

async function jobsCommand(file: string, flags: JobFlags, terminal: Terminal): Promise<void> {
  checkChoice("sweep jobs: --for", flags.for, Object.keys(targets) as TargetName[]);
  const { written, commands } = await writeJobs(file, {
    ...{ target: flags.for, to: flags.to, out: flags.out, image: flags.image },
    shards: flags.shards === undefined ? undefined : wholeOf("--shards", flags.shards),
    workers: flags.workers === undefined ? undefined : wholeOf("--workers", flags.workers),
    cpus: wholeOf("--cpus", flags.cpus),
  });
  const wrote = written.length === 0 ? "all files are there already" : `wrote ${written.join(", ")}`;
  terminal.out.write(
    `${wrote}\n\nRun it, after a look at the files:\n${commands.map((line) => `  ${line}\n`).join("")}`,
  );
}

function wholeOf(flag: string, text: string): number {
  const value = numberOrText(text);
  checkNumber(`sweep jobs: ${flag}`, value, { whole: true, atLeast: 1, atMost: 10_000 });
  return value;
}
