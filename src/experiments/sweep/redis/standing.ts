import type { SweepPlan } from "../plan.ts";
import { addressOf } from "./address.ts";
import type { Connection } from "./client.ts";
import { keysOf, type Present, presentOn, queueFor } from "./errand.ts";
import { openQueue, removeJobs } from "./jobs.ts";
import { connectSaying, objectiveOf, once, type QueueFile, workerCommand } from "./open.ts";
import { refusedBy } from "./refusals.ts";

/** What a queue says of a sweep's trials. */
export interface Standing {
  /** Jobs of all sweeps of this queue by what they wait for. */
  readonly counts: { readonly [state: string]: number };
  readonly workers: readonly Present[];
  readonly isCancelled: boolean;
  /** The command that serves the sweep. */
  readonly serve: string;
}

/** Opens the queue of a stored sweep for `work`. @param url another address of the same Redis, such as one with a password */
async function onQueue<T>(
  subject: string,
  { redis, prefix }: QueueFile,
  url: string | undefined,
  say: (text: string) => void,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = await connectSaying(subject, addressOf(`${subject}: --redis`, url ?? redis, prefix), say);
  try {
    return await work(connection);
  } catch (error) {
    throw refusedBy(connection, subject, error);
  } finally {
    await connection.close();
  }
}

/** How a sweep stands in its queue. Throws UserError where Redis isn't there. */
export const standingOf = (plan: SweepPlan, queue: QueueFile, url: string | undefined, say: (text: string) => void) =>
  onQueue("sweep status", queue, url, say, async (connection): Promise<Standing> => {
    const objective = await objectiveOf(plan);
    const name = queueFor(objective);
    return {
      serve: workerCommand(objective, connection.address),
      counts: await openQueue(connection, name).getJobCounts("waiting", "active", "delayed"),
      workers: (await presentOn(connection, once(say))).filter(({ queue }) => queue === name),
      isCancelled: (await connection.redis.exists(keysOf(connection).cancelled(queue.sweep))) > 0,
    };
  });

/** Takes a sweep's trials out of its queue and stops those that run; gives the number of jobs that were waiting. */
export const cancelQueued = (plan: SweepPlan, queue: QueueFile, url: string | undefined, say: (text: string) => void) =>
  onQueue("sweep cancel", queue, url, say, async (connection): Promise<number> => {
    // Said first, so that what isn't removed any more is not begun.
    await connection.redis.set(keysOf(connection).cancelled(queue.sweep), new Date().toISOString());
    const name = queueFor(await objectiveOf(plan));
    return removeJobs(connection, openQueue(connection, name), name, queue.sweep);
  });
