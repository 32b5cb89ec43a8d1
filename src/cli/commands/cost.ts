import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Backend } from "../../backends/backend.ts";
import { MOST_THREADS } from "../../backends/engine/engine.ts";
import { backendNames, startBackend } from "../../backends/select.ts";
import { countsSkipped, skips } from "../../cost/after-training.ts";
import { denseNet, isMatchable, type Match, match } from "../../cost/match.ts";
import { accountsOf, freshState, type Subject, type Timing, timingOf } from "../../cost/timings.ts";
import { modelTitle } from "../../describe/architecture.ts";
import { clock, count, jsonLine, wrap } from "../../describe/format.ts";
import { everythingEvaluated } from "../../models/everything-evaluated.ts";
import { numberOrText } from "../../options/text.ts";
import { made } from "../../report/made.ts";
import { checkChoice, checkNumber } from "../../rules.ts";
import { files } from "../../runs/index.ts";
import { Interrupted, train } from "../../train/index.ts";
import { pause } from "../../train/pause.ts";
import { costText } from "../cost-text.ts";
import { type ProgressLine, progressLine } from "../progress.ts";
import { interruptible, roomFor, STOPPED, styleFor, type Terminal } from "../terminal.ts";
import { type TrainedRun, trainedRun } from "../trained.ts";

export interface CostFlags {
  readonly backend?: string;
  readonly threads?: string;
  readonly batch?: string;
  readonly match?: boolean;
  readonly rounds?: string;
  readonly wide?: boolean;
  readonly json?: boolean;
}

/** Seconds that each net is repeated for in each round. */
const SECONDS = 0.1;
const ROUNDS = 11;
const BATCHES = [1, 32, 256];

/** Reports multiply-adds and latency of a trained network: with gates, skipped steps or spikes, what it skips, and what that saves. */
export async function costCommand(folder: string, flags: CostFlags, terminal: Terminal): Promise<number> {
  const sizes = batchSizes(flags.batch);
  const rounds = flags.rounds === undefined ? ROUNDS : numberOrText(flags.rounds);
  checkNumber("cost: --rounds", rounds, { whole: true, atLeast: 3 });
  const machine = { name: flags.backend ?? "auto", threads: numberOrText(flags.threads ?? "1") };
  const { name: backendName } = machine;
  checkChoice("cost: --backend", backendName, backendNames);
  checkNumber("cost: --threads", machine.threads, { whole: true, atLeast: 1, atMost: MOST_THREADS });
  const run = await trainedRun("cost", folder);
  const stream = flags.json ? terminal.err : terminal.out;
  const progress = progressLine(stream, terminal.env);
  const on = await startBackend(backendName, { threads: machine.threads });
  try {
    const { name, instructionSet, threads } = on.info();
    const heading = `${modelTitle(run.model)} of ${folder}; ${name} (${instructionSet}, ${threads} ${threads === 1 ? "thread" : "threads"})`;
    progress.line(wrap(heading, stream.columns));
    const cost = await interruptible(
      terminal,
      () => progress.line("stopping"),
      (signal) => costOfRun(run, folder, { sizes, rounds, small: flags.match !== false, on, progress, signal }),
    );
    progress.clear();
    stream.write(
      `\n${costText(cost, run.model, { ...styleFor(stream, terminal.env), columns: roomFor(stream, flags.wide) })}\n`,
    );
    if (flags.json) terminal.out.write(`${jsonLine({ run: folder, ...cost, made: Object.fromEntries(made(on)) })}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof Interrupted) && (error as Error).name !== "AbortError") throw error;
    progress.clear();
    terminal.err.write("heaviside: stopped; the same command resumes the training of its dense nets\n");
    return STOPPED;
  } finally {
    await on.close();
  }
}

interface Setting {
  readonly sizes: readonly number[];
  readonly rounds: number;
  /** Whether a smaller dense net is looked for. */
  readonly small: boolean;
  readonly on: Backend;
  readonly progress: ProgressLine;
  readonly signal: AbortSignal;
}

async function costOfRun(run: TrainedRun, folder: string, { sizes, rounds, small, on, progress, signal }: Setting) {
  const { data, model, snapshot } = run;
  const { training } = snapshot.identity;
  const found: Match | undefined =
    small && skips(model) && isMatchable(model)
      ? await match({
          ...{ error: snapshot.best.valid.error!, examples: data.valid.size, rate: training.optimizer.rate },
          widest: widestOf(run),
          async train(width, rate) {
            const path = join(folder, "cost", `dense-${width}-rate-${Number(rate.toPrecision(3))}`);
            const { valid } = await train(denseNet(data, width), data, {
              ...{ ...training, optimizer: { ...training.optimizer, rate }, test: "end" },
              ...{ backend: on, signal, runFolder: path, resume: existsSync(join(path, files.checkpoint)) },
              onWarning: ({ message }) => progress.line(`warning: ${message}`),
              onProgress: (at) =>
                progress.update(
                  `a dense net of ${width} units to compare with`,
                  `epoch ${at.epoch}/${at.epochs}`,
                  `${clock(at.secondsLeft)} left of this net`,
                  `${count(at.examplesPerSecond)} examples/s`,
                ),
            });
            return valid.error;
          },
        })
      : undefined;
  const own: Subject = {
    model,
    small: found?.width === undefined ? undefined : denseNet(data, found.width),
    state: snapshot.state,
    params: snapshot.best.params,
    training,
  };
  progress.update("counting");
  const accounts = accountsOf(own, data, on);
  const dense = skips(model) || countsSkipped(accounts) ? everythingEvaluated(model) : undefined;
  // Blocks' weights lie in another way where all are computed; of other networks the dense one has the same parameters.
  const subject: Subject = { ...own, dense, ...(dense && skips(model) && { denseState: freshState(dense, training) }) };
  const timings: Timing[] = [];
  const parts = (["training", "inference"] as const).flatMap((phase) => sizes.map((batch) => ({ phase, batch })));
  for (const [i, { phase, batch }] of parts.entries())
    timings.push(
      await timingOf(subject, data, {
        ...{ phase, batch, backend: on, rounds, seconds: SECONDS },
        onRound: async (done, of) => {
          const rest = (parts.length - i) * of - done;
          progress.update(
            `${phase}, batch ${batch}`,
            `round ${done}/${of}`,
            `${clock(rest * SECONDS * (1 + Number(dense !== undefined) + Number(subject.small !== undefined)))} left`,
          );
          await pause();
          signal.throwIfAborted();
        },
      }),
    );
  return { accounts, timings, ...(found && { match: found }) };
}

/** The units that the blocks have together: a dense net as wide is not smaller. */
const widestOf = ({ model }: TrainedRun): number =>
  model.layers.reduce((sum, { gates }) => sum + (gates ? gates.blocks * gates.width : 0), 0);

function batchSizes(text: string | undefined): readonly number[] {
  if (text === undefined) return BATCHES;
  return text.split(",").map((part) => {
    const size = numberOrText(part.trim());
    checkNumber("cost: --batch", size, { whole: true, atLeast: 1 });
    return size;
  });
}
