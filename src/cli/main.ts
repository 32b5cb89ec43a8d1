import { Command, CommanderError } from "commander";
import { datasetFamily } from "../data/options.ts";
import { COLUMNS } from "../describe/format.ts";
import { printable } from "../describe/shell.ts";
import { UserError } from "../errors.ts";
import { withoutCalls } from "../graph/site.ts";
import { nearest } from "../nearest.ts";
import { namesOf } from "../options/index.ts";
import { version } from "../report/made.ts";
import { addConfigFlags } from "./flags.ts";
import { makeStrict } from "./strict.ts";
import { processTerminal, STOPPED, type Terminal } from "./terminal.ts";

/** Exit code of a command line that can't be understood. */
const MISUSE = 2;

/**
 * The command line: parses, then imports the one command that is asked for.
 * @param argv the arguments after `heaviside`
 * @returns the exit code: 0 done, 1 a mistake in what was given, 2 in how, 3 `measure --choose` abstained, 130 stopped with Ctrl-C,
 * 128 + n by signal n
 */
export async function main(argv: readonly string[], terminal: Terminal = processTerminal()): Promise<number> {
  let [code, stopped] = [0, STOPPED];
  const watched: Terminal = {
    ...terminal,
    onInterrupt: (handler) =>
      terminal.onInterrupt((reason = STOPPED) => {
        stopped = reason;
        handler(reason);
      }),
  };
  try {
    const program = await build(argv, watched, (result) => {
      code = result === STOPPED ? stopped : result;
    });
    checkHelp(program, argv);
    if (argv.length === 0) program.outputHelp();
    else await program.parseAsync([...argv], { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : MISUSE;
    if (!(error instanceof UserError)) throw error;
    terminal.err.write(`heaviside: ${printable(withoutCalls(error.message))}\n`);
    return 1;
  }
}

/** Ends with a suggestion where help is asked for a command that there isn't, in place of the help of all. */
function checkHelp(program: Command, [first, name]: readonly string[]): void {
  if (first !== "help" || name === undefined || name.startsWith("-")) return;
  const names = program.commands.map((command) => command.name());
  if (name === "help" || names.includes(name)) return;
  const meant = nearest(name, names);
  program.error(`unknown command '${name}'${meant === undefined ? "" : `; did you mean ${meant}?`}`);
}

/** What `slowness`, `benchmark NAME` and `reproduce NAME` have become. */
function addMoved(program: Command): void {
  for (const name of ["slowness", "benchmark", "reproduce"])
    program
      .command(name, { hidden: true })
      .argument("[words...]")
      .helpOption(false)
      .allowUnknownOption()
      .action(([below]: string[]) => {
        const words = name === "slowness" ? ["slowness"] : below?.startsWith("-") === false ? [below] : [];
        const before = name === "slowness" ? [name] : [name, ...words];
        program.error(`${before.join(" ")} is now: heaviside ${["experiment", ...words].join(" ")}`);
      });
}

/** Receives the exit code of the command that ran. */
type Done = (code: number) => void;

/** The whole command line; an experiment's options are loaded where `argv` names its command. */
export async function build(argv: readonly string[], terminal: Terminal, done: Done): Promise<Command> {
  const asked = (command: string): boolean => argv.includes(command);
  const program = emptyProgram(terminal);

  // The help lists the commands in this order.
  const start = program.command("start").description("compare eight methods on MNIST, in a few minutes");
  if (asked("start")) await (await import("./commands/experiment.ts")).addStart(start, terminal, done);
  addTrain(program, terminal, done);
  addDescribe(program, terminal, done);
  addMeasure(program, terminal, done);
  addCost(program, terminal, done);
  addCompare(program, terminal, done);
  addPredict(program, terminal, done);
  addSave(program, terminal, done);
  addReport(program, terminal, done);
  addPrune(program, terminal, done);
  addGenerate(program, terminal, done);
  const experiment = program.command("experiment").description("list the experiments, or run one");
  if (asked("experiment"))
    await (await import("./commands/experiment.ts")).addExperiments(experiment, argv, terminal, done);
  const sweep = program.command("sweep").description("try many settings, in several processes");
  if (asked("sweep")) await (await import("./commands/sweep.ts")).addSweep(sweep, argv, terminal, done);
  addWorker(program, terminal, done);
  addData(program, terminal, done);
  addExplore(program, terminal, done);
  addLab(program, terminal, done);
  addEstimators(program, terminal, done);
  addCells(program, terminal, done);
  addBackends(program, terminal, done);

  makeStrict(program);
  addMoved(program);
  return program;
}

/** The program before it has commands. */
function emptyProgram(terminal: Terminal): Command {
  return new Command("heaviside")
    .description("train networks of neurons that fire or stay silent")
    .version(version(), "-v, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print the help of a command")
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out.write(text),
      writeErr: (text) => terminal.err.write(text),
      getOutHelpWidth: () => Math.min(terminal.out.columns || COLUMNS, 110),
      outputError: (text, write) => write(`${oneLine(text)}\n`),
    });
}

