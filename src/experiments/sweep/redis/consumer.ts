import { rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { UserError } from "../../../errors.ts";
import { FileError, fileError, files, sealed } from "../../../runs/index.ts";
import { type Ended, Worker } from "../pool.ts";
import { said } from "../ranking.ts";
import type { Connection } from "./client.ts";
import { ALIVE_S, type Errand, keysOf, type ObjectiveFile, type Present, queueFor, type Returned } from "./errand.ts";
import { layOut, pack, unpacked } from "./luggage.ts";
import type { Job } from "./packages.ts";
import { errandOf } from "./received.ts";
import { Refusals, refusalOf } from "./refusals.ts";

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
  /** Called at the end where what waits for a Redis that is gone holds this process. */
  onHeld(): void;
}

/** How often a trial is taken from workers that fell silent before it is set aside: one that ends whole machines must not go around forever. */
const MOST_SILENT = 25;
const [PROGRESS_MS, CHECKPOINT_MS, SIGN_MS] = [1000, 1000, 3000];
/** Milliseconds that Redis has to take back what ran, once it has stopped. */
const LEAVE_MS = 3000;

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
  // What is wrong with the connection, it says by itself.
  consumer.on("error", (error) => serving.hear(error));
  try {
    await serving.ended();
  } finally {
    // A Redis that is gone takes nothing back: what waits for it ends, and others have the trials after this worker's silence.
    const impatience = setTimeout(() => {
      options.say(`Redis doesn't answer: other workers have the trials after ${options.silence} s`);
      void connection.close();
    }, LEAVE_MS);
    const left = consumer.close().then(() => serving.leave());
    const hasLeft = await Promise.race([left.then(() => true), after(2 * LEAVE_MS).then(() => false)]);
    clearTimeout(impatience);
    await serving.end();
    if (!hasLeft) options.onHeld();
  }
}

/** Holds no process. */
const after = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms).unref());

/** A trial that runs here. */
interface Running {
  readonly errand: Errand;
  readonly process: Worker;
  /** Of this run alone: the same trial may come a second time before the first has stopped, and two sweeps may have equal ones. */
  readonly folder: string;
  /** Why it was stopped before its end. */
  stopped?: "cancelled" | "leaving" | "lost";
}

/** A trial whose process ended: it may be begun again as often as its sweep allows. */
class Broken extends Error {}
/** A trial that is for another worker, by no fault of its own. */
class GivenBack extends Error {}

class Serving {
  readonly #connection: Connection;
  readonly #options: ConsumerOptions;
  readonly #signal: AbortSignal;
  readonly #idle: Worker[];
  readonly #running = new Set<Running>();
  readonly #id = `${hostname()}-${process.pid}`;
  /** Sweeps that weren't cancelled at the last look, and when that was. */
  readonly #goingOn = new Map<string, number>();
  readonly #signs: NodeJS.Timeout;
  readonly #refusals: Refusals;
  /** Trials that were begun here. */
  #begun = 0;
  /** Whether a trial came to something here: this machine has what they need. */
  #able = false;
  #unable: (error: unknown) => void = () => {};
  readonly #isUnable: Promise<never>;

  constructor(connection: Connection, options: ConsumerOptions, signal: AbortSignal) {
    this.#connection = connection;
    this.#options = options;
    this.#signal = signal;
    this.#isUnable = new Promise<never>((_, reject) => (this.#unable = reject));
    this.#isUnable.catch(() => {});
    this.#refusals = new Refusals(connection, "worker", { say: options.say, onEnd: (error) => this.#unable(error) });
    this.#idle = Array.from({ length: options.workers }, () => new Worker());
    this.#signs = setInterval(() => void this.#sign(), SIGN_MS);
    void this.#sign();
  }

  /** What became of a command. */
  hear(error: unknown): void {
    this.#refusals.hear(error);
  }

