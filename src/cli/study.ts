import { join } from "node:path";
import type { TaskOptions, TaskProgress } from "../experiments/tasks.ts";
import { holding, writeAtomically } from "../runs/index.ts";
import { clock } from "./format.ts";
import type { ProgressLine } from "./progress.ts";
import { recordFile } from "./records.ts";
import { interruptible, type Terminal } from "./terminal.ts";

interface Recorded<R> {
  /** Where the records of tasks that are done are kept. */
  readonly folder: string;
  readonly progress: ProgressLine;
  /** How fast it goes, in words. */
  readonly pace: (workPerSecond: number) => string;
  /** What is shown before the first task, of the number of those that are done already. */
  readonly opening?: (done: number) => readonly string[];
  /** What is shown of a new record. */
  readonly said?: (id: string, record: R) => string;
}

/**
 * A study whose tasks leave records in a folder: those that are there are not done again. Gives what `run` gives, or undefined where it was
 * stopped, which it has said then; Ctrl-C stops it. The folder is this process's meanwhile.
 */
export async function recordedStudy<R extends object, T>(
  terminal: Terminal,
  study: Recorded<R>,
  run: (options: Required<TaskOptions<R>> & { readonly signal: AbortSignal }) => Promise<T>,
): Promise<T | undefined> {
  // Two studies in one folder would do every task twice, and mix their records.
  return holding(study.folder, () => recorded(terminal, study, run));
}

async function recorded<R extends object, T>(
  terminal: Terminal,
  { folder, progress, pace, opening, said }: Recorded<R>,
  run: (options: Required<TaskOptions<R>> & { readonly signal: AbortSignal }) => Promise<T>,
): Promise<T | undefined> {
  const { known, append } = await recordFile<R>(folder);
  const found = await interruptible(
    terminal,
    () => progress.line("stopping; Ctrl-C again ends at once"),
    (signal) => {
      for (const line of opening?.(known.size) ?? []) progress.line(line);
      return run({
        known,
        async onRecord(id, record) {
          await append(id, record);
          if (said) progress.line(said(id, record));
        },
        onProgress: (at: TaskProgress) =>
          progress.update(
            `${at.task}/${at.tasks} ${at.title}`,
            `${clock(at.secondsLeft)} left`,
            pace(at.workPerSecond),
          ),
        signal,
      });
    },
  ).catch((error) => {
    if (error instanceof Error && (error.name === "AbortError" || error.name === "Interrupted")) return undefined;
    throw error;
  });
  progress.clear();
  if (!found) terminal.err.write("heaviside: stopped; the same command again goes on from there\n");
  return found;
}

/** Leaves what a study found in its folder, as figures and as a page, of which it gives the path. */
export async function keepFindings(folder: string, { json, page }: { json: string; page: string }): Promise<string> {
  const report = join(folder, "report.html");
  await writeAtomically(join(folder, "results.json"), `${json}\n`);
  await writeAtomically(report, page);
  return report;
}