function addWorker(program: Command, terminal: Terminal, done: Done): void {
  program
    .command("worker")
    .description("run trials that sweeps queue in Redis")
    .option("--redis <url>", "where they are queued, such as redis://127.0.0.1:6379")
    .option("--prefix <text>", "what all keys in Redis begin with", "heaviside")
    .option("--objective <file>", "serve sweeps of this file's function, not trainings")
    .option("--workers <n>", "trials at a time, a process each (default: one a processor)")
    .option("--threads <n>", "threads of each process", "1")
    .option("--silence <s>", "seconds after which a silent worker's trials go to others", "30")
    .action(async (flags) => done(await (await import("./commands/worker.ts")).workerCommand(flags, terminal)));
}

function addTrain(program: Command, terminal: Terminal, done: Done): void {
  addConfigFlags(program.command("train").description("train a network"))
    .option("--out <folder>", "the run folder (default: a new one under runs/)")
    .option("--no-out", "write nothing")
    .option("--resume [folder]", "resume a run that was stopped")
    .option("--tensorboard", "write events for TensorBoard into the run folder")
    .option("--debug-nan", "name the op of a number that isn't finite; slower")
    .optionsGroup("Output:")
    .option("--json", "print the result as one JSON object")
    .option("--print-config", "print the config of these flags, and stop")
    .action(async (flags) => done(await (await import("./commands/train.ts")).trainCommand(flags, terminal)));
}

function addDescribe(program: Command, terminal: Terminal, done: Done): void {
  addConfigFlags(
    program.command("describe").description("print a network's layers, shapes and costs; draw its diagram"),
  )
    .argument("[run]", "a run folder or a config file")
    .optionsGroup("Output:")
    .option("--svg <file>", "write the functional diagram, with all derivatives")
    .option("--wide", "print all columns of the table")
    .option("--json", "print the table as one JSON object")
    .action(async (run, flags) =>
      done(await (await import("./commands/describe.ts")).describeCommand(run, flags, terminal)),
    );
}

function addMeasure(program: Command, terminal: Terminal, done: Done): void {
  addConfigFlags(program.command("measure").description("measure bias, variance and cost of gradient estimators"))
    .optionsGroup("Measurement:")
    .option("--estimators <names>", "such as concrete:temperature=0.5 (default: all that apply)")
    .option("--layer <n>", "the hidden layer to measure (default: 1)")
    .option("--at <steps>", "training steps before, such as 0,100,1000 (default: 0)")
    .option("--toy <t>", "measure on the mean of (b - t)² over --units")
    .option("--logit <a>", "pre-activation of the toy's units (default: 0)")
    .option("--accuracy <share>", "stop at this relative error of each figure (default: 0.02)")
    .option("--seconds <n>", "stop after n seconds in all (default: 30)")
    .option("--replicates <n>", "n estimates of each, whatever the accuracy and the time")
    .option("--warmup <n>", "steps for estimators that keep averages (default: 500)")
    .option("--choose <budget>", "recommend one for the cost of a step: 2x, 4evals or 5ms")
    .optionsGroup("Output:")
    .option("--out <folder>", "keep results there, where the same command resumes")
    .option("--wide", "print all columns of the table")
    .option("--json", "print the results as one JSON object")
    .action(async (flags) => done(await (await import("./commands/measure.ts")).measureCommand(flags, terminal)));
}

function addCost(program: Command, terminal: Terminal, done: Done): void {
  program
    .command("cost")
    .description("report multiply-adds and latency of a trained network")
    .argument("<run>", "the folder of its run")
    .option("--batch <sizes>", "examples in a call (default: 1,32,256)")
    .option("--no-match", "train no smaller dense network to compare with")
    .option("--rounds <n>", "timings of each network, in turn (default: 11)")
    .option("--backend <name>", "where it runs; see heaviside backends")
    .option("--threads <n>", "threads to run on (default: 1)")
    .option("--wide", "print all columns of the table")
    .option("--json", "print the cost as one JSON object")
    .action(async (run, flags) => done(await (await import("./commands/cost.ts")).costCommand(run, flags, terminal)));
}

