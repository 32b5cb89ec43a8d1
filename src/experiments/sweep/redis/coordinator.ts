import { UserError } from "../../../errors.ts";
import { FileError } from "../../../runs/index.ts";
import type { Ended } from "../pool.ts";
import type { Places } from "../scheduling.ts";
import type { Assignment, Outcome } from "../trial.ts";
import type { Connection } from "./client.ts";
import { type Errand, keysLike, keysOf, type ObjectiveFile, type Present, presentOn, queueFor } from "./errand.ts";
import { jobId, openQueue, removeJobs } from "./jobs.ts";
import { layOut, unpacked } from "./luggage.ts";
import { once } from "./open.ts";
import type { Job, JobOptions, Queue, QueueEvents } from "./packages.ts";
import { failedFor, isShare, returnedIn } from "./received.ts";
import { Refusals, refusalOf } from "./refusals.ts";

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
  /** Called after each while in which no worker served the sweep. */
  onNobody(others: readonly Present[]): void;
  say(text: string): void;
}

/** Milliseconds: of the first pause after a process ended, between looks at workers, and of silence after which a job is looked at. */
const [BACKOFF_MS, LOOK_MS, SILENCE_MS] = [1000, 1000, 5000];
/** Milliseconds without a worker after which that is said, and twice as many before it is said again. */
const NOBODY_MS = 30_000;
/** Milliseconds that Redis has to let connections go. */
const CLOSE_MS = 2000;
/** Jobs that wait for each worker's slot, so that none is idle while the next is sent. */
const AHEAD = 8;

/** A job in the queue, and who waits for it. */
interface Waiting {
  readonly errand: Errand;
  settle(ended: Ended): void;
  /** Ends the sweep, whose Redis takes no jobs. */
  reject(error: unknown): void;
  onShare(share: number | undefined): void;
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
  /** When a worker was there last, or its absence was said, and how long that is borne. */
  #nobody = { since: performance.now(), patience: NOBODY_MS };
  readonly #say: (text: string) => void;
  readonly #refusals: Refusals;
  /** Why the sweep can't go on. */
  #failure: { readonly error: unknown } | undefined;
  readonly queues = true;

  constructor(connection: Connection, options: CoordinatorOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#say = once(options.say);
    const onEnd = (error: unknown): void => this.#fail(error);
    this.#refusals = new Refusals(connection, "sweep", { say: options.say, onEnd });
    const { bull, address, another } = connection;
    const name = queueFor(options.objective);
    this.#queue = openQueue(connection, name);
    this.#events = new bull.QueueEvents(name, { prefix: address.prefix, connection: another() });
    this.#events.on("error", (error) => this.#refusals.hear(error));
    this.#events.on("completed", ({ jobId, returnvalue }) => this.#returned(jobId, returnvalue));
    this.#events.on("failed", ({ jobId, failedReason }) => this.#settle(jobId, failedFor(failedReason)));
    this.#events.on("progress", ({ jobId, data }) => this.#progressed(jobId, data));
    this.#events.on("active", ({ jobId }) => this.#waiting.get(jobId)?.onShare(0));
    for (const event of ["waiting", "stalled", "delayed"] as const)
      this.#events.on(event, ({ jobId }) => this.#waiting.get(jobId)?.onShare(undefined));
    this.#looking = setTimeout(() => this.#keepLooking(), LOOK_MS);
  }

