import { join } from "node:path";
import type { Command } from "commander";
import { COLUMNS, count, wrap } from "../../describe/format.ts";
import { printable } from "../../describe/shell.ts";
import { shownTable } from "../../describe/table.ts";
import { FIGURES, REPORT } from "../../experiments/engine/folder.ts";
import {
  cancelQueued,
  columnsOf,
  failedBefore,
  findings,
  forgetFailed,
  gapsOf,
  nextOf,
  type Part,
  pageOf,
  queueIn,
  rankingOf,
  standingOf,
  sweepIn,
  tableOf,
  trialsIn,
  writeOptuna,
} from "../../experiments/sweep/index.ts";
import { csvOf } from "../../formats/csv.ts";
import { madeOn } from "../../report/made.ts";
import { plural } from "../../rules.ts";
import { holderOf, writeAtomically } from "../../runs/index.ts";
import { styleFor, type Terminal } from "../terminal.ts";
import type { Done } from "./experiment.ts";

interface ActionFlags {
  /** Another address of the sweep's Redis. */
  readonly redis?: string;
  /** The file to write. */
  readonly out?: string;
}

type Action = (folder: string, flags: ActionFlags, terminal: Terminal) => Promise<void>;

const redisOption = ["--redis <url>", "another address of the sweep's Redis"] as const;

/** What can be done to a sweep that was begun, by its folder. Adding something means adding a line here. */
const actions: {
  readonly [name: string]: {
    readonly about: string;
    readonly option?: readonly [flag: string, help: string];
    readonly run: Action;
  };
} = {
  status: { about: "say how far a sweep is, and who works on it", option: redisOption, run: status },
  report: { about: "rank the trials that have ended, and write the tables", run: report },
  retry: { about: "forget failed trials, so that the sweep tries them again", run: retry },
  cancel: { about: "stop a sweep, wherever it runs; it can be resumed", option: redisOption, run: cancel },
  optuna: {
    about: "write the trials as a journal that Optuna continues",
    option: ["--out <file>", "the journal (default: optuna.jsonl in the folder)"],
    run: optuna,
  },
};

/** Gives the command `sweep` those of a sweep that was begun. */
export function addActions(sweep: Command, terminal: Terminal, done: Done): void {
  for (const [name, { about, option, run }] of Object.entries(actions)) {
    const command = sweep
      .command(name)
      .description(about)
      .argument("<folder>", "the sweep's folder, such as runs/rates");
    if (option) command.option(...option);
    command.action(async (folder: string, flags: ActionFlags) => {
      await run(folder, flags, terminal);
      done(0);
    });
  }
}

const counted = (n: number, one: string): string => `${count(n)} ${plural(n, one)}`;
const sayTo =
  ({ err }: Terminal) =>
  (text: string): void =>
    void err.write(`${text}\n`);

async function status(folder: string, { redis }: ActionFlags, terminal: Terminal): Promise<void> {
  const sweep = await sweepIn("sweep status", folder);
  const { plan, records, parts } = sweep;
  const ranking = rankingOf(plan, records);
  const { trials, failed } = ranking;
  const queue = await queueIn(folder);
  const ended = trials.filter(({ state }) => state === "done").length;
  const paused = trials.length - ended - failed.length;
  const say = (lines: readonly string[]): void =>
    void terminal.out.write(`${lines.map((line) => wrap(line, terminal.out.columns || COLUMNS)).join("\n")}\n`);
  say([
    plan.question,
    `${count(ended)} of ${counted(trialsIn(plan), "trial")} done${paused > 0 ? `, ${count(paused)} stopped early so far` : ""}${failed.length > 0 ? `, ${count(failed.length)} failed` : ""}`,
    ...(trials.length > failed.length ? [findings({ ...ranking, failed: [] })[0]!] : []),
    ...(failed.length > 0 ? [failedBefore(failed.length, folder)] : []),
    ...(await holdersSaid(parts, ended + failed.length === trialsIn(plan))),
    ...(parts[0]?.shard ? gapsOf(sweep) : []),
  ]);
  // The folder says its part even where Redis doesn't answer.
  if (queue) {
    const { counts, workers, isCancelled, serve } = await standingOf(plan, queue, redis, sayTo(terminal));
    const { waiting = 0, active = 0, delayed = 0 } = counts;
    say([
      isCancelled
        ? `queue at ${queue.redis}: cancelled`
        : `queue at ${queue.redis}: ${waiting} queued, ${active} running, ${delayed} to be retried`,
      ...workers.map(
        ({ host, pid, slots, running, silence }) =>
          `worker ${pid} on ${host}, ${counted(slots, "slot")}, last heard ${Math.round(silence)} s ago: ${running.length === 0 ? "idle" : running.join("; ")}`,
      ),
      ...(workers.length === 0 ? [`no worker serves it; on any machine: ${serve}`] : []),
    ]);
  }
}

