import type { Connection } from "./client.ts";
import { keysLike } from "./errand.ts";
import type { Queue } from "./packages.ts";

/** Events that a queue keeps, for sweeps that were away. */
const EVENTS = 100_000;

/** Opens the queue of a name. */
export function openQueue({ bull, address, another }: Connection, name: string): Queue {
  const streams = { events: { maxLen: EVENTS } };
  const queue = new bull.Queue(name, { connection: another(), prefix: address.prefix, streams });
  // The connection says by itself what is wrong with it.
  queue.on("error", () => {});
  return queue;
}

/** The id of a sweep's job. */
export const jobId = (sweep: string, trial: string, until: number | undefined): string =>
  `${sweep}.${trial}${until === undefined ? "" : `@${until}`}`;

/** Removes the jobs of a sweep that no worker has just now, and gives their number. */
export async function removeJobs(connection: Connection, queue: Queue, name: string, sweep: string): Promise<number> {
  const before = connection.key(name, `${sweep}.`);
  let removed = 0;
  for (const key of await keysLike(connection, `${before}*`)) {
    const id = `${sweep}.${key.slice(before.length)}`;
    // What follows another colon belongs to a job, and is none. One that runs is locked.
    if (!id.includes(":")) removed += await queue.remove(id).catch(() => 0);
  }
  return removed;
}
