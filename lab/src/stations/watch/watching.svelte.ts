import {
  BEAT,
  type RunDetails,
  type RunLines,
  type RunList,
  type RunSummary,
  type SweepNews,
  type SweepState,
  type SweepSummary,
  type Watched,
} from "../../../../src/lab/watch-messages.ts";
import { type Validation, validationOf } from "./records.ts";

/** How the page and the server stand. */
export type Connection = "looking" | "none" | "connecting" | "open" | "lost";

/** Milliseconds until a connection that was given up is tried again. */
const AGAIN = 2000;

/** What the server tells of the runs that it watches. */
export class Watching {
  connection = $state<Connection>("looking");
  /** As on the command line. */
  folders = $state.raw<readonly string[]>([]);
  runs = $state.raw<readonly RunSummary[]>([]);
  /** How many runs there are; the list may hold fewer. */
  runsInAll = $state(0);
  sweeps = $state.raw<readonly SweepState[]>([]);
  sweepsInAll = $state(0);
  summaries = $state.raw<ReadonlyMap<string, SweepSummary>>(new Map());
  details = $state.raw<Readonly<Record<string, RunDetails>>>({});
  lines = $state.raw<Readonly<Record<string, readonly Validation[]>>>({});
  /** Each line as it came, so that what follows is put behind it. */
  #came: Record<string, readonly unknown[]> = {};
  #source: EventSource | undefined;
  #names: readonly string[] = [];
  #begun = false;
  #lastId = "";
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Asks what is watched. */
  async begin(): Promise<void> {
    if (this.#begun) return;
    this.#begun = true;
    try {
      const { folders }: Watched = await (await fetch(new URL("watch.json", document.baseURI))).json();
      this.folders = folders;
    } catch {
      this.folders = [];
    }
    this.connection = this.folders.length > 0 ? "connecting" : "none";
    if (this.folders.length > 0) this.#open();
  }

  /** Asks for the lines of these runs from now on. */
  follow(names: readonly string[]): void {
    if (names.join("\n") === this.#names.join("\n")) return;
    this.#names = names;
    this.#lastId = "";
    if (this.connection !== "looking" && this.connection !== "none") this.#open();
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#source?.close();
  }

  #open(): void {
    this.end();
    const address = new URL("watch", document.baseURI);
    for (const name of this.#names) address.searchParams.append("run", name);
    if (this.#lastId !== "") address.searchParams.set("after", this.#lastId);
    const source = new EventSource(address);
    this.#source = source;
    const on = <T>(event: string, take: (data: T) => void) =>
      source.addEventListener(event, ({ data, lastEventId }: MessageEvent<string>) => {
        if (lastEventId !== "") this.#lastId = lastEventId;
        this.#alive();
        take(JSON.parse(data));
      });
    on<RunList>("runs", ({ runs, of }) => {
      this.runs = runs;
      this.runsInAll = of;
    });
    on<SweepNews>("sweeps", ({ sweeps, of, changed }) => {
      this.summaries = new Map([...this.summaries, ...changed.map((one) => [one.name, one] as const)]);
      this.sweeps = sweeps;
      this.sweepsInAll = of;
    });
    on<RunDetails>("run", (run) => (this.details = { ...this.details, [run.name]: run }));
    on<RunLines>("lines", (lines) => this.#take(lines));
    on<null>("beat", () => {});
    source.onopen = () => this.#alive();
    source.onerror = () => {
      this.connection = "lost";
      // The browser tries again by itself, unless the server answered with something else.
      if (source.readyState === EventSource.CLOSED) this.#later(AGAIN);
    };
    this.#later(3 * BEAT);
  }

  #alive(): void {
    this.connection = "open";
    this.#later(3 * BEAT);
  }
  /** Opens a new connection where none says anything by then, as after a sleep of the machine. */
  #later(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.connection = "lost";
      this.#open();
    }, milliseconds);
  }

  #take({ name, from, metrics }: RunLines): void {
    const came = [...(this.#came[name] ?? []).slice(0, from), ...metrics];
    this.#came[name] = came;
    this.lines = { ...this.lines, [name]: came.flatMap((line) => validationOf(line) ?? []) };
  }
}