/** Which processes work on a sweep, or on its shards. */
async function holdersSaid(parts: readonly Part[], isDone: boolean): Promise<string[]> {
  const lines: string[] = [];
  for (const { folder, shard } of parts) {
    const holder = await holderOf(folder);
    if (!holder) continue;
    const what = shard ? `runs shard ${shard.index} of ${shard.of}` : "collects its results";
    lines.push(`process ${holder.pid}${holder.isHere ? "" : " of another machine"} ${what}`);
  }
  if (lines.length > 0) return lines;
  return [isDone ? "it has ended" : "no process works on it: the command that began it resumes it"];
}

async function report(folder: string, _: ActionFlags, terminal: Terminal): Promise<void> {
  const sweep = await sweepIn("sweep report", folder);
  const { plan, records } = sweep;
  const ranking = rankingOf(plan, records, folder);
  const columns = terminal.out.columns || COLUMNS;
  const page = join(folder, REPORT);
  const ended = `${ranking.trials.length} of ${trialsIn(plan)}`;
  await writeAtomically(join(folder, FIGURES), csvOf(columnsOf(ranking)));
  await writeAtomically(page, await pageOf(ranking, [["trials", ended], madeOn()]));
  const table = shownTable(tableOf(ranking, 10), { bold: styleFor(terminal.out, terminal.env).bold, columns });
  const said = [...findings(ranking), ...gapsOf(sweep)].map((sentence) => wrap(sentence, columns));
  const next = nextOf(ranking).map((line) => `${line}\n`);
  terminal.out.write(`${[...said, table].join("\n\n")}\n\nreport of ${ended} trials: ${page}\n${next.join("")}`);
}

async function optuna(folder: string, { out }: ActionFlags, terminal: Terminal): Promise<void> {
  const file = out ?? join(folder, "optuna.jsonl");
  const { study, trials } = await writeOptuna(folder, file);
  terminal.out.write(
    `${counted(trials, "trial")} of study ${printable(study)}: ${file}\nOptuna continues it: docs/how-to/sweep-machines.md says how\n`,
  );
}

async function retry(folder: string, _: ActionFlags, terminal: Terminal): Promise<void> {
  const n = await forgetFailed("sweep retry", folder);
  terminal.out.write(
    n === 0
      ? "no trial has failed\n"
      : `${counted(n, "failed trial")} forgotten: the command that began the sweep tries ${n === 1 ? "it" : "them"} again\n`,
  );
}

async function cancel(folder: string, { redis }: ActionFlags, terminal: Terminal): Promise<void> {
  const { plan, parts } = await sweepIn("sweep cancel", folder);
  const queue = await queueIn(folder);
  const lines = [];
  if (queue) {
    const removed = await cancelQueued(plan, queue, redis, sayTo(terminal));
    lines.push(`${counted(removed, "trial")} taken out of the queue at ${queue.redis}; workers stop those that run`);
  }
  for (const part of parts) {
    const holder = await holderOf(part.folder);
    if (holder?.isHere && queue) lines.push(`process ${holder.pid} hears of it, and ends`);
    else if (holder?.isHere) {
      process.kill(holder.pid, "SIGINT");
      lines.push(`process ${holder.pid} stops after its step`);
    } else if (holder) lines.push(`a process of another machine works on ${part.folder}: end its job, or Ctrl-C there`);
  }
  if (lines.length === 0) lines.push("nothing runs");
  terminal.out.write(`${lines.join("\n")}\nthe command that began the sweep resumes it\n`);
}
