import { mkdtemp } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { consumeTrials, serveSweep } from "../../experiments/sweep/index.ts";
import { numberOrText } from "../../options/text.ts";
import { checkNumber } from "../../rules.ts";
import { interruptible, type Terminal } from "../terminal.ts";

export interface WorkerFlags {
  readonly redis?: string;
  readonly prefix: string;
  readonly objective?: string;
  readonly workers?: string;
  readonly threads: string;
  readonly silence: string;
}

/** Serves trials that sweeps queue in Redis until Ctrl-C; without --redis, the sweep that started this process. */
export async function workerCommand(flags: WorkerFlags, terminal: Terminal): Promise<number> {
  const { redis, prefix, objective, ...given } = flags;
  if (redis === undefined) {
    await serveSweep();
    return 0;
  }
  const threads = wholeOf("--threads", given.threads, 256);
  const silence = wholeOf("--silence", given.silence, 3600);
  const workers = given.workers === undefined ? usualWorkers(threads) : wholeOf("--workers", given.workers, 1024);
  const say = (text: string): void => void terminal.err.write(`${text}\n`);
  const folder = await mkdtemp(join(tmpdir(), "heaviside-worker-"));
  await interruptible(
    terminal,
    () => say("giving trials back after their step; Ctrl-C again ends at once"),
    (signal) => consumeTrials({ redis, prefix, objective, workers, threads, silence, folder, say }, signal),
  );
  return 0;
}

const usualWorkers = (threads: number): number => Math.max(1, Math.floor(availableParallelism() / threads));

function wholeOf(flag: string, text: string, atMost: number): number {
  const value = numberOrText(text);
  checkNumber(`worker: ${flag}`, value, { whole: true, atLeast: 1, atMost });
  return value;
}
