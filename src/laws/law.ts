import type { Estimator } from "../estimators/estimator.ts";
import type { Layer } from "./exact.ts";

/** An estimator as the laws look at it. */
export interface Subject {
  readonly estimator: Estimator;
  /** The quadrature over its noise. */
  readonly axis: Layer["axis"];
  /** Most units of the layers that are integrated over: 1 where a unit's noise takes hundreds of nodes. */
  readonly units: 1 | 2 | 3;
  /** K, where its card counts in samples. */
  readonly samples: number;
  /** Which of its samples train the downstream network. */
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
  /** Whether it says anything about this one (default: always). */
  readonly applies?: (subject: Subject) => boolean;
  readonly check: (subject: Subject) => void;
  /** Without it the others say nothing: they are left unchecked where it is broken. */
  readonly first?: true;
}

/** Throws an Error with the message unless it holds. */
export function hold(what: boolean, message: () => string): asserts what {
  if (!what) throw new Error(message());
}

type Numbers = readonly (readonly number[])[];

/** How two lists of lists differ by more than `within(expected, layer)` allows, in words; they are per layer and unit. */
export function differences(
  received: Numbers,
  expected: Numbers,
  within: (x: number, layer: number) => number,
): string[] {
  if (received.length !== expected.length || received.some((row, l) => row.length !== expected[l]!.length))
    return [`lengths ${received.map((row) => row.length)} instead of ${expected.map((row) => row.length)}`];
  return received.flatMap((row, l) =>
    row.flatMap((x, i) => {
      const wanted = expected[l]![i]!;
      return Math.abs(x - wanted) < within(wanted, l) ? [] : [`layer ${l}, unit ${i}: ${x} instead of ${wanted}`];
    }),
  );
}

/** Throws an Error with all differences unless two lists of lists are equal to `within`; the lists are per layer and unit. */
export function close(received: Numbers, expected: Numbers, within: number): void {
  const found = differences(received, expected, () => within);
  hold(found.length === 0, () => found.join("; "));
}

const results = new WeakMap<Subject, Map<string, unknown>>();
/** What several laws look at, found once for each subject. */
export function shared<T>(subject: Subject, name: string, find: () => T): T {
  const held = results.get(subject) ?? new Map<string, unknown>();
  results.set(subject, held);
  if (!held.has(name)) held.set(name, find());
  return held.get(name) as T;
}

/** Whether an estimator's integrals say something about E[loss] of what its units output. */
export const isAboutTheLoss = ({ estimator: { card } }: Subject): boolean => card.objective === undefined;
export const enumerates = ({ estimator: { card } }: Subject): boolean => card.passes === "2^H";
