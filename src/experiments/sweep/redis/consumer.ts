import { rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { UserError } from "../../../errors.ts";
import { files, sealed } from "../../../runs/index.ts";
import { type Ended, Worker } from "../pool.ts";
import type { Connection } from "./client.ts";
import { type Errand, errandOf, keysOf, type ObjectiveFile, type Present, queueFor, type Returned } from "./errand.ts";
import { pack, unpack } from "./luggage.ts";
import type { Job } from "./packages.ts";

export interface ConsumerOptions {
  /** Trials that run at a time, one process each. */
  readonly workers: number;
  readonly threads: number;
  /** The function that trials call; without one, trainings are served. */
  readonly objective: ObjectiveFile | undefined;
  /** Where trials train; of this worker alone. */
  readonly folder: string;
  /** Seconds of silence after which this worker's trials go to others. */
  readonly silence: number;
  say(text: string): void;
}

/** How often a trial is taken from workers that fell silent before it is set aside: one that ends whole machines must not go around forever. */
const MOST_SILENT = 25;
const [PROGRESS_MS, CHECKPOINT_MS, SIGN_MS] = [1000, 1000, 3000];
/** Seconds that a worker counts as there after its last sign. */
const ALIVE_S = 12;

/** Serves trials of a queue until the signal; what runs then is given back with its checkpoint. Throws UserError where this machine can't serve. */
export async function consume(connection: Connection, options: ConsumerOptions, signal: AbortSignal): Promise<void> {
  const serving = new Serving(connection, options, signal);
  const { bull, address, another } = connection;
  const queue = queueFor(options.objective);
  const consumer = new bull.Worker(queue, async (job, token, lost) => sealed(await serving.run(job, token, lost)), {
    ...{ connection: another(), prefix: address.prefix, concurrency: options.workers },
    lockDuration: options.silence * 1000,
    stalledInterval: options.silence * 500,
    maxStalledCount: MOST_SILENT,
  });
  // The connection says by itself what is wrong with it.
  consumer.on("error", () => {});
  try {
    await serving.ended();
  } finally {
    await consumer.close();
    await serving.leave();
  }
}

/** A trial that runs here. */
interface Running {
  readonly errand: Errand;
  readonly process: Worker;
  readonly folder: string;
  /** Why it was stopped before its end. */
  stopped?: "cancelled" | "leaving" | "lost";
}

class Serving {
  readonly #connection: Connection;
  readonly #options: ConsumerOptions;
  readonly #signal: AbortSignal;
  readonly #idle: Worker[];
  readonly #running = new Map<string, Running>();
  readonly #id = `${hostname()}-${process.pid}`;
  /** Sweeps that weren't cancelled at the last look, and when that was. */
  readonly #goingOn = new Map<string, number>();
  readonly #signs: NodeJS.Timeout;
  /** Whether a trial came to something here: this machine has what they need. */
  #able = false;
  #unable: (error: UserError) => void = () => {};

  constructor(connection: Connection, options: ConsumerOptions, signal: AbortSignal) {
    this.#connection = connection;
    this.#options = options;
    this.#signal = signal;
    this.#idle = Array.from({ length: options.workers }, () => new Worker());
    this.#signs = setInterval(() => void this.#sign().catch(() => {}), SIGN_MS);
    void this.#sign().catch(() => {});
  }

  /** Resolves after the signal, once what ran is stopped. Rejects where this machine can't serve. */
  async ended(): Promise<void> {
    const leaving = new Promise<void>((done) => {
      if (this.#signal.aborted) done();
      else this.#signal.addEventListener("abort", () => done(), { once: true });
    });
    try {
      await Promise.race([leaving, new Promise<never>((_, reject) => (this.#unable = reject))]);
    } finally {
      await Promise.all([...this.#running.values()].map((running) => stop(running, "leaving")));
    }
  }

  /** Takes leave: processes end, and nobody counts on this worker any more. */
  async leave(): Promise<void> {
    clearInterval(this.#signs);
    await Promise.all(this.#idle.map((process) => process.stop()));
    await this.#connection.redis.unlink(keysOf(this.#connection).worker(this.#id)).catch(() => {});
  }

  async run(job: Job, token: string | undefined, lost: AbortSignal | undefined): Promise<Returned> {
    const errand = errandOf(job, this.#options.objective);
    if (await this.#isCancelled(errand.sweep)) return { state: "cancelled" };
    const process = this.#idle.pop()!;
    const running: Running = { errand, process, folder: join(this.#options.folder, errand.trial.id) };
    this.#running.set(job.id!, running);
    const onLost = (): void => void stop(running, "lost");
    lost?.addEventListener("abort", onLost, { once: true });
    try {
      const ended = await this.#train(job, running);
      if (running.stopped === "cancelled") return { state: "cancelled" };
      if (running.stopped === "leaving") return await this.#giveBack(job, token);
      if (ended.state === "lost") throw new Error(ended.error);
      if (ended.state !== "failed") this.#able = true;
      else if (ended.lacking && !this.#able) {
        this.#unable(new UserError(`worker: ${errand.trial.name}: ${ended.error}`));
        return await this.#giveBack(job, token);
      }
      return ended;
    } finally {
      lost?.removeEventListener("abort", onLost);
      this.#running.delete(job.id!);
      this.#idle.push(process);
      if (!this.#options.objective) await rm(running.folder, { recursive: true, force: true });
    }
  }

  /** Gives a job back for another worker, which counts as no attempt. */
  async #giveBack(job: Job, token: string | undefined): Promise<never> {
    await job.moveToWait(token);
    throw new this.#connection.bull.WaitingError();
  }

  async #train(job: Job, running: Running): Promise<Ended> {
    const { errand, process, folder } = running;
    const { backend, sweep: _, ...assignment } = errand;
    const { threads, objective } = this.#options;
    const work = objective ? ({ kind: "objective", url: objective.url } as const) : assignment.work;
    if (!objective) await this.#fetch(errand, folder);
    const checkpoints = objective ? undefined : this.#sending(errand, folder);
    let said = performance.now();
    const onShare = (share: number): void => {
      if (performance.now() - said < PROGRESS_MS) return;
      said = performance.now();
      void job.updateProgress(share).catch(() => {});
    };
    const watch = setInterval(() => void this.#stopCancelled(running).catch(() => {}), PROGRESS_MS);
    try {
      return await process.run({ ...assignment, work, folder, machine: { backend, threads } }, onShare);
    } finally {
      clearInterval(watch);
      await checkpoints?.end();
    }
  }

  /** Lays out what an earlier worker has left of a trial. What can't be read is trained anew, to the same numbers. */
  async #fetch({ sweep, trial }: Errand, folder: string): Promise<void> {
    const key = keysOf(this.#connection).run(sweep, trial.id);
    const archive = await this.#connection.redis.getBuffer(key);
    await rm(folder, { recursive: true, force: true });
    if (!archive) return;
    try {
      await unpack(archive, folder, key);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.#options.say(`${error.message}: trial ${trial.number} begins anew`);
    }
  }

  /** Sends each new checkpoint of a trial to Redis, where another worker finds it. */
  #sending({ sweep, trial }: Errand, folder: string) {
    const key = keysOf(this.#connection).run(sweep, trial.id);
    let [sent, last] = [0, Promise.resolve()];
    const send = async (): Promise<void> => {
      const { mtimeMs } = await stat(join(folder, files.checkpoint)).catch(() => ({ mtimeMs: 0 }));
      if (mtimeMs === sent) return;
      const archive = await pack(folder);
      if (archive) await this.#connection.redis.set(key, archive);
      sent = mtimeMs;
    };
    // Without its checkpoint a trial begins anew elsewhere: a Redis that is full costs time, and no trial.
    const next = (): Promise<void> =>
      (last = last.then(send).catch(({ message }) => this.#options.say(`checkpoint not sent: ${message}`)));
    const timer = setInterval(next, CHECKPOINT_MS);
    return {
      async end(): Promise<void> {
        clearInterval(timer);
        sent = 0;
        await next();
      },
    };
  }

  async #stopCancelled(running: Running): Promise<void> {
    if (await this.#isCancelled(running.errand.sweep)) await stop(running, "cancelled");
  }

  /** Whether a sweep was cancelled, as of a second ago: trials may be shorter than the way to Redis. */
  async #isCancelled(sweep: string): Promise<boolean> {
    if (performance.now() - (this.#goingOn.get(sweep) ?? Number.NEGATIVE_INFINITY) < PROGRESS_MS) return false;
    if ((await this.#connection.redis.exists(keysOf(this.#connection).cancelled(sweep))) > 0) return true;
    this.#goingOn.set(sweep, performance.now());
    return false;
  }

  async #sign(): Promise<void> {
    const { workers, objective } = this.#options;
    const present: Present = {
      ...{ host: hostname(), pid: process.pid, queue: queueFor(objective), slots: workers },
      running: [...this.#running.values()].map(({ errand }) => errand.trial.name),
    };
    const { redis } = this.#connection;
    await redis.set(keysOf(this.#connection).worker(this.#id), JSON.stringify(present), "EX", ALIVE_S);
    await redis.sadd(keysOf(this.#connection).workers, this.#id);
  }
}

async function stop(running: Running, why: NonNullable<Running["stopped"]>): Promise<void> {
  running.stopped ??= why;
  await running.process.stop();
}
