import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { PLAN, RESULTS } from "../experiments/engine/folder.ts";
import { RECORDS } from "../experiments/engine/records.ts";
import { isLocked } from "../runs/lock.ts";
import type { SweepState, SweepSummary } from "./watch-messages.ts";

/** Sweeps that a page hears of. */
const MOST = 10;
/** Reading a sweep again takes at most this share of the time. */
const SHARE = 1 / 20;

interface Known {
  readonly mark: string;
  /** Undefined where the folder is another study's. */
  readonly summary: SweepSummary | undefined;
  /** When its records last changed, in milliseconds since 1970. */
  readonly changed: number;
  /** When it may be read again, as performance.now() counts. */
  readonly next: number;
}

/** The sweeps that are there now. */
export interface SweepsNow {
  /** Those that changed last. */
  readonly sweeps: readonly (Omit<SweepState, "running"> & { readonly summary: SweepSummary })[];
  readonly of: number;
}

/** Reads the sweeps of folders again and again, and each again only once its records are others. */
export class Sweeps {
  readonly #known = new Map<string, Known>();

  /** @param folders those with a plan */
  async look(folders: readonly string[]): Promise<SweepsNow> {
    for (const name of this.#known.keys()) if (!folders.includes(name)) this.#known.delete(name);
    const found: [name: string, summary: SweepSummary, changed: number][] = [];
    for (const name of folders) {
      const { summary, changed } = await this.#read(name);
      if (summary) found.push([name, summary, changed]);
    }
    const shown = found.sort(([, , a], [, , b]) => b - a).slice(0, MOST);
    return {
      sweeps: await Promise.all(shown.map(async ([name, summary]) => ({ name, summary, stage: await stageOf(name) }))),
      of: found.length,
    };
  }

  async #read(name: string): Promise<Known> {
    const [plan, records] = [await fileIn(name, PLAN), await fileIn(name, RECORDS)];
    const mark = `${plan.mark}; ${records.mark}`;
    const known = this.#known.get(name);
    if (known && (known.mark === mark || performance.now() < known.next)) return known;
    // What reads sweeps is loaded when there is a plan: it is much, and most folders have none.
    const reading = await import("./sweep-summary.ts");
    const begun = performance.now();
    // Something that isn't a file may be a link out of the folder, or a pipe, which would never end.
    const isThere = Boolean(plan.mark) && records.mark !== null;
    const summary = isThere ? await reading.summaryIn(name) : undefined;
    const took = performance.now() - begun;
    const now = { mark, summary, changed: records.changed || plan.changed, next: begun + took / SHARE };
    this.#known.set(name, now);
    return now;
  }
}

/** A file's mark; "" where it isn't there, and null where it is something else than a file. */
const fileIn = (folder: string, name: string): Promise<{ readonly mark: string | null; readonly changed: number }> =>
  lstat(join(folder, name)).then(
    (found) => ({
      mark: found.isFile() ? `${found.size} ${found.mtimeMs} ${found.ino}` : null,
      changed: found.mtimeMs,
    }),
    () => ({ mark: "", changed: 0 }),
  );

async function stageOf(folder: string): Promise<SweepState["stage"]> {
  if (await isLocked(folder)) return "running";
  return (await fileIn(folder, RESULTS)).mark ? "done" : "stopped";
}
