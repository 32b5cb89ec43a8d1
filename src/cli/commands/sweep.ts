import { Command } from "commander";
import { isOwnFile } from "../../experiments/own/index.ts";
import { experimentOf, sweepExperiment, sweepOf } from "../../experiments/sweep/index.ts";
import type { Terminal } from "../terminal.ts";
import { addExperiment, commandOfFile, type Done } from "./experiment.ts";
import { addActions } from "./sweep-actions.ts";
import { addJobs } from "./sweep-jobs.ts";

/** Gives the command `sweep` the options of the file that `argv` names. Throws UserError for a mistake in the file. */
export async function addSweep(
  parent: Command,
  argv: readonly string[],
  terminal: Terminal,
  done: Done,
): Promise<void> {
  addActions(parent, terminal, done);
  addJobs(parent, terminal, done);
  const file = argv[argv.indexOf("sweep") + 1];
  if (file !== undefined && isOwnFile(file))
    addExperiment(commandOfFile(parent, file), await sweepExperiment(file), terminal, done);
  parent
    .argument("[file]")
    .usage("FILE [options]")
    .addHelpText("after", `\n${optionsOfFiles(terminal, done)}`)
    .action((name: string | undefined) => {
      parent.error(
        name === undefined
          ? "sweep needs a file that says what is varied, such as ./rates.mjs: docs/how-to/sweep.md has one"
          : `sweep: ${name} must be a file, such as ./${name}.mjs`,
      );
    });
}

/** What the help of a file says about options, which no file changes. */
function optionsOfFiles(terminal: Terminal, done: Done): string {
  const any = new Command("FILE");
  const plan = sweepOf({ space: { x: [0] }, objective: () => 0 }, "NAME.mjs");
  addExperiment(any, experimentOf(plan, "FILE"), terminal, done);
  const [, options = ""] = any.helpInformation().split(/^Options:$/m);
  return `Options of FILE:${options.replace(/^ +-h, --help.*\n/m, "")}`;
}
