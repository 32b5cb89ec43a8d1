import { Worker as Thread } from "node:worker_threads";
import { UserError } from "../../errors.ts";
import { type News, type Order, SWEEP } from "./pool.ts";
import { type Assignment, Executor } from "./trial.ts";

/** Milliseconds between two words about how far a trial is. */
const PACE_MS = 200;

/** Milliseconds that a process has to stop after its sweep is gone, and between two looks for it. */
const [GRACE_MS, LOOK_MS] = [5000, 1000];

/** Looks for the sweep's process, and ends this one when it is gone: in a thread, for a trial may never come back to the event loop. */
export const WATCHDOG = `
const { workerData: { sweep, grace, look } } = require("node:worker_threads");
const isGone = () => {
  if (process.ppid !== sweep) return true;
  try { process.kill(sweep, 0); } catch (error) { return error.code === "ESRCH"; }
  return false;
};
setInterval(() => {
  if (isGone()) setTimeout(() => process.kill(process.pid, "SIGKILL"), grace);
}, look);
`;

function watchSweep(): Thread {
  const workerData = { sweep: process.ppid, grace: GRACE_MS, look: LOOK_MS };
  const limits = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 4 };
  const thread = new Thread(WATCHDOG, { eval: true, execArgv: [], env: {}, workerData, resourceLimits: limits });
  // Without it a process serves as well, and ends when its sweep says so.
  thread.on("error", () => {});
  thread.unref();
  return thread;
}

/** Serves the sweep that started this process, until it says to stop or is gone. Throws UserError where no sweep did. */
export async function serveSweep(): Promise<void> {
  if (!process.connected || process.env[SWEEP] !== String(process.ppid))
    throw new UserError(
      "worker: needs --redis, such as redis://127.0.0.1:6379; a sweep without --redis starts its workers by itself",
    );
  const watchdog = watchSweep();
  const [executor, stopping] = [new Executor(), new AbortController()];
  let running = Promise.resolve();
  await new Promise<void>((done) => {
    const stop = () => {
      stopping.abort();
      void running.then(done);
    };
    process.on("disconnect", stop);
    process.on("message", (order: Order) => {
      if (order.kind === "stop") stop();
      else if (!stopping.signal.aborted) running = serve(executor, order.assignment, stopping.signal);
    });
  });
  await executor.end();
  await watchdog.terminate();
  if (process.connected) process.disconnect();
}

function tell(news: News): void {
  if (process.connected) process.send?.(news);
}

async function serve(executor: Executor, assignment: Assignment, signal: AbortSignal): Promise<void> {
  const begun = performance.now();
  let last = begun;
  try {
    const outcome = await executor.run(assignment, signal, (share) => {
      if (performance.now() - last < PACE_MS) return;
      last = performance.now();
      tell({ kind: "share", share });
    });
    tell({ kind: "ended", outcome, seconds: (performance.now() - begun) / 1000 });
  } catch (error) {
    if (signal.aborted) return;
    tell({ kind: "broken", error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
}
