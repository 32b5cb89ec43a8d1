import { join } from "node:path";
import { startBackend } from "../../backends/select.ts";
import { configOf, type Experiment } from "../../experiments/experiment.ts";
import { firstLook } from "../../experiments/first-look.ts";
import { UserError } from "../../index.ts";
import { report } from "../../report/index.ts";
import { writeAtomically } from "../../runs/index.ts";
import { Interrupted, type Progress, train } from "../../train/index.ts";
import { clock, count, nats, percent, wrap } from "../format.ts";
import { made } from "../made.ts";
import { type Finished, reported } from "../pictures.ts";
import { architecture, datasetFor, modelFor } from "../prepare.ts";
import { progressLine } from "../progress.ts";
import { checkTrainingRoom } from "../room.ts";
import { type Job, resolveJob } from "../schema.ts";
import { checkpointIn, series } from "../series.ts";
import { numberOrText } from "../spec.ts";
import { resultsTable } from "../table.ts";
import { interruptible, STOPPED, styleFor, type Terminal } from "../terminal.ts";

export interface StartFlags {
  readonly seconds?: string;
  readonly epochs?: string;
  readonly units?: string;
  readonly seed?: string;
  readonly limit?: string;
  readonly dataDir?: string;
  readonly backend?: string;
  readonly threads?: string;
  readonly out: string;
}

