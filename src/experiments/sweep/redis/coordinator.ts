import { unsealed } from "../../../runs/index.ts";
import type { Ended } from "../pool.ts";
import type { Places } from "../scheduling.ts";
import type { Assignment, Failed, Outcome } from "../trial.ts";
import type { Connection } from "./client.ts";
import {
  type Errand,
  keysLike,
  keysOf,
  type ObjectiveFile,
  type Present,
  presentOn,
  queueFor,
  type Returned,
} from "./errand.ts";
import { jobId, openQueue, removeJobs } from "./jobs.ts";
import { unpack } from "./luggage.ts";
import type { Job, JobOptions, Queue, QueueEvents } from "./packages.ts";

export interface CoordinatorOptions {
  /** The sweep's name in the queue, which no other has. */
  readonly sweep: string;
  /** Whether the queue may have jobs of it already. */
  readonly resumed: boolean;
  readonly objective: ObjectiveFile | undefined;
  /** How often a trial is begun again whose process ended. */
  readonly retries: number;
  /** Trials that are queued at a time; undefined: as many as keep the workers busy. */
  readonly ahead: number | undefined;
  /** Whether what is tried next depends on what came out: then no more are queued than workers run. */
  readonly adaptive: boolean;
  /** Called when it was cancelled elsewhere. */
  onCancel(): void;
  /** Called when workers come or go. */
  onChange(): void;
}

/** Milliseconds: of the first pause after a process ended, between looks at workers, and of silence after which a job is looked at. */
const [BACKOFF_MS, LOOK_MS, SILENCE_MS] = [1000, 1000, 5000];
/** Jobs that wait for each worker's slot, so that none is idle while the next is sent. */
const AHEAD = 8;

/** A job in the queue, and who waits for it. */
interface Waiting {
  readonly errand: Errand;
  settle(ended: Ended): void;
  onShare(share: number): void;
  /** When something was last heard of it. */
  heard: number;
}

/** Puts trials into the queue, and hears what workers make of them. */
export class Coordinator implements Places {
  readonly #connection: Connection;
  readonly #options: CoordinatorOptions;
  readonly #queue: Queue;
  readonly #events: QueueEvents;
  readonly #waiting = new Map<string, Waiting>();
  /** The next look, or the last one where it was closed meanwhile. */
  #looking: NodeJS.Timeout;
  #isClosed = false;
  #present: readonly Present[] = [];

  constructor(connection: Connection, options: CoordinatorOptions) {
    this.#connection = connection;
    this.#options = options;
    const { bull, address, another } = connection;
    const name = queueFor(options.objective);
    this.#queue = openQueue(connection, name);
    this.#events = new bull.QueueEvents(name, { prefix: address.prefix, connection: another() });
    this.#events.on("error", () => {});
    this.#events.on("completed", ({ jobId, returnvalue }) => this.#returned(jobId, returnvalue));
    this.#events.on("failed", ({ jobId, failedReason }) => this.#settle(jobId, failedFor(failedReason)));
    this.#events.on("progress", ({ jobId, data }) => this.#progressed(jobId, data));
    this.#looking = setTimeout(() => this.#keepLooking(), LOOK_MS);
  }