  /** Workers that serve this sweep's queue. */
  get workers(): readonly Present[] {
    const name = queueFor(this.#options.objective);
    return this.#present.filter(({ queue }) => queue === name);
  }

  /** Workers that serve another one. */
  get others(): readonly Present[] {
    const own = this.workers;
    return this.#present.filter((one) => !own.includes(one));
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
    this.#present = await presentOn(this.#connection, this.#say);
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
    const closed = Promise.all([this.#queue.close(), this.#events.close()]).catch(() => {});
    // A Redis that is gone lets nothing go: the connection is ended after this.
    let impatience: NodeJS.Timeout | undefined;
    await Promise.race([closed, new Promise((done) => (impatience = setTimeout(done, CLOSE_MS)))]);
    clearTimeout(impatience);
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

  async run(assignment: Assignment, onShare: Waiting["onShare"]): Promise<Ended> {
    if (this.#failure) throw this.#failure.error;
    const errand = this.#errandOf(assignment);
    const { opts } = this.#job(errand);
    const ended = new Promise<Ended>((settle, reject) =>
      this.#waiting.set(opts.jobId, { errand, settle, reject, onShare, heard: performance.now() }),
    );
    // A Redis that is gone is waited for: the job is sent when it is back.
    void this.#send(errand)
      .then(() => (this.#options.resumed ? this.#lookAt(opts.jobId) : undefined))
      .catch((error) => this.#refusals.hear(error));
    try {
      const outcome = await ended;
      if (outcome.state === "lost" || outcome.state === "failed" || errand.work.kind !== "train") return outcome;
      return (await this.#store(assignment)) ?? outcome;
    } finally {
      this.#waiting.delete(opts.jobId);
    }
  }

  async #send(errand: Errand): Promise<void> {
    const { name, data, opts } = this.#job(errand);
    await this.#queue.add(name, data, opts);
    this.#refusals.passed();
  }

  /** Ends the sweep: what waits rejects, and what comes next. */
  #fail(error: unknown): void {
    this.#failure ??= { error };
    for (const { reject } of this.#waiting.values()) reject(this.#failure.error);
  }

  /** Lays out the run folder of a trial in the sweep's own. Gives a failure of the trial where what a worker sent is damaged. */
  async #store({ trial, folder }: Assignment): Promise<Outcome | undefined> {
    const key = keysOf(this.#connection).run(this.#options.sweep, trial.id);
    try {
      const archive = await this.#connection.redis.getBuffer(key);
      if (archive) await layOut(unpacked(archive, "its run folder in Redis"), folder);
      return undefined;
    } catch (error) {
      const isDamaged = error instanceof UserError && !(error instanceof FileError);
      if (!isDamaged && refusalOf(error)?.code !== "WRONGTYPE") throw error;
      return failedFor(`${(error as Error).message}: sweep retry does the trial again`);
    }
  }

  /** Removes what is recorded; a trial that may go on keeps its checkpoint in Redis. */
  async kept({ trial, until, work }: Assignment, { state }: Outcome): Promise<void> {
    await this.#queue.remove(jobId(this.#options.sweep, trial.id, until)).catch(() => {});
    if (state !== "paused" && work.kind === "train")
      await this.#connection.redis.unlink(keysOf(this.#connection).run(this.#options.sweep, trial.id));
  }

  #returned(id: string, text: unknown): void {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    const returned = returnedIn(text, waiting.errand);
    if (returned.state === "cancelled") this.#options.onCancel();
    else waiting.settle(returned);
  }

  #settle(id: string, ended: Ended): void {
    this.#waiting.get(id)?.settle(ended);
  }

  #progressed(id: string, share: unknown): void {
    const waiting = this.#waiting.get(id);
    if (!waiting || !isShare(share)) return;
    waiting.heard = performance.now();
    waiting.onShare(share);
  }

  /** One look after the other: with many jobs one takes longer than the pause between two. */
  async #keepLooking(): Promise<void> {
    await this.#look().catch((error) => this.#refusals.hear(error));
    if (!this.#isClosed) this.#looking = setTimeout(() => this.#keepLooking(), LOOK_MS);
  }

  /** Looks who is there, whether the sweep was cancelled, and at jobs of which nothing was heard for a while. */
  async #look(): Promise<void> {
    const { redis } = this.#connection;
    if (await redis.exists(keysOf(this.#connection).cancelled(this.#options.sweep))) return this.#options.onCancel();
    this.#present = await presentOn(this.#connection, this.#say);
    this.#missWorkers();
    this.#options.onChange();
    const now = performance.now();
    for (const [id, waiting] of this.#waiting)
      if (now - waiting.heard > SILENCE_MS) {
        waiting.heard = now;
        await this.#lookAt(id);
      }
  }

  #missWorkers(): void {
    const now = performance.now();
    if (this.workers.length > 0) this.#nobody = { since: now, patience: NOBODY_MS };
    else if (now - this.#nobody.since > this.#nobody.patience) {
      this.#nobody = { since: now, patience: 2 * this.#nobody.patience };
      this.#options.onNobody(this.others);
    }
  }

  /** What became of a job whose event may have been missed. One that Redis forgot is sent again, and one that can't be read fails. */
  async #lookAt(id: string): Promise<void> {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    let [job, state]: [job: Job | undefined, state: string | undefined] = [undefined, undefined];
    try {
      job = await this.#queue.getJob(id);
      state = await job?.getState();
    } catch (error) {
      if (!(error instanceof SyntaxError) && refusalOf(error)?.code !== "WRONGTYPE") throw error;
      return this.#settle(id, failedFor("its job in Redis is damaged: sweep retry does the trial again"));
    }
    if (job && state === "completed") return this.#foundDone(id, job, waiting);
    if (job && state === "failed") return this.#settle(id, failedFor(job.failedReason));
    if (state === "active") waiting.onShare(0);
    if (job && state !== "unknown") return;
    await this.#send(waiting.errand);
  }

  async #foundDone(id: string, job: Job, { errand }: Waiting): Promise<void> {
    if (returnedIn(job.returnvalue, errand).state !== "cancelled") return this.#returned(id, job.returnvalue);
    // It was cancelled once, and is wanted again.
    await job.remove();
    await this.#send(errand);
  }
}
