import type { Asked, Ran, Training } from "./training.svelte.ts";

/** The runs that stand beside each other, of which one is trained at a time. */
export class Runs {
  readonly training: Training;
  /** Begins a training. */
  readonly #start: (asked: Asked) => void;
  /** Those that ended, by their settings. */
  #ended = $state.raw<Readonly<Record<string, Ran>>>({});
  /** Those that wait for the one before. */
  #queue = $state.raw<readonly Asked[]>([]);

  constructor(training: Training, start: (asked: Asked) => void) {
    this.training = training;
    this.#start = start;
    training.onEnd = () => {
      const { asked, ran } = training;
      if (asked) this.#ended = { ...this.#ended, [asked.text]: ran };
      if (ran.stage === "failed") this.#queue = [];
      this.#next();
    };
  }

  /** What is known of the run with these settings. */
  of(text: string): Ran | undefined {
    return this.training.asked?.text === text ? this.training.ran : this.#ended[text];
  }

  /** Runs that wait for their turn. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Trains one after the other those that aren't done. */
  trainAll(runs: readonly Asked[]): void {
    this.#queue = runs.filter(({ text }) => this.of(text)?.stage !== "done");
    this.#next();
  }

  /** Begins one run; none waits any more. */
  train(asked: Asked): void {
    this.#queue = [];
    this.#start(asked);
  }

  /** Stops the training; none that waits begins. */
  stop(): void {
    this.#queue = [];
    this.training.stop();
  }

  #next(): void {
    const [first, ...others] = this.#queue;
    this.#queue = others;
    if (first) this.#start(first);
  }
}
