import { type FolderMark, isSettled, markOf } from "../runs/finder.ts";
import { followRun, type RunNow } from "../runs/follow.ts";
import { at, json, numberAt } from "./json.ts";
import { MOST_LISTED, type RunList, type RunSummary } from "./watch-messages.ts";

/** Runs that rest which are looked at in one look, in turn: whether somebody works on them again. */
const IN_TURN = 50;
/** Milliseconds for reading runs that are new in one look; the others are read in the next ones. */
const FOR_NEW = 400;

interface Known {
  readonly summary: RunSummary;
  /** When its folder last changed, in milliseconds since 1970. */
  readonly changed: number;
  /** Of a run that rests: the mark of its folder, which is another one when somebody works on it again. */
  readonly mark: string | undefined;
  /** Of one that is read in each look, and what it read last. */
  readonly reader: ReturnType<typeof followRun> | undefined;
  readonly now: RunNow | undefined;
}

/**
 * Reads run folders again and again. A run that has ended or was stopped rests: it is read once, and then only its folder's time is looked at, which is
 * another one when a process takes it. Runs whose lines somebody wants are read in each look.
 */
export class Runs {
  readonly #known = new Map<string, Known>();
  /** How many of those that rest were looked at before. */
  #turn = 0;
  #names: readonly string[] = [];
  #listed: RunList = { runs: [], of: 0 };

  /**
   * @param names the runs that are there, in their order
   * @param wanted those that are read in each look
   */
  async look(names: readonly string[], wanted: ReadonlySet<string>): Promise<void> {
    const begun = performance.now();
    let isNew = this.#forget(names);
    const resting = names.filter((name) => this.#known.get(name)?.mark !== undefined);
    const due = new Set(resting.slice(0, IN_TURN).map((_, i) => resting[(this.#turn + i) % resting.length]!));
    this.#turn += due.size;
    for (const name of names) {
      const known = this.#known.get(name);
      if (!wanted.has(name)) {
        if (!known && performance.now() - begun > FOR_NEW) continue;
        if (known?.mark !== undefined && !due.has(name)) continue;
      }
      const mark = await markOf(name);
      if (known?.mark === mark.text && !wanted.has(name)) {
        this.#known.set(name, { ...known, reader: undefined, now: undefined });
        continue;
      }
      isNew = (await this.#read(name, mark, wanted.has(name))) || isNew;
    }
    if (isNew) this.#listed = { runs: this.#list(), of: names.length };
  }

  /** What a run that is wanted holds; undefined for one that isn't there. */
  at(name: string): RunNow | undefined {
    return this.#known.get(name)?.now;
  }

  /** The list for a page that wants some runs, which come first where the list lacks them. The same object for as long as nothing is new. */
  listFor(wanted: readonly string[]): RunList {
    const more = wanted.flatMap((name) => {
      const { summary } = this.#known.get(name) ?? {};
      return summary && !this.#listed.runs.includes(summary) ? [summary] : [];
    });
    return more.length === 0 ? this.#listed : { runs: [...more, ...this.#listed.runs], of: this.#listed.of };
  }

  /** Runs below a folder that processes work on. */
  runningIn(folder: string): number {
    let count = 0;
    for (const [name, { summary }] of this.#known) if (summary.stage === "running" && name.startsWith(folder)) count++;
    return count;
  }

  /** Those that have no config any more. */
  waiting(): string[] {
    return [...this.#known].flatMap(([name, { summary }]) => (summary.stage === "waiting" ? [name] : []));
  }

  /** Forgets the runs that are gone. @returns whether the list is another one */
  #forget(names: readonly string[]): boolean {
    const isSame = names.length === this.#names.length && names.every((name, i) => name === this.#names[i]);
    if (isSame) return false;
    this.#names = names;
    const there = new Set(names);
    for (const name of this.#known.keys()) if (!there.has(name)) this.#known.delete(name);
    return true;
  }

  /** @returns whether its summary is another one */
  async #read(name: string, mark: FolderMark, isWanted: boolean): Promise<boolean> {
    const known = this.#known.get(name);
    const reader = known?.reader ?? followRun(name);
    const now = await reader.read();
    const rests = (now.stage === "done" || now.stage === "stopped") && isSettled(mark);
    const before = known?.now;
    const isSame = before?.lines === now.lines && before.config === now.config && before.stage === now.stage;
    const summary = known && isSame ? known.summary : summaryOf(name, now);
    const isRead = isWanted || !rests;
    this.#known.set(name, {
      ...{ summary, changed: mark.changed, mark: rests ? mark.text : undefined },
      ...{ reader: isRead ? reader : undefined, now: isRead ? now : undefined },
    });
    return summary !== known?.summary || (rests && mark.changed !== known.changed);
  }

  /** Those that run and those that changed last, in the order of names. */
  #list(): RunSummary[] {
    const all = this.#names.flatMap((name) => this.#known.get(name) ?? []);
    if (all.length <= MOST_LISTED) return all.map(({ summary }) => summary);
    const when = ({ summary, changed }: Known) => (summary.stage === "running" ? Number.POSITIVE_INFINITY : changed);
    const last = new Set(all.toSorted((a, b) => when(b) - when(a) || 0).slice(0, MOST_LISTED));
    return all.flatMap((known) => (last.has(known) ? [known.summary] : []));
  }
}

function summaryOf(name: string, { stage, config, lines }: RunNow): RunSummary {
  const last = lines.length > 0 ? json(lines.at(-1)!) : undefined;
  const epochs = numberAt(config, "training", "epochs");
  return { name, stage, epoch: numberAt(last, "epoch") ?? 0, epochs, valid: at(last, "valid") };
}
