import type { Work } from "../../../src/plan/instruction-work.ts";
import { type CacheLevel, capacityOf } from "../../cache-levels.ts";

/** A cache or the memory, and how fast numbers are moved there. */
export interface Moved {
  readonly level: CacheLevel;
  /** Microseconds of 10⁹ bytes read and written by all threads. */
  readonly microseconds: number;
}

/** What the machine can do at best on a number of threads. */
export interface Ceilings {
  readonly threads: number;
  /** Microseconds of 10⁹ operations in registers. */
  readonly arithmetic: number;
  /** From the smallest cache to the memory. */
  readonly moved: readonly Moved[];
}

export const ARITHMETIC = "arithmetic";

/** What an instruction can't be faster than, and by which limit. */
export interface Bound {
  readonly microseconds: number;
  /** `ARITHMETIC`, or the name of a level. */
  readonly by: string;
}

/** Operations that an instruction does: a multiply-add is two, a step one on each number. */
export const operationsOf = ({ multiplyAdds, steps }: Pick<Work, "multiplyAdds" | "steps">): number =>
  2 * (multiplyAdds + steps);

/**
 * The larger of what its arithmetic takes in registers, and what its bytes take to move within the smallest level that holds the places
 * that it touches.
 */
export function boundOf(work: Omit<Work, "isAtMost">, { arithmetic, moved, threads }: Ceilings): Bound {
  const computed = (operationsOf(work) / 1e9) * arithmetic;
  const { level, microseconds } = moved.find((each) => work.footprint <= capacityOf(each.level, threads))!;
  const carried = (work.bytes / 1e9) * microseconds;
  return computed >= carried ? { microseconds: computed, by: ARITHMETIC } : { microseconds: carried, by: level.name };
}

/**
 * The fastest way to move numbers at each level, of several that were timed. What lies in a level is never slower than what lies beyond it,
 * so a measurement that says otherwise bounds nothing.
 */
export function fastestWays(levels: readonly CacheLevel[], timed: (level: CacheLevel) => readonly number[]): Moved[] {
  let least = Number.POSITIVE_INFINITY;
  return [...levels]
    .reverse()
    .map((level): Moved => {
      least = Math.min(least, ...timed(level));
      return { level, microseconds: least };
    })
    .reverse();
}
