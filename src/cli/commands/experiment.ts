import type { Command } from "commander";
import { COLUMNS, wrap } from "../../describe/format.ts";
import { printable } from "../../describe/shell.ts";
import { flagOf, helpOf, type Options, type Typed } from "../../experiments/engine/options.ts";
import { optionsOf, runExperiment } from "../../experiments/engine/run.ts";
import type { Screen } from "../../experiments/engine/screen.ts";
import type { Experiment } from "../../experiments/experiment.ts";
import { experiments } from "../../experiments/index.ts";
import { isOwnFile, ownExperiment } from "../../experiments/own/index.ts";
import { suggestion } from "../../rules.ts";
import { progressLine } from "../progress.ts";
import { interruptible, STOPPED, styleFor, type Terminal } from "../terminal.ts";

export type Done = (code: number) => void;

/** Gives the command `experiment` one below it for each experiment, and for the file that `argv` names; without a name it lists them. Throws UserError for a mistake in the file. */
export async function addExperiments(
  parent: Command,
  argv: readonly string[],
  terminal: Terminal,
  done: Done,
): Promise<void> {
  const all = await Promise.all(Object.values(experiments).map((load) => load()));
  for (const experiment of all) addExperiment(parent.command(experiment.name), experiment, terminal, done);
  const file = argv[argv.indexOf("experiment") + 1];
  if (file !== undefined && isOwnFile(file))
    addExperiment(commandOfFile(parent, file), await ownExperiment(file), terminal, done);
  parent
    .argument("[name]")
    .usage("[name] [options]")
    .action((name: string | undefined) => {
      if (name !== undefined)
        parent.error(
          `unknown experiment '${name}'${suggestion(name, Object.keys(experiments))}: heaviside experiment lists them`,
        );
      terminal.out.write(listOf(all, terminal.out.columns));
    });
}

/** A command that is called like a file, whose name may have spaces. */
export function commandOfFile(parent: Command, file: string): Command {
  const command = parent.createCommand(file).copyInheritedSettings(parent);
  parent.addCommand(command, { hidden: true });
  return command;
}

/** Gives `start` the options of what it runs. */
export const addStart = async (command: Command, terminal: Terminal, done: Done): Promise<void> =>
  addExperiment(command, await experiments["first-look"](), terminal, done);

/** Makes a command of an experiment's options. */
export function addExperiment(command: Command, experiment: Experiment, terminal: Terminal, done: Done): void {
  if (command.description() === "") command.description(experiment.question);
  for (const [name, option] of Object.entries(optionsOf(experiment)))
    command.option(flagOf(name, option), helpOf(option));
  command
    .addHelpText("after", `\nTakes about ${experiment.duration}.\nAfter a stop, the same command resumes it.`)
    .action(async (typed: Typed) => done(await experimentCommand(experiment, typed, terminal)));
}

/** Runs an experiment with options as they were typed, and gives the exit code. */
export const experimentCommand = async <O extends Options, S, D, R extends object, T>(
  experiment: Experiment<O, S, D, R, T>,
  typed: Typed,
  terminal: Terminal,
): Promise<number> => ((await runExperiment(experiment, typed, screenOn(terminal, typed.json === true))) ? 0 : STOPPED);

/** What an experiment sees of a terminal; with `json`, standard output is for the results alone. */
function screenOn(terminal: Terminal, json: boolean): Screen {
  const stream = json ? terminal.err : terminal.out;
  const { columns, update, updateBelow, line, clear } = progressLine(stream, terminal.env);
  return {
    ...styleFor(stream, terminal.env),
    ...{ columns, update, updateBelow, line },
    complain(text) {
      clear();
      terminal.err.write(`heaviside: ${printable(text)}\n`);
    },
    result: (text) => terminal.out.write(`${text}\n`),
    stoppable: (onStop, work) => interruptible(terminal, onStop, work),
  };
}

/** Each experiment with its question and about how long it takes. */
const listOf = (all: readonly Experiment[], columns: number | undefined): string =>
  `${all
    .map(({ name, question, duration }) => `${name} (about ${duration})\n${indented(question, columns)}\n`)
    .join(
      "\n",
    )}\nnpx heaviside experiment NAME runs one; --help after it prints its options.\nnpx heaviside experiment FILE.mjs runs one of your own.\n`;

const indented = (text: string, columns: number | undefined): string =>
  wrap(text, (columns || COLUMNS) - 2).replaceAll(/^/gm, "  ");
