import { join, sep } from "node:path";
import { PLAN } from "../experiments/engine/folder.ts";
import { runFinder } from "../runs/finder.ts";
import { Listener, type Sink } from "./listener.ts";
import { BEAT } from "./watch-messages.ts";
import { Runs } from "./watch-runs.ts";
import { Sweeps } from "./watch-sweeps.ts";

/** Milliseconds between two looks at the folders. */
const PACE = 500;
/** Runs that a page can ask for at a time. */
const MOST_RUNS = 8;

/** Looks at run folders while pages listen, and tells them what is new. */
export interface Watch {
  readonly folders: readonly string[];
  /**
   * Begins to tell a page. Whatever of the runs' lines the page has is not sent again: `lastId` is the id of the last event that it got, of this server or
   * of one before it.
   * @param names runs whose lines it wants; others than those below the folders are runs that wait
   * @returns ends it
   */
  listen(sink: Sink, names: readonly string[], lastId: string): () => void;
  close(): void;
}

/** Watches folders: each is a run or a sweep, will be one, or holds some, directly or one folder deeper. */
export function watchRuns(folders: readonly string[], pace = PACE): Watch {
  const listeners = new Set<Listener>();
  const finders = folders.map((folder) => runFinder(folder, PLAN));
  const [runs, sweeps] = [new Runs(), new Sweeps()];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let looking = false;
  let beaten = Date.now();

  const look = async (): Promise<void> => {
    // A page that comes meanwhile hears of the next look: its runs may not have been read in this one.
    const told = [...listeners];
    const found = await Promise.all(finders.map((finder) => finder.find()));
    // A folder without runs is one that waits for its run, or a sweep's.
    const names = found.flatMap((of, i) => (of.runs.length + of.named.length > 0 ? of.runs : [folders[i]!]));
    await runs.look([...new Set(names)], new Set(told.flatMap((listener) => listener.names)));
    for (const name of runs.waiting()) for (const finder of finders) finder.forget(name);
    const seen = {
      sweeps: await sweeps.look([...new Set(found.flatMap(({ named }) => named))]),
      listFor: (wanted: readonly string[]) => runs.listFor(wanted),
      at: (name: string) => runs.at(name),
      runningIn: (sweep: string) => runs.runningIn(join(sweep, "trials") + sep),
    };
    const isDue = Date.now() - beaten >= BEAT;
    if (isDue) beaten = Date.now();
    for (const listener of told) {
      if (!listeners.has(listener)) continue;
      listener.update(seen);
      if (isDue) listener.send("beat", null);
    }
  };
  const loop = async (): Promise<void> => {
    if (looking) return;
    looking = true;
    clearTimeout(timer);
    await look().catch(() => {});
    looking = false;
    if (listeners.size > 0) timer = setTimeout(loop, pace);
  };
  return {
    folders,
    listen(sink, names, lastId) {
      const listener = new Listener(sink, names.slice(0, MOST_RUNS), lastId);
      listeners.add(listener);
      void loop();
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) clearTimeout(timer);
      };
    },
    close() {
      listeners.clear();
      clearTimeout(timer);
    },
  };
}