function addCompare(program: Command, terminal: Terminal, done: Done): void {
  program
    .command("compare")
    .description("compare runs over seeds: mean ± deviation, paired tests")
    .argument("<runs...>", "run folders, or folders that hold run folders")
    .option("--metric <name>", "what is tested (default: the metric that selects epochs)")
    .option("--against <group>", "test each group against this one (default: all pairs)")
    .option("--csv <file>", "write a row for each run, for pandas and R")
    .option("--parquet <file>", "write the same as Parquet, for DuckDB and pandas")
    .option("--curves <file>", "write a row for each validation: .csv or .parquet")
    .option("--latex <file>", "write the tables as LaTeX")
    .option("--svg <file>", "draw means with 95% intervals")
    .option("--wide", "print all metrics, however wide the table is")
    .option("--json", "print the comparison as one JSON object")
    .action(async (runs, flags) =>
      done(await (await import("./commands/compare.ts")).compareCommand(runs, flags, terminal)),
    );
}

function addPredict(program: Command, terminal: Terminal, done: Done): void {
  program
    .command("predict")
    .description("predict examples or image files with a trained network")
    .argument("<run>", "a run folder or a saved model")
    .argument("<files...>", "examples: .csv, .tsv, .json or IDX; or images, also folders")
    .option("--passes <n>", "stochastic passes, for an uncertainty (default: none)")
    .option("--seed <n>", "of the passes' noise (default: 0)")
    .option("--backend <name>", "where it runs; see heaviside backends")
    .option("--csv", "print all predictions as CSV")
    .option("--json", "print all predictions as one JSON object")
    .action(async (run, files, flags) =>
      done(await (await import("./commands/predict.ts")).predictCommand(run, files, flags, terminal)),
    );
}

function addSave(program: Command, terminal: Terminal, done: Done): void {
  program
    .command("save")
    .description("write the network of a run, or its parameters, as one file")
    .argument("<run>", "the folder of its run")
    .argument("<file>", "a .safetensors, .onnx, .ts, .js, .npz or .mat file")
    .option("--sample", "of .onnx: units draw anew in each run")
    .action(async (run, file, flags) =>
      done(await (await import("./commands/save.ts")).saveCommand(run, file, flags, terminal)),
    );
}

function addReport(program: Command, terminal: Terminal, done: Done): void {
  program
    .command("report")
    .description("draw report.html and curves.svg of a run")
    .argument("<run>", "the folder of its run")
    .action(async (run) => done(await (await import("./commands/report.ts")).reportCommand(run, terminal)));
}

function addPrune(program: Command, terminal: Terminal, done: Done): void {
  program
    .command("prune")
    .description("report the loss when uncertain weights are set to 0")
    .argument("<run>", "the folder of its run")
    .option("--threshold <ratios>", "prune weights with |μ|/σ below it (default: 0.1,0.25,0.5,1,2,3)")
    .option("--backend <name>", "where it runs; see heaviside backends")
    .option("--threads <n>", "threads to run on (default: 1)")
    .option("--json", "print the rows as one JSON object")
    .action(async (run, flags) => done(await (await import("./commands/prune.ts")).pruneCommand(run, flags, terminal)));
}

function addGenerate(program: Command, terminal: Terminal, done: Done): void {
  program
    .command("generate")
    .description("draw strokes or text from a trained network")
    .argument("<run>", "the folder of its run")
    .option("--count <n>", "sequences (default: 12 drawings, 1 text)")
    .option("--steps <n>", "steps of each (default: as in the test set)")
    .option("--seed <n>", "what all draws depend on (default: 0)")
    .option("--bias <b>", "of strokes: above 0 neater, less varied (default: 0)")
    .option("--temperature <t>", "of classes: below 1 likelier ones (default: 1)")
    .option("--start <text>", "what a text begins with (default: as in the test set)")
    .option("--out <file>", "a .svg, .png or .txt file (default: in the run, or print)")
    .option("--backend <name>", "where it runs; see heaviside backends")
    .option("--threads <n>", "threads (default: 1)")
    .action(async (run, flags) =>
      done(await (await import("./commands/generate.ts")).generateCommand(run, flags, terminal)),
    );
}

