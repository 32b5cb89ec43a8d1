import { bar } from "../engine/screen.ts";
import type { Keeping, TaskProgress } from "../engine/tasks.ts";
import { Halver, type Job } from "./halving.ts";
import { numbersOf, recordId, type SweepPlan, type Trial, trialOf, trialsIn } from "./plan.ts";
import type { Ended } from "./pool.ts";
import type { Assignment, Machine, Outcome } from "./trial.ts";

/** What a job of a trial left. */
export type TrialRecord = Outcome & {
  readonly trial: number;
  readonly rung: number;
  readonly name: string;
  readonly point: Trial["point"];
  readonly seed: number;
};

/** What runs trials: processes of this machine, or workers of a queue. */
export interface Places {
  /** How many trials may run now. */
  readonly room: number;
  /** Whether a trial may wait there before it begins: its first share says that it has, and undefined that it waits again. */
  readonly queues?: boolean;
  run(assignment: Assignment, onShare: (share: number | undefined) => void): Promise<Ended>;
  /** Called once the record of a trial is kept. */
  kept?(assignment: Assignment, outcome: Outcome): Promise<void>;
  /** Ends what runs: its promises settle as lost. */
  stop(): Promise<void>;
}

export interface ScheduleOptions {
  /** How often a trial is begun again whose process ended. */
  readonly retries: number;
  /** Where the trials run. */
  readonly machine: Machine;
  /** The folder of a trial's checkpoints. */
  folderOf(trial: Trial): string;
  /** Milliseconds before a trial is begun again the first time; twice as many before the next. */
  readonly backoff?: number;
  /** In words, beside the number of trials. */
  words?(): readonly string[];
  /** Lines about what has ended, above the progress. */
  rows?(): readonly string[];
}

const BACKOFF_MS = 1000;
const MOST_BACKOFF_MS = 30_000;
/** Trials that are shown while they run. */
const ROWS = 8;

/** A job that a place has. */
interface Running {
  readonly job: Job;
  readonly trial: Trial;
  /** The share of its training that is done; undefined: it waits. */
  share: number | undefined;
}

/** The lower, the better; NaN where there is nothing to compare. */
export const scoreOf = (record: Outcome): number =>
  record.state === "failed" ? Number.NaN : record.better === "lower" ? record.value : -record.value;

/** Gives the trials of a plan to places, and keeps what they come to. */
export class Schedule {
  readonly #plan: SweepPlan;
  readonly #places: Places;
  readonly #options: ScheduleOptions;
  readonly #keeping: Keeping<TrialRecord>;
  readonly #halver: Halver;
  readonly #records = new Map<string, TrialRecord>();
  /** Trials of which a job has ended. */
  readonly #tried = new Set<number>();
  /** Jobs whose process ended, and how often it did. */
  readonly #again: (readonly [job: Job, lost: number])[] = [];
  /** Of the jobs that run: how far they are. */
  readonly #running = new Set<Running>();
  /** Jobs that wait for their next attempt. */
  readonly #resting = new Set<NodeJS.Timeout>();
  #wake = (): void => {};
  readonly #started = performance.now();
  /** Work that an earlier run of the sweep did. */
  #before = 0;
  #done = 0;
  /** What ended the schedule before its trials had: nothing is recorded any more. */
  #failure: { readonly error: unknown } | undefined;

  constructor(plan: SweepPlan, places: Places, options: ScheduleOptions, keeping: Keeping<TrialRecord>) {
    this.#plan = plan;
    this.#places = places;
    this.#options = options;
    this.#keeping = keeping;
    this.#halver = new Halver(numbersOf(plan), plan.halving ?? { eta: 2, rungs: [0] });
    for (const [id, record] of keeping.known) {
      this.#report(id, record);
      this.#before = this.#done;
    }
  }

