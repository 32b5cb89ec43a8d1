import type { Figure } from "../statistics/figure.ts";
import { mean, medianInterval, quantile } from "../statistics/sample.ts";
import { machineSeconds, othersBetween, ownSeconds, type Reading } from "./load.ts";

/** What one of several calls that took turns took, in seconds. */
export interface Lap {
  /** Half of the calls, and 95 of 100, took no longer. */
  readonly p50: number;
  readonly p95: number;
  /** The middle half of the calls took from this long to that long. */
  readonly quartiles: readonly [low: number, high: number];
  /**
   * The mean over each round's calls: what ratios are made of. On a busy machine a call that is longer than the system's slices of time is
   * interrupted, and a short one mostly isn't: their medians would not be comparable, their means are.
   */
  readonly rounds: readonly number[];
}

export interface Race {
  readonly laps: readonly Lap[];
  /** Cores that others kept busy in each round; empty where the system doesn't tell. */
  readonly others: readonly number[];
}

export interface RaceOptions {
  readonly rounds: number;
  /** How long each call is repeated for in each round. */
  readonly seconds: number;
  /** Told after each round; what it awaits is not timed. */
  readonly onRound?: ((done: number, of: number) => Promise<void> | void) | undefined;
}

/**
 * Times calls that do comparable work. In each round every one is repeated for a while, each round beginning with another: what else
 * the machine does meets them alike, and what one leaves behind in the caches is not always the same one's to find. A first round
 * doesn't count.
 */
export async function race(calls: readonly (() => void)[], { rounds, seconds, onRound }: RaceOptions): Promise<Race> {
  const taken: number[][] = calls.map(() => []);
  const means: number[][] = calls.map(() => []);
  const others: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const before = reading();
    for (let turn = 0; turn < calls.length; turn++) {
      const lane = (round + turn) % calls.length;
      const times = repeated(calls[lane]!, seconds);
      if (round === 0) continue;
      taken[lane]!.push(...times);
      means[lane]!.push(mean(times));
    }
    const after = reading();
    if (round > 0 && before && after) others.push(othersBetween(before, after));
    await onRound?.(round, rounds);
  }
  const laps = taken.map((times, lane) => {
    const sorted = Float64Array.from(times).sort();
    const at = (share: number): number => quantile(sorted, share);
    return { p50: at(0.5), p95: at(0.95), quartiles: [at(0.25), at(0.75)] as const, rounds: means[lane]! };
  });
  return { laps, others };
}

/** How many times as fast the first is: the median over rounds of the ratio within each, and its interval. */
export function timesFaster(ours: Pick<Lap, "rounds">, theirs: Pick<Lap, "rounds">): Figure {
  return medianInterval(theirs.rounds.map((time, round) => time / ours.rounds[round]!));
}

/** Calls for at least so long, at least once; the seconds of each call. */
function repeated(call: () => void, seconds: number): number[] {
  const times: number[] = [];
  const start = performance.now();
  let now = start;
  do {
    const from = now;
    call();
    now = performance.now();
    times.push((now - from) / 1000);
  } while (now - start < 1000 * seconds);
  return times;
}

function reading(): Reading | undefined {
  const machine = machineSeconds();
  return machine === undefined ? undefined : { time: performance.now() / 1000, machine, own: ownSeconds() };
}
