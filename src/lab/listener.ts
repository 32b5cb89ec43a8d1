import { crc32 } from "../formats/crc32.ts";
import type { RunNow } from "../runs/follow.ts";
import { json } from "./json.ts";
import type { RunList, SweepSummary, WatchEvents } from "./watch-messages.ts";
import type { SweepsNow } from "./watch-sweeps.ts";

/** Bytes that a page may be behind before it gets nothing new. */
const MOST_BEHIND = 1_000_000;

/** Where events go. */
export interface Sink {
  write(text: string): void;
  /** Bytes that wait to be sent. */
  readonly behind: number;
}

/** What is known of the folders at a moment. */
export interface Seen {
  /** The list for a page that wants the lines of these runs. */
  listFor(wanted: readonly string[]): RunList;
  /** What one of them holds; undefined for one that isn't there. */
  at(name: string): RunNow | undefined;
  readonly sweeps: SweepsNow;
  /** Runs of a sweep that processes work on. */
  runningIn(sweep: string): number;
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

/** One page that listens. */
export class Listener {
  readonly #sink: Sink;
  /** Runs whose lines it wants. */
  readonly names: readonly string[];
  readonly #places: Place[];
  /** What was sent last of what is sent as a whole, by event and run. */
  readonly #sent = new Map<string, string>();
  /** The lines that were looked at last. */
  readonly #looked = new Map<string, readonly string[]>();
  /** The list that was looked at last. */
  #list: RunList | undefined;
  /** What was sent of sweeps. */
  #summaries: ReadonlyMap<string, SweepSummary> = new Map();
  #states = "";

  constructor(sink: Sink, names: readonly string[], lastId: string) {
    this.#sink = sink;
    this.names = names;
    this.#places = placesIn(lastId, names.length);
  }

  send<K extends keyof WatchEvents>(event: K, data: WatchEvents[K], id?: string): void {
    const line = id === undefined ? "" : `id: ${id}\n`;
    this.#sink.write(`event: ${event}\n${line}data: ${JSON.stringify(data)}\n\n`);
  }

  /** Sends what the page doesn't have yet. */
  update(seen: Seen): void {
    if (this.#sink.behind > MOST_BEHIND) return;
    const list = seen.listFor(this.names);
    if (this.#list !== list) this.#whole("runs", "", list);
    this.#list = list;
    this.#sendSweeps(seen);
    for (const [i, name] of this.names.entries()) {
      const { stage, config, result, lines } = seen.at(name) ?? gone;
      this.#whole("run", name, { name, stage, config, result });
      // A folder that is taken away leaves what was seen of it, until another run takes its place.
      if (stage === "waiting" || this.#looked.get(name) === lines) continue;
      this.#looked.set(name, lines);
      const { count, sum } = this.#places[i]!;
      const isSame = lines.length >= count && placeAt(lines, count).sum === sum;
      if (isSame && lines.length === count) continue;
      const from = isSame ? count : 0;
      this.#places[i] = placeAt(lines, lines.length);
      this.send("lines", { name, from, metrics: lines.slice(from).map(json) }, written(this.#places));
    }
  }

  /** Sends where sweeps stand, and the summaries that the page doesn't have. */
  #sendSweeps({ sweeps: { sweeps, of }, runningIn }: Seen): void {
    const changed = sweeps.map(({ summary }) => summary).filter((one) => this.#summaries.get(one.name) !== one);
    this.#summaries = new Map(sweeps.map(({ summary }) => [summary.name, summary]));
    const states = sweeps.map(({ name, stage }) => ({ name, stage, running: runningIn(name) }));
    const text = JSON.stringify(states);
    if (changed.length === 0 && text === this.#states) return;
    this.#states = text;
    this.send("sweeps", { sweeps: states, of, changed });
  }

  #whole<K extends "runs" | "run">(event: K, name: string, data: WatchEvents[K]): void {
    const text = JSON.stringify(data);
    if (this.#sent.get(`${event} ${name}`) === text) return;
    this.#sent.set(`${event} ${name}`, text);
    this.send(event, data);
  }
}

const gone: RunNow = { stage: "waiting", config: undefined, result: undefined, lines: [] };
