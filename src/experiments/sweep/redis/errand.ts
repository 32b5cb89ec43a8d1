import { UserError } from "../../../errors.ts";
import { version } from "../../../report/made.ts";
import type { Assignment, Machine, Outcome } from "../trial.ts";
import type { Connection } from "./client.ts";
import type { Job } from "./packages.ts";

/** What travels to a worker: a trial, without what is the worker's own. */
export interface Errand extends Omit<Assignment, "folder" | "machine"> {
  /** The sweep, among all that the queue ever had. */
  readonly sweep: string;
  readonly backend: Machine["backend"];
}

/** What a worker gives back: an outcome, or that the sweep was cancelled. */
export type Returned = Outcome | { readonly state: "cancelled" };

/** A function that trials call, as a file that sweep and workers each have. */
export interface ObjectiveFile {
  readonly url: string;
  /** SHA-256 of its contents, in hexadecimal digits. */
  readonly sum: string;
}

/**
 * The queue of what workers like this one can do: trainings of this version of the library, or one function. So no worker gets what it can't do, and no
 * code comes by the queue.
 */
export const queueFor = (objective: ObjectiveFile | undefined): string =>
  `${objective ? `function-${objective.sum.slice(0, 16)}` : "trainings"}-${version()}`;

/**
 * What a job asks. Who may write to Redis decides what is trained, and nothing else: no code is named by a job, and no path of this machine to write to.
 * Throws UserError for what no sweep sends.
 */
export function errandOf({ id, data }: Pick<Job, "id" | "data">, objective: ObjectiveFile | undefined): Errand {
  const errand = data as Partial<Errand> | null;
  const kind = objective ? "objective" : "train";
  if (!/^\d{1,9}-[0-9a-f]{8}$/.test(String(errand?.trial?.id)) || errand?.work?.kind !== kind)
    throw new UserError(`worker: job ${id} is no trial of a sweep`);
  return errand as Errand;
}

/** The keys of a sweep, beside those of the queue. */
export const keysOf = ({ key }: Pick<Connection, "key">) => ({
  /** The run folder of a trial, as an archive. */
  run: (sweep: string, trial: string): string => key("run", sweep, trial),
  /** Is there where a sweep was cancelled. */
  cancelled: (sweep: string): string => key("cancelled", sweep),
  /** Says that a worker is there, for some seconds. */
  worker: (id: string): string => key("worker", id),
  /** The ids of all workers, some of which may be gone. */
  workers: key("workers"),
});

/** A worker, as it says itself. */
export interface Present {
  readonly host: string;
  readonly pid: number;
  readonly queue: string;
  /** Trials that it runs at a time. */
  readonly slots: number;
  /** The names of those that it runs now. */
  readonly running: readonly string[];
}

/** The workers that were there in the last seconds. Those that are gone are forgotten. */
export async function presentOn(connection: Connection): Promise<Present[]> {
  const [{ redis }, keys] = [connection, keysOf(connection)];
  const ids = await redis.smembers(keys.workers);
  if (ids.length === 0) return [];
  const texts = await redis.mget(...ids.map(keys.worker));
  const gone = ids.filter((_, i) => texts[i] === null);
  if (gone.length > 0) await redis.srem(keys.workers, ...gone);
  return texts.flatMap((text) => (text === null ? [] : [JSON.parse(text) as Present]));
}

/** The keys that fit a pattern: looks at all keys of the Redis. */
export async function keysLike({ redis }: Pick<Connection, "redis">, pattern: string): Promise<string[]> {
  const found = new Set<string>();
  let cursor = "0";
  do {
    const [next, keys] = await redis.scan(cursor, "MATCH", pattern, "COUNT", 1000);
    for (const key of keys) found.add(key);
    cursor = next;
  } while (cursor !== "0");
  return [...found];
}
