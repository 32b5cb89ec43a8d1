import { Command, CommanderError } from "commander";
import { UserError } from "../errors.ts";
import { addConfigFlags } from "./flags.ts";
import { version } from "./made.ts";
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
  const program = build(watched, (result) => {
    code = result === STOPPED ? stopped : result;
  });
  try {
    if (argv.length === 0) program.outputHelp();
    else await program.parseAsync([...argv], { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : MISUSE;
    if (!(error instanceof UserError)) throw error;
    terminal.err.write(`heaviside: ${error.message}\n`);
    return 1;
  }
}

function build(terminal: Terminal, done: (code: number) => void): Command {
  const program = new Command("heaviside")
    .description("Networks of neurons that fire or stay silent: train through hard, random decisions.")
    .version(version(), "-v, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print the help of a command")
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out.write(text),
      writeErr: (text) => terminal.err.write(text),
      getOutHelpWidth: () => Math.min(terminal.out.columns ?? 100, 110),
      outputError: (text, write) => write(`${oneLine(text)}\n`),
    });

  program
    .command("start")
    .description("compare the methods on MNIST, in about three minutes")
    .option("--seconds <n>", "about how long all of it may take on this machine; chooses the epochs")
    .option("--epochs <n>", "epochs of each method")
    .option("--units <n>", "hidden units")
    .option("--seed <n>", "decides every random number")
    .option("--limit <n>", "train on the first n training examples only")
    .option("--data-dir <folder>", "read MNIST's IDX files from this folder")
    .option("--backend <name>", "where it runs; see heaviside backends")
    .option("--threads <n>", "as many as there are processors when left out")
    .option("--out <folder>", "where the runs are kept", "runs/first-look")
    .action(async (flags) => done(await (await import("./commands/start.ts")).startCommand(flags, terminal)));

  addConfigFlags(program.command("train").description("train a network"))
    .option("--out <folder>", "the run folder (a new one under runs/)")
    .option("--no-out", "write nothing")
    .option("--resume [folder]", "go on with a run that was stopped")
    .optionsGroup("Output:")
    .option("--json", "print the result as one JSON object, the last line of standard output")
    .option("--print-config", "print the config that the flags stand for, and stop")
    .action(async (flags) => done(await (await import("./commands/train.ts")).trainCommand(flags, terminal)));

  addConfigFlags(
    program.command("describe").description("print a network's layers, shapes and costs; draw its diagram"),
  )
    .argument("[run]", "a run folder or a config file")
    .optionsGroup("Output:")
    .option("--svg <file>", "write the functional diagram, with the derivative of every arrow")
    .option("--json", "print the table as one JSON object")
    .action(async (run, flags) =>
      done(await (await import("./commands/describe.ts")).describeCommand(run, flags, terminal)),
    );

  addConfigFlags(
    program
      .command("measure")
      .description(
        "measure every gradient estimator on a layer of your network: bias, variance, cost; 784-12-10 when left out",
      ),
  )
    .optionsGroup("Measurement:")
    .option("--estimators <names>", "those to measure, with options as in concrete:temperature=0.5 (all that apply)")
    .option("--layer <n>", "the hidden layer to measure, from 1 (1); the others keep their estimators")
    .option("--at <steps>", "after so many training steps with --estimator, such as 0,100,1000 (0)")
    .option("--toy <t>", "on the mean of (b - t)² over --units instead of a network")
    .option("--units <n>", "of the toy (1)")
    .option("--logit <a>", "pre-activation of the toy's units (0)")
    .option("--accuracy <share>", "stop an estimator when variance and mean are known this well (0.02)")
    .option("--seconds <n>", "or when its part of these seconds is over (30)")
    .option("--replicates <n>", "so many estimates each, whatever the accuracy and the time")
    .option("--warmup <n>", "steps for estimators that keep averages or learn (500)")
    .option(
      "--choose <budget>",
      "recommend one for what a step may cost: 2x (the cheapest step), 4evals, 5ms; exit code 3: a tie",
    )
    .optionsGroup("Output:")
    .option(
      "--out <folder>",
      "keep results.json and measure.html there; the same command again goes on where it stopped",
    )
    .option("--json", "print the results as one JSON object, the last line of standard output")
    .action(async (flags) => done(await (await import("./commands/measure.ts")).measureCommand(flags, terminal)));

  program
    .command("cost")
    .description("report multiply-adds and latency of a trained network")
    .argument("<run>", "the folder of its run")
    .option("--batch <sizes>", "examples in a call, such as 1,32,256 (1,32,256)")
    .option("--no-match", "leave out the smaller dense net that is as good, which takes some trainings to find")
    .option("--rounds <n>", "times that each net has its turn (11)")
    .option("--backend <name>", "where it runs; see heaviside backends")
    .option("--threads <n>", "1 when left out")
    .option("--json", "print the cost as one JSON object, the last line of standard output")
    .action(async (run, flags) => done(await (await import("./commands/cost.ts")).costCommand(run, flags, terminal)));

  const benchmark = program.command("benchmark").description("compare estimators on what papers compare them on");
  benchmark
    .command("toys")
    .description("minimise E[(b − t)²] over the logits of 1 and of 200 bits")
    .option("--estimators <names>", "which, with options as in arms:samples=4; every one that applies when left out")
    .option("--steps <n>", "training steps of each (5000)")
    .option("--repeats <n>", "trainings of each, with noise of their own (5)")
    .option("--seed <n>", "decides every random number (1)")
    .option("--backend <name>", "where it runs; see heaviside backends")
    .option("--threads <n>", "1 when left out")
    .option("--out <folder>", "where results.json and report.html are written", "runs/toys")
    .option("--json", "print the results as one JSON object, the last line of standard output")
    .action(async (flags) => done(await (await import("./benchmark/toys.ts")).toysCommand(flags, terminal)));
  benchmark
    .command("autoencoder")
    .description("train a variational autoencoder with binary latents by each, and measure its gradient's variance")
    .option("--estimators <names>", "which, with options as in disarm,leave-one-out:samples=4,live=all (18 usual ones)")
    .option("--data <name>", "mnist, fashion-mnist (mnist), made binary once and for all")
    .option("--data-dir <folder>", "read the data set's IDX files from this folder")
    .option("--encoder <name>", "linear, nonlinear (linear); the decoder is its mirror")
    .option("--layers <n>", "stochastic layers (1)")
    .option("--latents <n>", "binary units of a layer (200)")
    .option("--steps <n>", "training steps of each (20000)")
    .option("--seed <n>", "decides every random number (1)")
    .option("--limit <n>", "train on the first n training examples only")
    .option("--pairs <n>", "pairs of gradients for each variance (100)")
    .option("--points <n>", "times that variances are measured, after the start (8)")
    .option("--backend <name>", "where it runs; see heaviside backends")
    .option("--threads <n>", "1 when left out")
    .option("--out <folder>", "where the runs are kept; the same command goes on there", "runs/autoencoder")
    .option("--json", "print the results as one JSON object, the last line of standard output")
    .action(async (flags) =>
      done(await (await import("./benchmark/autoencoder.ts")).autoencoderCommand(flags, terminal)),
    );

  benchmark
    .command("wide")
    .description("a wide network of gated blocks against a dense one as wide: test errors and milliseconds")
    .option("--quick", "a small one, in about a minute: it shows what the command does, and no result")
    .option("--data <names>", "mnist, fashion-mnist (both)")
    .option("--data-dir <folder>", "read the data set's IDX files from this folder")
    .option("--seeds <n>", "trainings of each network (3)")
    .option("--epochs <n>", "of each training (6)")
    .option("--backend <name>", "where it trains; it is timed on native and wasm")
    .option("--threads <n>", "1 when left out")
    .option("--out <folder>", "where the runs are kept; the same command goes on there", "runs/wide")
    .option("--json", "print the results as one JSON object, the last line of standard output")
    .action(async (flags) => done(await (await import("./benchmark/wide.ts")).wideCommand(flags, terminal)));

  program
    .command("slowness")
    .description(
      "why binary stochastic units train slowly: arms that take the reasons apart, on MNIST, in about twelve minutes",
    )
    .option("--quick", "a first answer in about a minute, with wide intervals")
    .option("--seeds <n>", "results are over this many seeds, the same for all arms")
    .option("--epochs <n>", "epochs of the comparisons on all training examples")
    .option("--units <n>", "hidden units of the large network")
    .option("--limit <n>", "train on the first n training examples only")
    .option("--data-dir <folder>", "read MNIST's IDX files from this folder")
    .option("--backend <name>", "where it runs; see heaviside backends")
    .option("--threads <n>", "as many as there are processors when left out")
    .option("--json", "print the results as one JSON object, the last line of standard output")
    .option("--out <folder>", "where the runs are kept", "runs/slowness")
    .action(async (flags) => done(await (await import("./commands/slowness.ts")).slownessCommand(flags, terminal)));

  const reproduce = program.command("reproduce").description("train what a paper reports, from several seeds");
  reproduce
    .command("figure-2")
    .description("the seven rows of Bengio, Léonard and Courville 2013, figure 2, and the paper's claims tested")
    .option("--quick", "few examples, few epochs, in about two minutes: shows that all rows run, not their order")
    .option("--beat", "rows beyond the paper: the same share of open gates, and a dense network of equal cost")
    .option("--seeds <n>", "results are over this many seeds, the same for all rows")
    .option("--epochs <n>", "epochs of every training, the same for all rows")
    .option("--rows <names>", "only these, such as straight-through,sigmoid")
    .option("--limit <n>", "train on the first n training examples only")
    .option("--data-dir <folder>", "read MNIST's IDX files from this folder")
    .option("--backend <name>", "where it runs; see heaviside backends")
    .option("--threads <n>", "1 when left out")
    .option("--out <folder>", "where the runs are kept; the same command goes on there", "runs/figure-2")
    .option("--json", "print the results as one JSON object, the last line of standard output")
    .action(async (flags) => done(await (await import("./reproduce/figure-2.ts")).figure2Command(flags, terminal)));

  program
    .command("data")
    .description("print what a data set holds")
    .argument("[name]", "the data set", "mnist")
    .option("--data-dir <folder>", "read its IDX files from this folder")
    .option("--limit <n>", "only the first n training examples")
    .option("--json", "print it as one JSON object")
    .action(async (name, flags) => done(await (await import("./commands/data.ts")).dataCommand(name, flags, terminal)));

  program
    .command("estimators")
    .description("list the estimators, or print one's card")
    .argument("[name]", "an estimator; all of them when left out")
    .option("--json", "print it as one JSON object")
    .action(async (name, flags) =>
      done(await (await import("./commands/estimators.ts")).estimatorsCommand(name, flags, terminal)),
    );

  program
    .command("backends")
    .description("list where programs can run here, and test it")
    .option("--threads <n>", "as many as there are processors when left out")
    .option("--json", "print it as one JSON object")
    .action(async (flags) => done(await (await import("./commands/backends.ts")).backendsCommand(flags, terminal)));

  makeStrict(program);
  return program;
}

/** commander's `error: unknown option '--epoch'\n(Did you mean --epochs?)` as one line of ours. */
const oneLine = (text: string): string =>
  `heaviside: ${text
    .trim()
    .replace(/^error: /, "")
    .replace(/\n\(Did you mean (.*)\)$/s, "; did you mean $1")}`;
