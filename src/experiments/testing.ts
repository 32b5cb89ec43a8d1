import { runTasks, type Task, type TaskOptions } from "./engine/tasks.ts";

/** What a study's tasks are told about the rest of it. */
interface Around<R> {
  readonly done: ReadonlyMap<string, R>;
  readonly signal: AbortSignal;
}

/** The records of tasks that look at those before them, without a folder. */
export function recordsOf<R>(
  tasksOf: (around: Around<R>) => readonly Task<R>[],
  { signal = new AbortController().signal, ...options }: TaskOptions<R> = {},
): Promise<R[]> {
  const done = new Map<string, R>();
  return runTasks(tasksOf({ done, signal }), done, { ...options, signal });
}