/** Trains one network a method, goes on where it was stopped, and ends with a table and a report. */
export async function startCommand(
  flags: StartFlags,
  terminal: Terminal,
  experiment: Experiment = firstLook,
): Promise<number> {
  const jobs = jobsOf(experiment, flags);
  const { out: stream, env } = terminal;
  const { bold, dim } = styleFor(stream, env);
  const progress = progressLine(stream, env);
  const first = jobs[0]!.job;
  const { folder, resumed } = await series(flags.out, { experiment: experiment.name, jobs });

  stream.write(`${bold(experiment.title)}\n`);
  progress.update("reading MNIST");
  const data = await datasetFor(first);
  const on = await startBackend(first.backend, first.threads === undefined ? {} : { threads: first.threads });
  const { name, instructionSet, threads } = on.info();
  progress.line(
    wrap(
      [
        `${architecture(modelFor(first, data))}, ${count(data.train.size)} training examples, ${first.epochs} ${first.epochs === 1 ? "epoch" : "epochs"} a method`,
        `${name} (${instructionSet}, ${threads} ${threads === 1 ? "thread" : "threads"})`,
        ...(resumed ? [`going on with ${folder}`] : []),
      ].join("; "),
      stream.columns,
    ),
  );

  const finished: (Finished & { name: string })[] = [];
  let spent = 0;
  try {
    await interruptible(
      terminal,
      () => progress.line("stopping after this step; Ctrl-C again ends at once"),
      async (signal) => {
        for (const [i, { name, job }] of jobs.entries()) {
          const model = modelFor(job, data);
          checkTrainingRoom(job, model, data);
          const path = join(folder, folderName(name));
          const started = performance.now();
          const elapsed = () => (performance.now() - started) / 1000;
          const onProgress = (at: Progress) => {
            const later = (jobs.length - i - 1) * (i > 0 && !resumed ? spent / i : elapsed() + at.secondsLeft);
            progress.update(
              `${i + 1}/${jobs.length} ${name}`,
              `epoch ${at.epoch}/${at.epochs}`,
              `${clock(at.secondsLeft + later)} left in all`,
              `loss ${nats(at.loss)}`,
              `${count(at.examplesPerSecond)} examples/s`,
              `step ${at.step}/${at.steps}`,
            );
          };
          const result = await train(model, data, {
            ...trainingOf(job),
            backend: on,
            runFolder: path,
            resume: await checkpointIn(path),
            config: { ...job, out: undefined },
            signal,
            onProgress,
            onWarning: ({ message }) => progress.line(`warning: ${message}`),
          });
          spent += elapsed();
          await writeAtomically(join(path, "result.json"), `${JSON.stringify(result, null, 2)}\n`);
          finished.push({ name, job, model, data, result, on });
          progress.line(
            `${i + 1}/${jobs.length} ${name}: validation error ${percent(result.valid.error)}  ${dim(clock(result.seconds))}`,
          );
        }
      },
    );
    const html = await reportOf(experiment, finished);
    const path = join(folder, "report.html");
    await writeAtomically(path, html);
    stream.write(
      `\n${resultsTable(finished, bold)}\n\n${experiment.caveats.map((text) => wrap(text, stream.columns)).join("\n")}\n\n`,
    );
    stream.write(`learning curves, weights and firing rates: ${bold(path)}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    progress.clear();
    terminal.err.write(
      `heaviside: stopped in epoch ${error.epoch} of ${jobs[finished.length]!.name}; the same command again goes on from there\n`,
    );
    return STOPPED;
  } finally {
    await on.close();
  }
}

/** The jobs of an experiment with the flags' changes, each checked as a config file would be. */
function jobsOf(experiment: Experiment, flags: StartFlags): { name: string; job: Job }[] {
  const { units, seconds, epochs, limit, seed, threads } = Object.fromEntries(
    Object.entries(flags).map(([key, value]) => [key, typeof value === "string" ? numberOrText(value) : value]),
  ) as Record<keyof StartFlags, never>;
  if (seconds !== undefined && !(typeof seconds === "number" && seconds > 0))
    throw new UserError(`start: --seconds must be a number above 0, received ${flags.seconds}`);
  if (seconds !== undefined && epochs !== undefined)
    throw new UserError("start: --seconds chooses the epochs: give one of --seconds and --epochs");
  const inTime =
    seconds === undefined
      ? undefined
      : Math.max(1, Math.round((experiment.base.epochs * seconds) / experiment.seconds));
  return experiment.methods.map((method) => {
    const config = configOf(experiment, method);
    const changed = {
      ...config,
      ...(units !== undefined && { hidden: config.hidden.map((layer) => ({ ...layer, units })) }),
      ...((epochs ?? inTime) !== undefined && { epochs: epochs ?? inTime }),
      ...(limit !== undefined && { limit }),
      ...(seed !== undefined && { seed }),
      ...(threads !== undefined && { threads }),
      ...(flags.dataDir !== undefined && { dataDir: flags.dataDir }),
      ...(flags.backend !== undefined && { backend: flags.backend }),
    };
    return { name: method.name, job: resolveJob(changed, "start") };
  });
}

const folderName = (name: string): string =>
  name
    .replaceAll("×", "times")
    .replaceAll("σ′", "slope")
    .replaceAll(/[^a-z]+/gi, "-");

function trainingOf({
  data: _,
  dataDir: __,
  limit: ___,
  model: ____,
  hidden: _____,
  trainingSamples: ______,
  backend: _______,
  threads: ________,
  out: _________,
  ...training
}: Job) {
  return training;
}

const reportOf = (experiment: Experiment, finished: readonly (Finished & { name: string })[]): Promise<string> => {
  const { data, on, job, model } = finished[0]!;
  return report({
    title: experiment.title,
    question: experiment.question,
    caveats: experiment.caveats,
    runs: finished.map((run) => reported(run.name, run)),
    head: model.head,
    inputShape: model.inputShape,
    made: [
      ["network", architecture(model)],
      ["data", `${data.name}: ${data.splitNote}`],
      [
        "training",
        `${job.epochs} epochs, mini-batches of ${job.batch}, momentum ${experiment.momentum}, rate ${finished.map((run) => `${run.job.optimizer.rate} (${run.name})`).join(", ")}, schedule ${job.schedule.name}`,
      ],
      ["seed", String(job.seed)],
      ...made(on),
    ],
  });
};
