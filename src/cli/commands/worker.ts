import { consumeTrials, serveSweep, usualWorkers } from "../../experiments/sweep/index.ts";
import { wholeIn } from "../flags.ts";
import { interruptible, type Terminal } from "../terminal.ts";

export interface WorkerFlags {
  readonly redis?: string;
  readonly prefix: string;
  readonly objective?: string;
  readonly workers?: string;
  readonly threads: string;
  readonly silence: string;
}

/** Milliseconds for the last words of a process that must be ended. */
const HELD_MS = 500;

/** Serves trials that sweeps queue in Redis until Ctrl-C; without --redis, the sweep that started this process. */
export async function workerCommand(flags: WorkerFlags, terminal: Terminal): Promise<number> {
  const { redis, prefix, objective, ...given } = flags;
  if (redis === undefined) {
    await serveSweep();
    return 0;
  }
  const threads = wholeIn("worker: --threads", given.threads, 256);
  const silence = wholeIn("worker: --silence", given.silence, 3600);
  const workers =
    given.workers === undefined ? usualWorkers(threads) : wholeIn("worker: --workers", given.workers, 1024);
  const say = (text: string): void => void terminal.err.write(`${text}\n`);
  // Once the command has set its exit code, and said what was to be said.
  const onHeld = (): void => void setTimeout(() => process.exit(), HELD_MS);
  await interruptible(
    terminal,
    () => say("giving trials back after their step; Ctrl-C again ends at once"),
    (signal) => consumeTrials({ redis, prefix, objective, workers, threads, silence, say, onHeld }, signal),
  );
  return 0;
}