function addData(program: Command, terminal: Terminal, done: Done): void {
  program
    .command("data")
    .description("print what a data set holds")
    .argument("[name]", `a data set, such as adding:length=200: ${namesOf(datasetFamily).join(", ")}`, "mnist")
    .option("--data-dir <folder>", "read its files from this folder")
    .option("--classes <n>", "classes of a folder (default: as its labels count)")
    .option("--file <file>", "read this table (CSV, TSV) or text")
    .option("--target <columns>", "columns of the table to predict")
    .option("--as <kind>", "take the target for values or classes")
    .option("--omit <columns>", "columns of the table that are not read")
    .option("--categorical <columns>", "columns of numbers that are names")
    .option("--limit <n>", "only n training examples")
    .option("--augment <list>", 'show images as a training sees them: "shift:2 flip"')
    .option("--out <file>", "write a picture of it: .svg, .html or .png")
    .option("--json", "print it as one JSON object")
    .action(async (name, flags) => done(await (await import("./commands/data.ts")).dataCommand(name, flags, terminal)));
}

function addExplore(program: Command, terminal: Terminal, done: Done): void {
  program
    .command("explore")
    .description("look at a table or images before modelling")
    .argument("<data>", "a file (.csv, .tsv, .arff, .jsonl, .parquet), or images")
    .option("--target <column>", "the column to predict, for leaks and baselines")
    .option("--as <kind>", "take the target for values or classes")
    .option("--omit <columns>", "columns that are not read")
    .option("--test <file>", "rows to test on, to find among the others")
    .option("--sample <n>", "rows for baselines and maps (default: 5000)")
    .option("--folds <n>", "folds to cross-validate baselines (default: 5)")
    .option("--out <file>", "write a page with pictures: .html")
    .option("--json", "print it as one JSON object")
    .action(async (file, flags) =>
      done(await (await import("./commands/explore.ts")).exploreCommand(file, flags, terminal)),
    );
}

function addLab(program: Command, terminal: Terminal, done: Done): void {
  program
    .command("lab")
    .description("open a page where neurons decide and networks train")
    .option("--port <n>", "the port to listen on; 0 is any that is free", "4680")
    .option("--host <name>", "the address to listen on", "127.0.0.1")
    .option("--watch <folder...>", "show runs while they run: a run, or a folder of runs")
    .option("--no-open", "print the address, and open no browser")
    .option("--data-dir <folder...>", "read MNIST here; fashion-mnist=FOLDER: clothes")
    .action(async (flags) => done(await (await import("./commands/lab.ts")).labCommand(flags, terminal)));
}

function addEstimators(program: Command, terminal: Terminal, done: Done): void {
  program
    .command("estimators")
    .description("list the estimators, or print one's card")
    .argument("[name]", "an estimator (default: all)")
    .option("--wide", "print all columns of the table")
    .option("--json", "print it as one JSON object")
    .action(async (name, flags) =>
      done(await (await import("./commands/estimators.ts")).estimatorsCommand(name, flags, terminal)),
    );
}

function addCells(program: Command, terminal: Terminal, done: Done): void {
  program
    .command("cells")
    .description("list the recurrent cells, or print one's card")
    .argument("[name]", "a cell, such as lstm:peepholes=true (default: all)")
    .option("--svg <file>", "draw the cell into this file")
    .option("--form <form>", "how it is drawn: neurons or textbook (default: neurons)")
    .option("--json", "print it as one JSON object")
    .action(async (name, flags) =>
      done(await (await import("./commands/cells.ts")).cellsCommand(name, flags, terminal)),
    );
}

function addBackends(program: Command, terminal: Terminal, done: Done): void {
  program
    .command("backends")
    .description("list where programs can run here, and test it")
    .option("--threads <n>", "threads to run on (default: one a processor)")
    .option("--json", "print it as one JSON object")
    .action(async (flags) => done(await (await import("./commands/backends.ts")).backendsCommand(flags, terminal)));
}

/** commander's `error: unknown option '--epoch'\n(Did you mean --epochs?)` as one line of ours. */
const oneLine = (text: string): string =>
  `heaviside: ${text
    .trim()
    .replace(/^error: /, "")
    .replace(/\n\(Did you mean (.*)\)$/s, "; did you mean $1")}`;
