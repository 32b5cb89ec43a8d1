/** Something that takes a while and gives one record. */
export interface Task<R> {
  /** Tells tasks apart, in the file of records too. */
  readonly id: string;
  /** About how much work it is, in any unit that all tasks share: for the time that is left. */
  readonly work: number;
  readonly title: string;
  /** Does it; reports the work done so far, and in words where it stands. */
  run(onWork: (done: number, ...words: readonly string[]) => void): Promise<R>;
}

/** A task's place among all. */
export interface TaskPlace {
  readonly title: string;
  readonly task: number; //  from 1
  readonly tasks: number;
}

export interface TaskProgress extends TaskPlace {
  readonly workPerSecond: number;
  /** Of all tasks. */
  readonly secondsLeft: number;
  /** The share of all tasks' work that is done, from 0 to 1. */
  readonly share: number;
  /** Where the task stands, in its own words. */
  readonly words: readonly string[];
  /** Lines about what runs at once, for a terminal. */
  readonly rows?: readonly string[];
}

export interface TaskOptions<R> {
  /** What an earlier run of the same tasks left, by id: it is not done again. */
  readonly known?: ReadonlyMap<string, R> | undefined;
  /** Receives every new record, to be kept. */
  readonly onRecord?: ((id: string, record: R, place: TaskPlace) => Promise<void>) | undefined;
  readonly onTask?: ((place: TaskPlace) => void) | undefined;
  readonly onProgress?: ((at: TaskProgress) => void) | undefined;
  /** Aborted between tasks too: rejects with its reason then. */
  readonly signal?: AbortSignal | undefined;
}

/** What is done in a way of its own, such as in several processes. */
export interface Parallel<R> {
  /** About how many parts it has. */
  readonly length: number;
  /** Does what isn't known yet, and gives the records of all. */
  run(keeping: Keeping<R>): Promise<R[]>;
}

/** What an earlier run left, and where what is new goes. */
export interface Keeping<R> {
  onProgress(at: TaskProgress): void;
  onRecord(id: string, record: R, place: TaskPlace): Promise<void>;
  readonly known: ReadonlyMap<string, R>;
  /** Filled on the way. */
  readonly done: Map<string, R>;
  readonly signal: AbortSignal;
}

/**
 * Does, in order, the tasks that aren't known yet, and gives all their records in that order. A task may look at the records of
 * those before it in `done`, which is filled on the way. Rejects with what a task rejects with.
 */
export async function runTasks<R>(
  tasks: readonly Task<R>[],
  done: Map<string, R>,
  { known = new Map(), onRecord, onTask, onProgress, signal }: TaskOptions<R>,
): Promise<R[]> {
  let left = 0;
  const whole = tasks.reduce((sum, { work }) => sum + work, 0);
  for (const { id, work } of tasks) {
    const record = known.get(id);
    if (record) done.set(id, record);
    else left += work;
  }
  const started = performance.now();
  let before = 0;
  for (const task of tasks) {
    if (done.has(task.id)) continue;
    const place: TaskPlace = { title: task.title, task: done.size + 1, tasks: tasks.length };
    onTask?.(place);
    signal?.throwIfAborted();
    const record = await task.run((now, ...words) => {
      const workPerSecond = (before + now) / ((performance.now() - started) / 1000);
      const remaining = left - before - now;
      const share = (whole - remaining) / whole;
      onProgress?.({ ...place, words, workPerSecond, secondsLeft: remaining / workPerSecond, share });
    });
    before += task.work;
    done.set(task.id, record);
    await onRecord?.(task.id, record, place);
  }
  return tasks.map(({ id }) => done.get(id)!);
}
