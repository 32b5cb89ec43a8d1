import { wrap } from "../../describe/format.ts";
import { shownTable } from "../../describe/table.ts";
import { UserError } from "../../errors.ts";
import { csvOf } from "../../formats/csv.ts";
import { address, number, text } from "../engine/options.ts";
import type { Parallel } from "../engine/tasks.ts";
import { defineExperiment } from "../experiment.ts";
import { markdownOf, nextOf, pageOf } from "./page.ts";
import { isExtension, readSweep, type SweepPlan, trialsIn } from "./plan.ts";
import { usualWorkers } from "./pool.ts";
import { columnsOf, findings, type Ranking, rankingOf, tableOf } from "./ranking.ts";
import { misfitOf } from "./records.ts";
import { addressOf, PREFIX, shownAddress } from "./redis/address.ts";
import { reach } from "./redis/open.ts";
import { checkFirst, runTrials, type Settings, type SweepStudy, sweepFolder } from "./run.ts";
import type { TrialRecord } from "./scheduling.ts";
import { searches } from "./search.ts";
import { type Shard, shardFolder, shardIn, shownShard } from "./shard.ts";

export { type TargetName, targets, writeJobs } from "./jobs/index.ts";
export { writeOptuna } from "./optuna.ts";
export { failedBefore, nextOf, pageOf } from "./page.ts";
export { sweepOf, trialsIn } from "./plan.ts";
export { usualWorkers } from "./pool.ts";
export { columnsOf, findings, rankingOf, tableOf } from "./ranking.ts";
export { queueIn } from "./redis/open.ts";
export { consumeTrials } from "./redis/serve.ts";
export { cancelQueued, standingOf } from "./redis/standing.ts";
export { serveSweep } from "./serve.ts";
export { forgetFailed, gapsOf, type Part, sweepIn } from "./stored.ts";

/** Rows of the table of the best trials in a terminal. */
const SHOWN = 10;

/** The sweep of a user's file. Throws UserError, naming the file, for a mistake in it. */
export const sweepExperiment = async (path: string) => experimentOf(await readSweep(path), path);

/** The sweep of a plan, which a file says. */
export function experimentOf(plan: SweepPlan, file: string) {
  const { name, question } = plan;
  return defineExperiment({
    ...{
      name,
      command: `sweep ${file}`,
      question,
      title: question,
      duration: "as long as its trials",
      pictures: "pictures by option",
    },
    options: {
      workers: number("processes that run trials (default: one a processor)", {
        whole: true,
        atLeast: 1,
        atMost: 1024,
      }),
      shard: text("run this part of the trials: 0/8 to 7/8 are all of them"),
      retries: number(
        "how often a trial is begun again whose process ended",
        { whole: true, atLeast: 0, atMost: 100 },
        3,
      ),
      redis: address("queue the trials there, for workers on any machine"),
      prefix: { ...text("what all keys in Redis begin with"), usual: PREFIX },
      ahead: number("trials that are queued at a time (default: 8 a slot)", {
        whole: true,
        atLeast: 1,
        atMost: 1_000_000,
      }),
    },
    threads: 1,
    folders: "one",
    settings: ({ workers, retries, redis, prefix, ahead, shard: typed, threads = 1 }): Settings => {
      const shard = typed === undefined ? undefined : shardOf(plan, typed);
      checkQueue({ workers, redis, ahead, shard, adaptive: plan.halving !== undefined });
      return {
        ...{ plan: shard ? { ...plan, shard } : plan, retries, threads, ahead },
        workers: workers ?? usualWorkers(threads),
        redis: redis === undefined ? undefined : addressOf("sweep: --redis", redis, prefix),
      };
    },
    identity: ({ plan }) => ({ ...plan }),
    part: ({ plan }) => plan.shard && shardFolder(plan.shard),
    reach: async ({ redis }) => redis && (await reach("sweep", redis)),
    extends: isExtension,
    misfit: ({ plan }) => misfitOf(plan),
    prepare: checkFirst,
    heading: ({ settings: { plan, workers, redis } }) => [
      `${trialsIn(plan).toLocaleString("en")} trials`,
      searches[plan.search].title,
      ...(plan.shard ? [`shard ${shownShard(plan.shard)}`] : []),
      ...(plan.halving ? [`those that lead go on after epochs ${plan.halving.rungs.slice(0, -1).join(", ")}`] : []),
      redis ? `queued at ${shownAddress(redis)}` : `${workers} ${workers === 1 ? "worker" : "workers"}`,
    ],
    tasks: (study: SweepStudy): Parallel<TrialRecord> => ({
      length: trialsIn(study.settings.plan),
      run: (keeping) => runTrials(study, keeping),
    }),
    results: (records, study): Ranking => rankingOf(study.settings.plan, records, sweepFolder(study)),
    partial: async (study) => rankingOf(study.settings.plan, [...study.done.values()], sweepFolder(study)),
    failure: ({ trials, failed }) =>
      failed.length < trials.length || failed.length === 0 ? undefined : `all ${failed.length} trials failed`,
    json: (ranking) => ({ question, findings: findings(ranking), trials: ranking.trials }),
    text: (ranking, { bold }, columns) =>
      [
        ...findings(ranking).map((sentence) => wrap(sentence, columns)),
        shownTable(tableOf(ranking, SHOWN), { bold, columns }),
      ].join("\n\n"),
    markdown: markdownOf,
    csv: (ranking) => csvOf(columnsOf(ranking)).trimEnd(),
    page: pageOf,
    next: (ranking) => (ranking.plan.shard ? [ofShard] : nextOf(ranking)),
  });
}

/** What a shard says at its end. */
const ofShard = "This is a part of the sweep: npx heaviside sweep report, with the folder of --out, ranks all shards.";

/** A shard of a plan, as it was typed. Throws UserError where the plan can't be run in parts. */
function shardOf(plan: SweepPlan, typed: string): Shard {
  const shard = shardIn("sweep: --shard", typed);
  if (plan.halving)
    throw new UserError(
      "sweep: --shard doesn't go with halving, which compares all trials: use --redis, or a file without halving",
    );
  if (shard.of > trialsIn(plan))
    throw new UserError(`sweep: --shard: ${trialsIn(plan)} trials have at most as many shards, received ${typed}`);
  return shard;
}

/** Throws UserError for options that don't go together. */
function checkQueue(given: {
  readonly workers: number | undefined;
  readonly redis: string | undefined;
  readonly ahead: number | undefined;
  readonly shard: Shard | undefined;
  readonly adaptive: boolean;
}): void {
  const { workers, redis, ahead, shard, adaptive } = given;
  if (redis !== undefined && shard !== undefined)
    throw new UserError("sweep: --shard runs trials without a queue: give --shard or --redis");
  if (redis !== undefined && workers !== undefined)
    throw new UserError(
      "sweep: --workers are processes of this machine; with --redis, heaviside worker has its own --workers",
    );
  if (redis === undefined && ahead !== undefined) throw new UserError("sweep: --ahead needs --redis");
  if (adaptive && ahead !== undefined)
    throw new UserError("sweep: --ahead doesn't go with halving, which decides by what has come out");
}
