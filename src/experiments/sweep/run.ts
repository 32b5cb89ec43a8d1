import { dirname, join } from "node:path";
import { backendNames } from "../../backends/select.ts";
import { flagsOf, sections } from "../../config/index.ts";
import { UserError } from "../../errors.ts";
import { counted, plural } from "../../rules.ts";
import { readRecords } from "../engine/records.ts";
import type { Parallel } from "../engine/tasks.ts";
import type { Study } from "../experiment.ts";
import { failedBefore } from "./page.ts";
import { numbersOf, type SweepPlan, trialOf, trialsIn } from "./plan.ts";
import { type Ended, Pool } from "./pool.ts";
import { errorOf, said } from "./ranking.ts";
import { misfitOf } from "./records.ts";
import type { Address } from "./redis/address.ts";
import type { Connection } from "./redis/client.ts";
import { Coordinator } from "./redis/coordinator.ts";
import type { Present } from "./redis/errand.ts";
import { connectSaying, objectiveOf, queueOf, workerCommand } from "./redis/open.ts";
import { refusedBy } from "./redis/refusals.ts";
import { type Places, Schedule, type ScheduleOptions, scoreOf, type TrialRecord } from "./scheduling.ts";
import { type Assignment, checkTrial } from "./trial.ts";

export interface Settings {
  readonly plan: SweepPlan;
  /** Processes of this machine; none where trials are queued. */
  readonly workers: number;
  readonly retries: number;
  /** Threads of each process. */
  readonly threads: number;
  /** Where the trials are queued; undefined: they run in processes of this machine. */
  readonly redis: Address | undefined;
  /** Trials that are queued at a time; undefined: as many as keep the workers busy. */
  readonly ahead: number | undefined;
}

export type SweepStudy = Study<Settings, undefined, TrialRecord>;
type Keeping = Parameters<Parallel<TrialRecord>["run"]>[0];

/** The folder of --out, which a shard lies in. */
export const sweepFolder = ({ settings: { plan }, folderOf }: Pick<SweepStudy, "settings" | "folderOf">): string =>
  plan.shard ? dirname(folderOf("")) : folderOf("");

/**
 * Throws UserError where the first trial that has no record yet finds no data, or has no such metric: nothing is begun then. Where trials may have
 * data of their own, and one has ended well, that is the trial's own matter.
 */
export async function checkFirst({ plan, redis }: Settings, folder: string): Promise<undefined> {
  const { known } = await readRecords<TrialRecord>(folder, misfitOf(plan));
  const ended = new Set([...known.values()].map(({ trial }) => trial));
  const first = numbersOf(plan).find((number) => !ended.has(number));
  const ofData = flagsOf(sections.data).map(({ key }) => key);
  const isOwn = Object.keys(plan.space).some((option) => ofData.includes(option));
  const isHere = !redis && !(isOwn && [...known.values()].some(({ state }) => state !== "failed"));
  if (first !== undefined) await checkTrial(plan, trialOf(plan, first), isHere);
}

/** Runs the trials that have no record yet, here or by a queue. */
export async function runTrials(study: SweepStudy, keeping: Keeping): Promise<TrialRecord[]> {
  const { plan, workers, redis, retries } = study.settings;
  const failed = [...keeping.known.values()].filter(({ state }) => state === "failed").length;
  if (failed > 0) study.say(failedBefore(failed, sweepFolder(study)));
  if (redis) return await queued(study, keeping, redis);
  const isAble = [...keeping.known.values()].some(({ state }) => state !== "failed");
  const pool = new OnlyPool(Math.min(workers, trialsIn(plan)), isAble, retries);
  const begun = performance.now();
  const records = await schedule(study, keeping, pool).run();
  sayBusy(study, pool, (performance.now() - begun) / 1000);
  return records;
}

/**
 * The only place of a sweep. What would meet each trial stops the sweep, before anything is recorded of it: what its machine lacks, where no trial
 * has ended well; a fault of the machine; a folder in which another process stays at work.
 */
export class OnlyPool extends Pool {
  #isAble: boolean;
  readonly #retries: number;
  /** How often a trial's folder was in use. */
  readonly #inUse = new Map<number, number>();

  constructor(room: number, isAble: boolean, retries: number) {
    super(room);
    this.#isAble = isAble;
    this.#retries = retries;
  }