  /** Resolves after the signal, once what ran is stopped. Rejects where this machine can't serve. */
  async ended(): Promise<void> {
    const leaving = new Promise<void>((done) => {
      if (this.#signal.aborted) done();
      else this.#signal.addEventListener("abort", () => done(), { once: true });
    });
    try {
      await Promise.race([leaving, this.#isUnable]);
    } finally {
      await Promise.all([...this.#running].map((running) => stop(running, "leaving")));
    }
  }

  /** Takes leave: nobody counts on this worker any more. */
  async leave(): Promise<void> {
    clearInterval(this.#signs);
    await this.#connection.redis.unlink(keysOf(this.#connection).worker(this.#id)).catch(() => {});
  }

  /** Ends what holds this process. */
  async end(): Promise<void> {
    clearInterval(this.#signs);
    await Promise.all(this.#idle.map((process) => process.stop()));
  }

  /** Runs a job to what its trial came to. Rejects with what is the trial's own fault; for any other the job goes back. */
  async run(job: Job, token: string | undefined, lost: AbortSignal | undefined): Promise<Returned> {
    const errand = errandOf(job, this.#options.objective);
    try {
      return await this.#run(job, errand, lost);
    } catch (error) {
      if (error instanceof Broken) throw error;
      // Redis is waited for; what else fails here fails with each trial.
      if (refusalOf(error)) this.hear(error);
      else if (error instanceof UserError) this.#unable(error);
      else if (!(error instanceof GivenBack) && !isConnection(error)) throw error;
      return await this.#giveBack(job, token);
    }
  }

  async #run(job: Job, errand: Errand, lost: AbortSignal | undefined): Promise<Returned> {
    if (await this.#isCancelled(errand.sweep)) return { state: "cancelled" };
    const process = this.#idle.pop()!;
    const folder = join(this.#options.folder, `${this.#begun++}-${errand.trial.id}`);
    const running: Running = { errand, process, folder };
    this.#running.add(running);
    const onLost = (): void => void stop(running, "lost");
    lost?.addEventListener("abort", onLost, { once: true });
    try {
      const ended = await this.#train(job, running);
      this.#options.say(
        `${errand.sweep}, trial ${errand.trial.number}: ${errand.trial.name}: ${cameTo(ended, running)}`,
      );
      if (running.stopped === "cancelled") return { state: "cancelled" };
      if (running.stopped === "leaving" && ended.state === "lost") throw new GivenBack();
      if (ended.state === "lost") throw new Broken(ended.error);
      if (ended.state !== "failed") this.#able = true;
      else if (ended.ofMachine || (ended.lacking && !this.#able))
        throw new UserError(`worker: ${errand.trial.name}: ${ended.error}`);
      return ended;
    } finally {
      lost?.removeEventListener("abort", onLost);
      this.#running.delete(running);
      this.#idle.push(process);
      await removed(folder).catch(() => {});
    }
  }

  /** Gives a job back for another worker, which counts as no attempt. Where Redis doesn't take it, others have it after this worker's silence. */
  async #giveBack(job: Job, token: string | undefined): Promise<never> {
    await job.moveToWait(token).catch((error) => this.hear(error));
    throw new this.#connection.bull.WaitingError();
  }

  async #train(job: Job, running: Running): Promise<Ended> {
    const { errand, process, folder } = running;
    const { backend, sweep: _, ...assignment } = errand;
    const { threads, objective } = this.#options;
    if (!objective) await this.#fetch(errand, folder);
    const checkpoints = objective ? undefined : this.#sending(errand, folder);
    let last = performance.now();
    const onShare = (share: number): void => {
      if (performance.now() - last < PROGRESS_MS) return;
      last = performance.now();
      void job.updateProgress(share).catch((error) => this.hear(error));
    };
    const watch = setInterval(() => void this.#stopCancelled(running).catch(() => {}), PROGRESS_MS);
    try {
      return await process.run({ ...assignment, folder, machine: { backend, threads } }, onShare);
    } finally {
      clearInterval(watch);
      // Who lost a trial to another worker must not write over what that one has sent.
      await checkpoints?.end(running.stopped !== "lost");
    }
  }

  /** Lays out what an earlier worker has left of a trial. What can't be read is trained anew, to the same numbers. */
  async #fetch({ sweep, trial }: Errand, folder: string): Promise<void> {
    const key = keysOf(this.#connection).run(sweep, trial.id);
    try {
      const archive = await this.#connection.redis.getBuffer(key);
      if (archive) await layOut(unpacked(archive, key), folder);
    } catch (error) {
      const isRefused = refusalOf(error)?.code === "WRONGTYPE";
      if (!isRefused && (!(error instanceof UserError) || error instanceof FileError)) throw error;
      this.#options.say(`${(error as Error).message}: trial ${trial.number} begins anew`);
      await removed(folder);
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
      (last = last.then(send).catch((error: Error) => {
        if (refusalOf(error)) this.hear(error);
        else if (!isConnection(error)) this.#options.say(`checkpoint not sent: ${error.message}`);
      }));
    const timer = setInterval(next, CHECKPOINT_MS);
    return {
      async end(isOurs: boolean): Promise<void> {
        clearInterval(timer);
        if (!isOurs) return await last;
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
    const present: Omit<Present, "silence"> = {
      ...{ host: hostname(), pid: process.pid, queue: queueFor(objective), slots: workers },
      running: [...this.#running].map(({ errand }) => errand.trial.name),
    };
    const { redis } = this.#connection;
    try {
      await redis.set(keysOf(this.#connection).worker(this.#id), JSON.stringify(present), "EX", ALIVE_S);
      await redis.sadd(keysOf(this.#connection).workers, this.#id);
      this.#refusals.passed();
    } catch (error) {
      this.hear(error);
    }
  }
}

async function stop(running: Running, why: NonNullable<Running["stopped"]>): Promise<void> {
  running.stopped ??= why;
  await running.process.stop();
}

const removed = (folder: string): Promise<void> =>
  rm(folder, { recursive: true, force: true }).catch((error) => {
    throw fileError("remove", folder, error);
  });

/** What became of a trial here, in words. */
function cameTo(ended: Ended, { stopped }: Running): string {
  if (ended.state === "failed") return `failed: ${ended.error.split("\n", 1)[0]}`;
  if (ended.state !== "lost")
    return `${ended.state === "done" ? "done" : "paused"}, ${ended.metric} ${said(ended)}, ${ended.seconds.toFixed(1)} s`;
  return stopped === undefined ? ended.error : stops[stopped];
}

const stops: { readonly [why in NonNullable<Running["stopped"]>]: string } = {
  cancelled: "stopped, its sweep was cancelled",
  leaving: "given back, for another worker",
  lost: "stopped, another worker has it after this one was silent",
};

/** Whether an error only says that the connection was ended here. */
const isConnection = (error: unknown): boolean => error instanceof Error && /Connection is closed/.test(error.message);
