/**
 * The speed of training steps, in examples per second: of all steps, and of those since the last validation. The first step of a process compiles
 * the network and counts only where there is no other.
 */
export class Speed {
  readonly #past: Past;
  #first: Timed | undefined;
  readonly #all: Timed = { examples: 0, seconds: 0 };
  #recent: Timed = { examples: 0, seconds: 0 };

  /** @param past all steps of the training, over all processes: each step is added */
  constructor(past: Past) {
    this.#past = past;
  }

  /** Adds a step. */
  step(examples: number, seconds: number): void {
    this.#past.trained += examples;
    this.#past.stepSeconds += seconds;
    if (!this.#first) {
      this.#first = { examples, seconds };
      return;
    }
    for (const sum of [this.#all, this.#recent]) {
      sum.examples += examples;
      sum.seconds += seconds;
    }
  }

  /** Since the last validation; of all steps where only the first one was since. */
  get recent(): number {
    return this.#recent.examples > 0 ? perSecond(this.#recent) : this.overall;
  }

  /** Of this process's steps; of those before where it has none. NaN before the first step. */
  get overall(): number {
    const { trained: examples, stepSeconds: seconds } = this.#past;
    return perSecond(this.#all.examples > 0 ? this.#all : (this.#first ?? { examples, seconds }));
  }

  /** The recent speed, which begins anew with a validation. */
  takeRecent(): number {
    const speed = this.recent;
    this.#recent = { examples: 0, seconds: 0 };
    return speed;
  }
}

interface Past {
  trained: number;
  stepSeconds: number;
}

interface Timed {
  examples: number;
  seconds: number;
}

/** The coarsest clock of a browser, in seconds. */
const COARSEST = 1e-3;

/** A clock that saw no time go by in these steps is coarse: they took less than it sees. */
const perSecond = ({ examples, seconds }: Timed): number =>
  examples / (seconds > 0 || examples === 0 ? seconds : COARSEST);