  override async run(assignment: Assignment, onShare: (share: number) => void): Promise<Ended> {
    const ended = await super.run(assignment, onShare);
    const { number } = assignment.trial;
    if (ended.state === "done" || ended.state === "paused") this.#isAble = true;
    if (ended.state === "failed" && ended.lacking && !this.#isAble)
      throw new UserError(`sweep: trial ${number} can't run here: ${ended.error}`);
    if (ended.state === "failed" && ended.ofMachine)
      throw new UserError(`sweep: trial ${number} can't go on: ${ended.error}; the same command resumes the sweep`);
    if (ended.state === "lost" && ended.inUse) {
      const times = (this.#inUse.get(number) ?? 0) + 1;
      this.#inUse.set(number, times);
      if (times > this.#retries) throw new UserError(`sweep: trial ${number} can't run: ${ended.error}`);
    }
    return ended;
  }
}

/** Says how much of their time processes were in trials; the rest is what a sweep costs: starts, messages, waiting for the last ones. */
function sayBusy({ say }: SweepStudy, { busy, room }: Pool, seconds: number): void {
  if (busy === 0) return;
  const share = ((100 * busy) / (seconds * room)).toFixed(1);
  say(
    `${seconds.toFixed(1)} s; ${room === 1 ? "its process was" : `its ${room} processes were`} in trials for ${share}% of it`,
  );
}

function schedule(
  study: SweepStudy,
  keeping: Keeping,
  places: Places,
  options: Partial<Pick<ScheduleOptions, "retries" | "words">> = {},
): Schedule {
  const { plan, retries } = study.settings;
  let best: TrialRecord | undefined;
  const failures = new Map<string, number>();
  const notice = (record: TrialRecord): void => {
    if (record.state === "failed") {
      const first = failures.get(record.error);
      if (first === undefined) failures.set(record.error, record.trial);
      const why =
        first === undefined ? `: ${record.name}: ${errorOf(record)}` : ` as trial ${first} did: ${record.name}`;
      study.say(`trial ${record.trial} failed${why}`);
    } else if (!Number.isNaN(scoreOf(record)) && (!best || isAhead(record, best))) best = record;
  };
  for (const record of keeping.known.values()) if (record.state !== "failed") notice(record);
  const top = (): string => (best && best.state !== "failed" ? `best ${best.metric} ${said(best)}` : "");
  const words = (): string[] => [...(options.words?.() ?? []), ...(best ? [`${top()}: ${best.name}`] : [])];
  const rows = (): string[] => (best ? [`trial ${String(best.trial).padEnd(6)} ${top()}  ${best.name}`] : []);
  return new Schedule(
    plan,
    places,
    { ...place(study), retries, ...options, words, rows },
    {
      ...keeping,
      async onRecord(id, record, at) {
        await keeping.onRecord(id, record, at);
        notice(record);
      },
    },
  );
}

/** Whether a trial came farther, or as far with a better score. */
const isAhead = (record: TrialRecord, best: TrialRecord): boolean =>
  record.rung > best.rung || (record.rung === best.rung && scoreOf(record) < scoreOf(best));

/** Where trials run, and their folders. */
const place = ({ settings: { threads }, backend, folderOf }: SweepStudy) => ({
  machine: { backend: backendNames.find((name) => name === backend.info().name) ?? "auto", threads },
  folderOf: ({ id }: { readonly id: string }): string => folderOf(join("trials", id)),
});

/** Milliseconds that Redis has after Ctrl-C: a sweep whose Redis is gone ends without it. */
const STOP_MS = 5000;

async function queued(study: SweepStudy, keeping: Keeping, address: Address): Promise<TrialRecord[]> {
  const { signal } = keeping;
  const connection = await connectSaying("sweep", address, study.say);
  let impatience: NodeJS.Timeout | undefined;
  const stop = (): void => {
    impatience = setTimeout(() => void connection.close(), STOP_MS);
  };
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await coordinated(study, keeping, connection);
  } catch (error) {
    signal.throwIfAborted();
    throw refusedBy(connection, "sweep", error);
  } finally {
    signal.removeEventListener("abort", stop);
    clearTimeout(impatience);
    await connection.close();
  }
}

async function coordinated(study: SweepStudy, keeping: Keeping, connection: Connection): Promise<TrialRecord[]> {
  const { plan, retries, ahead } = study.settings;
  const queue = await queueOf(plan, study.folderOf(""), connection.address);
  const objective = await objectiveOf(plan);
  const cancelled = new AbortController();
  let running: Schedule | undefined;
  const serve = workerCommand(objective, connection.address);
  const coordinator = new Coordinator(connection, {
    ...{ sweep: queue.sweep, resumed: queue.resumed, objective, retries, ahead },
    adaptive: plan.halving !== undefined,
    onCancel: () => cancelled.abort(),
    onChange: () => running?.change(),
    onNobody: (others) => study.say(nobodySaid(serve, others)),
    say: study.say,
  });
  try {
    await coordinator.begin();
    if (coordinator.workers.length === 0) study.say(nobodySaid(serve, coordinator.others));
    const signal = AbortSignal.any([keeping.signal, cancelled.signal]);
    const words = (): string[] => [workersSaid(coordinator)];
    // Workers begin a trial again by themselves, as often as it may.
    running = schedule(study, { ...keeping, signal }, coordinator, { retries: 0, words });
    const records = await running.run().catch((error: unknown) => {
      if (cancelled.signal.aborted && !keeping.signal.aborted) study.say("the sweep was cancelled");
      throw error;
    });
    // All trials are recorded: what is left in Redis is no reason to lose their table.
    await coordinator.tidy().catch(({ message }: Error) => study.say(`the sweep's keys are left in Redis: ${message}`));
    return records;
  } finally {
    await coordinator.close();
  }
}

/** What to do where no worker serves a sweep. @param others those that serve other trials */
function nobodySaid(serve: string, others: readonly Present[]): string {
  const elsewhere =
    others.length === 0
      ? ""
      : ` (${counted(others.length, "worker")} there ${plural(others.length, "serves", "serve")} other functions, trainings or versions)`;
  return `no worker serves these trials yet${elsewhere}; on any machine: ${serve}`;
}

function workersSaid({ workers }: Coordinator): string {
  if (workers.length === 0) return "no worker";
  const slots = workers.reduce((sum, one) => sum + one.slots, 0);
  return `${counted(slots, "slot")} of ${counted(workers.length, "worker")}`;
}
