/** How far the reading of a data set is. */
export interface LoadProgress {
  /** What is done, in the plural: "images". */
  readonly what: string;
  /** How many are read. */
  readonly done: number;
  /** How many there are. */
  readonly total: number;
  /** The rate since the beginning, per second. */
  readonly perSecond: number;
}

/** Told of it now and then, once it has taken a second. */
export type OnLoadProgress = (progress: LoadProgress) => void;

/** Milliseconds before the first report, and between two. */
const [FIRST, NEXT] = [1000, 100];

/** A function to call after each of `total` things that are read. Events can be handled in the meantime. */
export function loadCounter(what: string, total: number, report: OnLoadProgress | undefined): () => Promise<void> {
  const start = performance.now();
  let [done, last] = [0, start + FIRST - NEXT];
  return async () => {
    done++;
    const now = performance.now();
    if (now - last < NEXT) return;
    last = now;
    report?.({ what, done, total, perSecond: (1000 * done) / (now - start) });
    await new Promise((resolve) => setTimeout(resolve));
  };
}
