import type { Estimator } from "../estimators/estimator.ts";
import type { Layer } from "./exact.ts";

/** An estimator as the laws look at it. */
export interface Subject {
  readonly estimator: Estimator;
  /** The quadrature over its noise. */
  readonly axis: Layer["axis"];
  /** Units of the layers that are integrated over: 1 where a unit's noise takes hundreds of nodes, 2 otherwise. */
  readonly units: 1 | 2;
  /** K, where its card counts in samples. */
  readonly samples: number;
  /** Which of its samples train the rest of the network. */
  readonly live: "one" | "all";
  /** How near an integral comes to its value. */
  readonly within: number;
  /** How near its rate and its readout come to theirs. */
  readonly unitWithin: number;
  /** Laws that it is known not to obey, by name, and why. */
  readonly exceptions: Readonly<Record<string, string>>;
}

/** Something that is true of every estimator, as a function that throws where it is not. */
export interface Law {
  readonly name: string;
  readonly title: (subject: Subject) => string;
  /** Whether it says anything about this one; always when left out. */
  readonly applies?: (subject: Subject) => boolean;
  readonly check: (subject: Subject) => void;
}

/** Throws an Error with the message unless it holds. */
export function hold(what: boolean, message: () => string): asserts what {
  if (!what) throw new Error(message());
}

/** Throws an Error unless two lists of lists are equal to `within`; the lists are per layer and unit. */
export function close(
  received: readonly (readonly number[])[],
  expected: readonly (readonly number[])[],
  within: number,
): void {
  hold(
    received.length === expected.length && received.every((row, l) => row.length === expected[l]!.length),
    () => `lengths ${received.map((row) => row.length)} instead of ${expected.map((row) => row.length)}`,
  );
  received.forEach((row, l) =>
    row.forEach((x, i) => {
      const wanted = expected[l]![i]!;
      hold(Math.abs(x - wanted) < within, () => `layer ${l}, unit ${i}: ${x} instead of ${wanted}`);
    }),
  );
}

/** Whether an estimator's integrals say something about E[loss] of what its units send. */
export const isAboutTheLoss = ({ estimator: { card } }: Subject): boolean => card.objective === undefined;
export const enumerates = ({ estimator: { card } }: Subject): boolean => card.passes === "2^H";
