import { type ChildProcess, fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import type { Places } from "./scheduling.ts";
import type { Assignment, Ended } from "./trial.ts";

export type { Ended, Lost } from "./trial.ts";

/** What a sweep tells a process. */
export type Order = { readonly kind: "run"; readonly assignment: Assignment } | { readonly kind: "stop" };

/** What a process tells its sweep. */
export type News =
  | { readonly kind: "share"; readonly share: number }
  | { readonly kind: "ended"; readonly outcome: Ended; readonly seconds: number }
  | { readonly kind: "broken"; readonly error: string };

/** The command line, which starts in a checkout as in a package. */
const program = fileURLToPath(new URL("../../../bin/heaviside.js", import.meta.url));

/** The variable by which a worker knows the process of its sweep. */
export const SWEEP = "HEAVISIDE_SWEEP";

/** Milliseconds that a process has to stop after its step. */
const GRACE_MS = 10_000;

/** A process that runs trials one after the other. It is started when the first comes, and anew after it died. */
export class Worker {
  /** Seconds that its processes spent in trials which ended. */
  busy = 0;
  #process: ChildProcess | undefined;
  #ended: ((ended: Ended) => void) | undefined;
  #onShare: (share: number) => void = () => {};

  /** The process's number, for those who look after it; undefined before it is started. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** What a trial comes to. One at a time. */
  run(assignment: Assignment, onShare: (share: number) => void): Promise<Ended> {
    this.#onShare = onShare;
    return new Promise((ended) => {
      this.#ended = ended;
      this.#tell({ kind: "run", assignment });
    });
  }

  /** Lets the trial stop after its step, and ends the process. */
  async stop(): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((done) => child.once("exit", done));
    const impatience = setTimeout(() => child.kill("SIGKILL"), GRACE_MS);
    this.#tell({ kind: "stop" });
    await gone;
    clearTimeout(impatience);
  }

  #tell(order: Order): void {
    this.#process ??= this.#start();
    // What can't be sent is said by the process's end.
    this.#process.send?.(order, () => {});
  }

  #start(): ChildProcess {
    // Ctrl-C is the sweep's, which tells its processes.
    const env = { ...process.env, [SWEEP]: String(process.pid) };
    const child = fork(program, ["worker"], {
      ...{ env, detached: true, stdio: ["ignore", "ignore", "pipe", "ipc"] },
      // JSON has no NaN.
      serialization: "advanced",
    });
    let said = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-1000)));
    child.on("message", (news: News) => this.#hear(news));
    // A machine that starts no process starts none for another trial.
    child.on("error", ({ message }) => {
      if (child.pid === undefined) this.#settle({ state: "failed", error: message, ofMachine: true });
      this.#lose(child, message);
    });
    child.on("exit", (code, signal) => {
      const how = signal === null ? `with code ${code}` : `by ${signal}`;
      this.#lose(child, `its process ended ${how}${said === "" ? "" : `: ${said.trim()}`}`);
    });
    return child;
  }

  #hear(news: News): void {
    if (news.kind === "share") this.#onShare(news.share);
    else if (news.kind === "ended") {
      this.busy += news.seconds;
      this.#settle(news.outcome);
    } else if (news.kind === "broken") this.#settle({ state: "failed", error: news.error });
  }

  #lose(child: ChildProcess, error: string): void {
    if (this.#process === child) this.#process = undefined;
    this.#settle({ state: "lost", error });
  }

  #settle(ended: Ended): void {
    const settle = this.#ended;
    this.#ended = undefined;
    settle?.(ended);
  }
}

/** As many processes as have a processor for each of their threads. */
export const usualWorkers = (threads: number): number => Math.max(1, Math.floor(availableParallelism() / threads));

/** Processes of this machine. */
export class Pool implements Places {
  readonly #workers: readonly Worker[];
  readonly #idle: Worker[];

  constructor(size: number) {
    this.#workers = Array.from({ length: size }, () => new Worker());
    this.#idle = [...this.#workers];
  }

  get room(): number {
    return this.#workers.length;
  }

  /** Seconds that all of its processes spent in trials. */
  get busy(): number {
    return this.#workers.reduce((sum, { busy }) => sum + busy, 0);
  }

  async run(assignment: Assignment, onShare: (share: number) => void): Promise<Ended> {
    const worker = this.#idle.pop()!;
    try {
      return await worker.run(assignment, onShare);
    } finally {
      this.#idle.push(worker);
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.stop()));
  }
}
