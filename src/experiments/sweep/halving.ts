import { UserError } from "../../errors.ts";
import { checkNumber, checkObject } from "../../rules.ts";

/** Which trials go on: of those that came so far, the best ones. */
export interface Halving {
  /** One trial in `eta` is promoted from each rung. */
  readonly eta: number;
  /** Epochs of each rung, the last of which is the whole training. */
  readonly rungs: readonly number[];
}

/** The rungs of a training: least, least · eta, … epochs, and all of it. Throws UserError, naming `subject`. */
export function halvingOf(subject: string, given: unknown, epochs: number): Halving {
  checkObject(subject, given, ["eta", "least"]);
  const { eta = 3, least = 1 } = given as { readonly eta?: unknown; readonly least?: unknown };
  checkNumber(`${subject}.eta`, eta, { whole: true, atLeast: 2, atMost: 100 });
  checkNumber(`${subject}.least`, least, { whole: true, atLeast: 1 });
  if (least >= epochs)
    throw new UserError(`${subject}.least must be below the epochs of a training, ${epochs}, received ${least}`);
  const rungs: number[] = [];
  for (let rung = least; rung < epochs; rung *= eta) rungs.push(rung);
  return { eta, rungs: [...rungs, epochs] };
}

/** A trial that goes to a rung. */
export interface Job {
  /** The trial's number, from 0. */
  readonly trial: number;
  /** The number of the rung that it is to reach, from 0. */
  readonly rung: number;
}

/**
 * Asynchronous successive halving: a trial goes on as soon as it is among the best of those that reached its rung, and nothing waits for a rung to
 * be full. Without halving there is one rung, and each trial is one job.
 * Li, Jamieson, Rostamizadeh, Gonina, Ben-tzur, Hardt, Recht and Talwalkar 2020, A system for massively parallel hyperparameter tuning, algorithm 2.
 */
export class Halver {
  readonly #trials: readonly number[];
  readonly #eta: number;
  /** Of each rung: the trials that reached it, the best first, and who has gone on. */
  readonly #rungs: { readonly ranked: Ranked[]; readonly promoted: Set<number> }[];
  readonly #begun = new Set<number>();
  /** The place in the list of the first trial that isn't begun. */
  #first = 0;

  /** @param trials their numbers, in the order in which they are begun */
  constructor(
    trials: readonly number[],
    { eta, rungs }: Pick<Halving, "eta"> & { readonly rungs: { readonly length: number } },
  ) {
    this.#trials = trials;
    this.#eta = eta;
    this.#rungs = Array.from({ length: rungs.length }, () => ({ ranked: [], promoted: new Set() }));
  }

  /** What to begin now; undefined: nothing, until something more is reported. */
  next(): Job | undefined {
    for (let rung = this.#rungs.length - 2; rung >= 0; rung--) {
      const trial = this.#promotable(rung);
      if (trial !== undefined) {
        this.#rungs[rung]!.promoted.add(trial);
        return { trial, rung: rung + 1 };
      }
    }
    while (this.#first < this.#trials.length && this.#begun.has(this.#trials[this.#first]!)) this.#first++;
    const trial = this.#trials[this.#first];
    if (trial === undefined) return undefined;
    this.#begun.add(trial);
    return { trial, rung: 0 };
  }

  /** A job that ended: its score, lower is better; NaN where it failed, which is the worst. What an earlier run left is reported first of all. */
  report({ trial, rung }: Job, score: number): void {
    this.#begun.add(trial);
    for (const { promoted } of this.#rungs.slice(0, rung)) promoted.add(trial);
    insert(this.#rungs[rung]!.ranked, { trial, score: Number.isNaN(score) ? Number.POSITIVE_INFINITY : score });
  }

  /** The best of a rung that has not gone on, where it is among the best of all that reached it. */
  #promotable(rung: number): number | undefined {
    const { ranked, promoted } = this.#rungs[rung]!;
    const most = Math.floor(ranked.length / this.#eta);
    for (let i = 0; i < most; i++) {
      const { trial, score } = ranked[i]!;
      if (score === Number.POSITIVE_INFINITY) return undefined;
      if (!promoted.has(trial)) return trial;
    }
    return undefined;
  }
}

interface Ranked {
  readonly trial: number;
  readonly score: number;
}

/** Sets something into its place: the lowest score first, of equal ones the first trial. */
function insert(ranked: Ranked[], one: Ranked): void {
  let [from, to] = [0, ranked.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    const { score, trial } = ranked[middle]!;
    if (score < one.score || (score === one.score && trial < one.trial)) from = middle + 1;
    else to = middle;
  }
  ranked.splice(from, 0, one);
}
