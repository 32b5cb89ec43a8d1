import { UserError } from "../../../errors.ts";
import { version } from "../../../report/made.ts";
import { show } from "../../../rules.ts";
import type { Assignment, Machine, Outcome } from "../trial.ts";
import type { Connection } from "./client.ts";
import { presentIn } from "./received.ts";

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
  /** Seconds since its last sign. */
  readonly silence: number;
}

/** What Redis says of the life of a key that isn't there. */
const GONE = -2;
/** Seconds that a worker counts as there after its last sign. */
export const ALIVE_S = 12;

/** The workers that were there in the last seconds. Those that are gone are forgotten. `say` receives a line for each key that no worker writes. */
export async function presentOn(connection: Connection, say: (text: string) => void): Promise<Present[]> {
  const [{ redis }, keys] = [connection, keysOf(connection)];
  const ids = await redis.smembers(keys.workers);
  if (ids.length === 0) return [];
  const [texts, lives] = await Promise.all([
    redis.mget(...ids.map(keys.worker)),
    Promise.all(ids.map((id) => redis.pttl(keys.worker(id)))),
  ]);
  const gone = ids.filter((_, i) => texts[i] === null);
  // A replica takes nothing away, and reading is all that is asked of it.
  if (gone.length > 0) await redis.srem(keys.workers, ...gone).catch(() => {});
  return ids.flatMap((id, i) => {
    const [text, life] = [texts[i], lives[i]!];
    if (typeof text !== "string" || life === GONE) return [];
    try {
      return [{ ...presentIn(text, "worker"), silence: silenceOf(life) }];
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      say(`ignored in Redis: ${show(keys.worker(id))} is no worker's: ${error.message}`);
      return [];
    }
  });
}

/** Seconds since a sign, by the milliseconds that Redis keeps it yet. */
function silenceOf(life: number): number {
  if (life < 0 || life > ALIVE_S * 1000) throw new UserError("worker must end by itself where its worker is gone");
  return ALIVE_S - life / 1000;
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
