import type { Own } from "../../worker/own-files.ts";
import { sameOwn } from "./own.ts";
import type { Asked, Ran, Training } from "./training.svelte.ts";

/** The runs that stand beside each other, of which one is trained at a time. */
export class Runs {
  readonly training: Training;
  /** Begins a training. */
  readonly #start: (asked: Asked) => void;
  /** Those that ended, by their settings, with what they read. */
  #ended = $state.raw<Readonly<Record<string, { readonly ran: Ran; readonly own: Own | undefined }>>>({});
  /** Those that wait for the one before. */
  #queue = $state.raw<readonly Asked[]>([]);

  constructor(training: Training, start: (asked: Asked) => void) {
    this.training = training;
    this.#start = start;
    training.onEnd = () => {
      const { asked, ran } = training;
      if (asked) this.#ended = { ...this.#ended, [asked.text]: { ran, own: asked.own } };
      if (ran.stage === "failed") this.#queue = [];
      this.#next();
    };
  }

  /** What is known of the run with these settings, of a file as it is now. */
  of(text: string, own: Own | undefined): Ran | undefined {
    const { asked, ran } = this.training;
    const known = asked?.text === text ? { ran, own: asked.own } : this.#ended[text];
    return known && sameOwn(known.own, own) ? known.ran : undefined;
  }

  /** Runs that wait for their turn. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Trains one after the other those that aren't done. */
  trainAll(runs: readonly Asked[]): void {
    this.#queue = runs.filter(({ text, own }) => this.of(text, own)?.stage !== "done");
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