  /**
   * The records of all jobs, by trial and rung. Rejects with the signal's reason, and with what a place rejects with; all places have stopped
   * then, and nothing is recorded of what they stopped.
   */
  async run(): Promise<TrialRecord[]> {
    const { signal } = this.#keeping;
    const begun = new Set<Promise<void>>();
    const change = () => this.change();
    signal.addEventListener("abort", change, { once: true });
    try {
      while (!signal.aborted && !this.#failure) {
        const changed = new Promise<void>((wake) => (this.#wake = wake));
        for (const [job, lost] of this.#nextJobs()) {
          const doing = this.#do(job, lost)
            .catch((error: unknown) => {
              this.#failure ??= { error };
            })
            .finally(() => {
              begun.delete(doing);
              this.change();
            });
          begun.add(doing);
        }
        if (begun.size + this.#resting.size === 0) break;
        await changed;
      }
    } finally {
      signal.removeEventListener("abort", change);
      for (const rest of this.#resting) clearTimeout(rest);
      await this.#places.stop();
      await Promise.all(begun);
    }
    signal.throwIfAborted();
    if (this.#failure) throw this.#failure.error;
    return [...this.#records.values()].sort((a, b) => a.trial - b.trial || a.rung - b.rung);
  }

  /** Something changed for what is to be begun: there is more room. */
  change(): void {
    this.#wake();
  }

  /** The jobs to begin now, and how often each was lost. */
  *#nextJobs(): Generator<readonly [job: Job, lost: number]> {
    while (this.#running.size < this.#places.room) {
      const again = this.#again.shift();
      const job = again ? undefined : this.#halver.next();
      if (again) yield again;
      else if (job) yield [job, 0];
      else return;
    }
  }

  async #do(job: Job, lost: number): Promise<void> {
    const { work, metric, halving } = this.#plan;
    const trial = trialOf(this.#plan, job.trial);
    const at: Running = { job, trial, share: this.#places.queues ? undefined : 0 };
    this.#running.add(at);
    const until = halving?.rungs[job.rung];
    const { folderOf, machine } = this.#options;
    const assignment: Assignment = { trial, work, folder: folderOf(trial), until, metric, machine };
    const ended = await this.#places
      .run(assignment, (share) => {
        at.share = share;
        this.#show();
      })
      .finally(() => this.#running.delete(at));
    // What stopped with the sweep is as if it hadn't been begun.
    if (this.#keeping.signal.aborted || this.#failure) return;
    if (ended.state === "lost" && lost < this.#options.retries) return this.#rest(job, lost + 1);
    const outcome: Outcome =
      ended.state === "lost" ? { state: "failed", error: `begun ${lost + 1} times: ${ended.error}` } : ended;
    const { name, point, seed } = trial;
    const id = recordId(this.#plan, trial, job.rung);
    const record: TrialRecord = { trial: trial.number, rung: job.rung, name, point, seed, ...outcome };
    const place = { title: name, task: this.#records.size + 1, tasks: trialsIn(this.#plan) };
    await this.#keeping.onRecord(id, record, place);
    this.#report(id, record);
    this.#show();
    await this.#places.kept?.(assignment, outcome);
  }

  /** Puts a job back after a while, longer each time. */
  #rest(job: Job, lost: number): void {
    const pause = Math.min(MOST_BACKOFF_MS, (this.#options.backoff ?? BACKOFF_MS) * 2 ** (lost - 1));
    const rest = setTimeout(() => {
      this.#resting.delete(rest);
      this.#again.push([job, lost]);
      this.change();
    }, pause);
    this.#resting.add(rest);
  }

  #report(id: string, record: TrialRecord): void {
    const job = { trial: record.trial, rung: record.rung };
    this.#records.set(id, record);
    this.#keeping.done.set(id, record);
    this.#tried.add(record.trial);
    this.#halver.report(job, scoreOf(record));
    this.#done += this.#workOf(job);
  }

  /** Epochs between a rung and the one below it; 1 without halving. */
  #workOf({ rung }: Job): number {
    const rungs = this.#plan.halving?.rungs;
    return rungs ? rungs[rung]! - (rungs[rung - 1] ?? 0) : 1;
  }

  /** About how much work all of it is: of halving, as if exactly the share of each rung went on. */
  get #whole(): number {
    const { halving } = this.#plan;
    const trials = trialsIn(this.#plan);
    if (!halving) return trials;
    return halving.rungs.reduce(
      (sum, _, rung) => sum + Math.floor(trials / halving.eta ** rung) * this.#workOf({ trial: 0, rung }),
      0,
    );
  }

  #show(): void {
    const begun = this.#begun();
    const running = begun.reduce((sum, { job, share }) => sum + Math.max(0, this.#within(job, share)), 0);
    const now = Math.min(this.#done + running, this.#whole);
    const workPerSecond = (now - this.#before) / ((performance.now() - this.#started) / 1000);
    const progress: TaskProgress = {
      ...{ task: this.#tried.size, tasks: trialsIn(this.#plan), title: "trials" },
      words: [
        ...(this.#places.queues ? [`${this.#running.size - begun.length} queued`] : []),
        `${begun.length} running`,
        ...(this.#options.words?.() ?? []),
      ],
      rows: [...this.#rows(), ...(this.#options.rows?.() ?? [])],
      ...{ workPerSecond, secondsLeft: (this.#whole - now) / workPerSecond, share: now / this.#whole },
    };
    this.#keeping.onProgress(progress);
  }

  /** What is begun of that which was given to places. */
  #begun(): (Running & { readonly share: number })[] {
    return [...this.#running].flatMap(({ share, ...at }) => (share === undefined ? [] : [{ ...at, share }]));
  }

  /** What runs, the farthest first. */
  #rows(): string[] {
    return this.#begun()
      .sort((a, b) => b.share - a.share || a.trial.number - b.trial.number)
      .slice(0, ROWS)
      .map(({ trial, share }) => `trial ${String(trial.number).padEnd(6)} ${bar(share, 10)}  ${trial.name}`);
  }

  /** The work that is done of a job that has trained a share of all epochs. */
  #within({ rung }: Job, share: number): number {
    const rungs = this.#plan.halving?.rungs;
    return rungs ? share * rungs.at(-1)! - (rungs[rung - 1] ?? 0) : share;
  }
}
