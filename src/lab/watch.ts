import { crc32 } from "../formats/crc32.ts";
import { followRun, type RunNow } from "../runs/follow.ts";
import { runFoldersWithin } from "../runs/run-folders.ts";
import { BEAT, type RunSummary, type WatchEvents } from "./watch-messages.ts";

/** Milliseconds between two looks at the folders. */
const PACE = 500;
/** Bytes that a page may be behind before it gets nothing new. */
const MOST_BEHIND = 1_000_000;
/** Runs that a page can ask for at a time. */
const MOST_RUNS = 8;

/** Where events go. */
export interface Sink {
  write(text: string): void;
  /** Bytes that wait to be sent. */
  readonly behind: number;
}

/** How much of a run's lines a page has: their number, and the checksum that tells whether they are still the ones of the file. */
interface Place {
  readonly count: number;
  readonly sum: number;
}

const NOTHING: Place = { count: 0, sum: 0 };
const encoder = new TextEncoder();
const placeAt = (lines: readonly string[], count: number): Place =>
  count === 0 ? NOTHING : { count, sum: crc32(encoder.encode(lines.slice(0, count).join("\n"))) };

const written = (places: readonly Place[]): string =>
  places.map(({ count, sum }) => `${count.toString(36)}-${sum.toString(36)}`).join(".");

/** The places of an event's id; all begin anew where the id is not one for this number of runs. */
function placesIn(id: string, runs: number): Place[] {
  const found = id.split(".").map((text) => /^([\da-z]{1,9})-([\da-z]{1,9})$/.exec(text));
  if (found.length !== runs || found.includes(null)) return new Array<Place>(runs).fill(NOTHING);
  return found.map((match) => ({ count: Number.parseInt(match![1]!, 36), sum: Number.parseInt(match![2]!, 36) }));
}

const json = (line: string): unknown => {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;
const at = (value: unknown, ...keys: readonly string[]): unknown =>
  keys.reduce((inner, key) => (isRecord(inner) ? inner[key] : undefined), value);
const numberAt = (value: unknown, ...keys: readonly string[]): number | undefined => {
  const found = at(value, ...keys);
  return typeof found === "number" ? found : undefined;
};

/** One page that listens. */
class Listener {
  readonly #sink: Sink;
  readonly #names: readonly string[];
  readonly #places: Place[];
  /** What was sent last of what is sent as a whole, by event and run. */
  readonly #sent = new Map<string, string>();
  /** The lines that were looked at last. */
  readonly #seen = new Map<string, readonly string[]>();

  constructor(sink: Sink, names: readonly string[], lastId: string) {
    this.#sink = sink;
    this.#names = names;
    this.#places = placesIn(lastId, names.length);
  }

  send<K extends keyof WatchEvents>(event: K, data: WatchEvents[K], id?: string): void {
    const line = id === undefined ? "" : `id: ${id}\n`;
    this.#sink.write(`event: ${event}\n${line}data: ${JSON.stringify(data)}\n\n`);
  }

  /** Sends what the page doesn't have yet. */
  update(runs: readonly RunSummary[], views: ReadonlyMap<string, RunNow>): void {
    if (this.#sink.behind > MOST_BEHIND) return;
    this.#whole("runs", "", runs);
    for (const [i, name] of this.#names.entries()) {
      const { stage, config, result, lines } = views.get(name) ?? gone;
      this.#whole("run", name, { name, stage, config, result });
      // A folder that is taken away leaves what was seen of it, until another run takes its place.
      if (stage === "waiting" || this.#seen.get(name) === lines) continue;
      this.#seen.set(name, lines);
      const { count, sum } = this.#places[i]!;
      const isSame = lines.length >= count && placeAt(lines, count).sum === sum;
      if (isSame && lines.length === count) continue;
      const from = isSame ? count : 0;
      this.#places[i] = placeAt(lines, lines.length);
      this.send("lines", { name, from, metrics: lines.slice(from).map(json) }, written(this.#places));
    }
  }

  #whole<K extends "runs" | "run">(event: K, name: string, data: WatchEvents[K]): void {
    const text = JSON.stringify(data);
    if (this.#sent.get(`${event} ${name}`) === text) return;
    this.#sent.set(`${event} ${name}`, text);
    this.send(event, data);
  }
}

const gone: RunNow = { stage: "waiting", config: undefined, result: undefined, lines: [] };

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

/** Watches folders: each is a run, will be one, or holds runs, directly or one folder deeper. */
export function watchRuns(folders: readonly string[], pace = PACE): Watch {
  const listeners = new Set<Listener>();
  const readers = new Map<string, ReturnType<typeof followRun>>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let looking = false;
  let beaten = Date.now();

  const look = async (): Promise<void> => {
    const found = await Promise.all(folders.map((folder) => runFoldersWithin(folder)));
    // A folder without runs is one that waits for its run.
    const names = new Set(found.flatMap((runs, i) => (runs.length > 0 ? runs : [folders[i]!])));
    for (const name of readers.keys()) if (!names.has(name)) readers.delete(name);
    const views = new Map<string, RunNow>();
    for (const name of names) {
      const reader = readers.get(name) ?? followRun(name);
      readers.set(name, reader);
      views.set(name, await reader.read());
    }
    const runs = [...views].map(([name, view]) => summary(name, view));
    const isDue = Date.now() - beaten >= BEAT;
    if (isDue) beaten = Date.now();
    for (const listener of listeners) {
      listener.update(runs, views);
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

function summary(name: string, { stage, config, lines }: RunNow): RunSummary {
  const last = lines.length > 0 ? json(lines.at(-1)!) : undefined;
  const epochs = numberAt(config, "training", "epochs");
  return { name, stage, epoch: numberAt(last, "epoch") ?? 0, epochs, valid: at(last, "valid") };
}
