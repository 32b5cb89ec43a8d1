import { UserError } from "../../errors.ts";
import { type News, type Order, SWEEP } from "./pool.ts";
import { type Assignment, Executor } from "./trial.ts";

/** Milliseconds between two words about how far a trial is. */
const PACE_MS = 200;

/** Serves the sweep that started this process, until it says to stop or is gone. Throws UserError where no sweep did. */
export async function serveSweep(): Promise<void> {
  if (!process.connected || process.env[SWEEP] !== String(process.ppid))
    throw new UserError(
      "worker: needs --redis, such as redis://127.0.0.1:6379; a sweep without --redis starts its workers by itself",
    );
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