  /** Workers that serve this sweep's queue. */
  get workers(): readonly Present[] {
    const name = queueFor(this.#options.objective);
    return this.#present.filter(({ queue }) => queue === name);
  }

  /** How many trials may be in the queue and at work now. */
  get room(): number {
    const slots = this.workers.reduce((sum, { slots }) => sum + slots, 0);
    const { adaptive, ahead = Math.max(1, slots) * AHEAD } = this.#options;
    return adaptive ? Math.max(1, slots) : ahead;
  }

  /** Looks who is there, and takes back an earlier cancellation. */
  async begin(): Promise<void> {
    const { redis } = this.#connection;
    await redis.unlink(keysOf(this.#connection).cancelled(this.#options.sweep));
    this.#present = await presentOn(this.#connection);
  }

  async stop(): Promise<void> {
    for (const { settle } of this.#waiting.values()) settle({ state: "lost", error: "the sweep was stopped" });
  }

  /** Removes what the sweep has in Redis. */
  async tidy(): Promise<void> {
    const { sweep, objective } = this.#options;
    await removeJobs(this.#connection, this.#queue, queueFor(objective), sweep);
    const runs = await keysLike(this.#connection, keysOf(this.#connection).run(sweep, "*"));
    if (runs.length > 0) await this.#connection.redis.unlink(...runs);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#looking);
    await Promise.all([this.#queue.close(), this.#events.close()]);
  }

  #errandOf({ folder: _, machine: { backend }, ...rest }: Assignment): Errand {
    return { ...rest, sweep: this.#options.sweep, backend };
  }

  #job(errand: Errand): { name: string; data: Errand; opts: JobOptions } {
    const opts = {
      jobId: jobId(errand.sweep, errand.trial.id, errand.until),
      attempts: this.#options.retries + 1,
      backoff: { type: "exponential", delay: BACKOFF_MS },
    } as const;
    return { name: errand.trial.name, data: errand, opts };
  }

  async run(assignment: Assignment, onShare: (share: number) => void): Promise<Ended> {
    const errand = this.#errandOf(assignment);
    const { name, data, opts } = this.#job(errand);
    const ended = new Promise<Ended>((settle) =>
      this.#waiting.set(opts.jobId, { errand, settle, onShare, heard: performance.now() }),
    );
    // A Redis that is gone is waited for: the job is sent when it is back.
    void this.#queue
      .add(name, data, opts)
      .then(() => (this.#options.resumed ? this.#lookAt(opts.jobId) : undefined))
      .catch(() => {});
    const outcome = await ended;
    this.#waiting.delete(opts.jobId);
    if (outcome.state !== "lost" && errand.work.kind === "train") await this.#store(assignment);
    return outcome;
  }

  /** Lays out the run folder of a trial in the sweep's own. */
  async #store({ trial, folder }: Assignment): Promise<void> {
    const key = keysOf(this.#connection).run(this.#options.sweep, trial.id);
    const archive = await this.#connection.redis.getBuffer(key);
    if (archive) await unpack(archive, folder, key);
  }

  /** Removes what is recorded; a trial that may go on keeps its checkpoint in Redis. */
  async kept({ trial, until, work }: Assignment, { state }: Outcome): Promise<void> {
    await this.#queue.remove(jobId(this.#options.sweep, trial.id, until)).catch(() => {});
    if (state !== "paused" && work.kind === "train")
      await this.#connection.redis.unlink(keysOf(this.#connection).run(this.#options.sweep, trial.id));
  }

  #returned(id: string, text: unknown): void {
    const returned = returnedIn(id, text);
    if (returned.state === "cancelled") this.#options.onCancel();
    else this.#settle(id, returned);
  }

  #settle(id: string, ended: Ended): void {
    this.#waiting.get(id)?.settle(ended);
  }

  #progressed(id: string, share: unknown): void {
    const waiting = this.#waiting.get(id);
    if (!waiting || typeof share !== "number") return;
    waiting.heard = performance.now();
    waiting.onShare(share);
  }

  /** One look after the other: with many jobs one takes longer than the pause between two. */
  async #keepLooking(): Promise<void> {
    await this.#look().catch(() => {});
    if (!this.#isClosed) this.#looking = setTimeout(() => this.#keepLooking(), LOOK_MS);
  }

  /** Looks who is there, whether the sweep was cancelled, and at jobs of which nothing was heard for a while. */
  async #look(): Promise<void> {
    const { redis } = this.#connection;
    if (await redis.exists(keysOf(this.#connection).cancelled(this.#options.sweep))) return this.#options.onCancel();
    this.#present = await presentOn(this.#connection);
    this.#options.onChange();
    const now = performance.now();
    for (const [id, waiting] of this.#waiting)
      if (now - waiting.heard > SILENCE_MS) {
        waiting.heard = now;
        await this.#lookAt(id);
      }
  }

  /** What became of a job whose event may have been missed. One that Redis forgot is sent again. */
  async #lookAt(id: string): Promise<void> {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    const job = await this.#queue.getJob(id);
    const state = await job?.getState();
    if (job && state === "completed") return this.#foundDone(id, job, waiting);
    if (job && state === "failed") return this.#settle(id, failedFor(job.failedReason));
    if (job && state !== "unknown") return;
    const { name, data, opts } = this.#job(waiting.errand);
    await this.#queue.add(name, data, opts);
  }

  async #foundDone(id: string, job: Job, { errand }: Waiting): Promise<void> {
    if (returnedIn(id, job.returnvalue).state !== "cancelled") return this.#returned(id, job.returnvalue);
    // It was cancelled once, and is wanted again.
    await job.remove();
    const { name, data, opts } = this.#job(errand);
    await this.#queue.add(name, data, opts);
  }
}

const failedFor = (error: string): Failed => ({ state: "failed", error });

/** What a worker gave back; what no worker of ours gives is a failure. */
function returnedIn(id: string, text: unknown): Returned {
  try {
    return unsealed(String(text), { name: `job ${id}`, fix: "sweep retry does it again" }) as Returned;
  } catch (error) {
    return failedFor((error as Error).message);
  }
}
