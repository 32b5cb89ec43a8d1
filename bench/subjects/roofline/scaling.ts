/** What a step takes on more threads than were measured, from what its instructions take on one. */
import type { CacheLevel } from "../../cache-levels.ts";
import type { InstructionRow } from "../../rows.ts";
import type { Ceilings } from "./bound.ts";

/** What was measured of the machine: limits on one thread and on two, and a barrier of two threads in microseconds. */
export interface Machine {
  readonly one: Ceilings;
  readonly two: Ceilings;
  readonly barrier: number;
}

/** An instruction on one thread. */
export interface Single {
  /** In microseconds. */
  readonly time: number;
  readonly instruction: Pick<InstructionRow, "bytes" | "footprint" | "alone" | "chunks">;
}

/** A step on one thread: its instructions one by one, a call in one piece, and how often all threads wait for each other. */
export interface StepOnOne {
  readonly instructions: readonly Single[];
  readonly whole: number;
  readonly barriers: number;
}

/**
 * By how much threads disturb each other where they share a cache or the memory: the rate of t threads is t / (1 + c (t − 1)) times one
 * thread's. 0 is no disturbance, 1 no gain at all.
 */
export function contention(one: number, two: number): number {
  // Microseconds of as many bytes: half on two threads that don't disturb each other.
  return Math.min(1, Math.max(0, (2 * two) / one - 1));
}

/** Each thread brings caches of its own, but no further cache that several share: there the machine is taken to be as it is. */
const holds = ({ bytes, sharedBy }: CacheLevel, threads: number): number => (sharedBy === 1 ? threads * bytes : bytes);

/** Microseconds of 10⁹ bytes on `threads` threads at the smallest level that holds so many. */
function moved(footprint: number, threads: number, { one, two }: Machine): { microseconds: number; name: string } {
  const at = one.moved.findIndex(({ level }) => footprint <= holds(level, threads));
  const { level, microseconds } = one.moved[at]!;
  const c = level.sharedBy === 1 ? 0 : contention(microseconds, two.moved[at]!.microseconds);
  return { microseconds: (microseconds * (1 + c * (threads - 1))) / threads, name: level.name };
}

/** Chunks that threads take: of the phase that has more. Undefined where it isn't known. */
const chunksOf = ({ chunks }: Single["instruction"]): number | undefined => chunks && Math.max(1, ...chunks);

/** What an instruction takes on so many threads, and what keeps it from taking less: "one thread", "chunks", "even shares" or a level. */
export function timeOn(single: Single, threads: number, machine: Machine): { microseconds: number; limit: string } {
  const { time, instruction } = single;
  if (instruction.alone) return { microseconds: time, limit: "one thread" };
  if (threads === 1) return { microseconds: time, limit: "even shares" };
  const chunks = chunksOf(instruction);
  const shares = chunks === undefined ? 1 / threads : Math.ceil(chunks / threads) / chunks;
  const level = moved(instruction.footprint, threads, machine);
  const carried = (instruction.bytes / 1e9) * level.microseconds;
  const divided = time * shares;
  if (carried > divided) return { microseconds: carried, limit: level.name };
  return { microseconds: divided, limit: shares > 1 / threads + 1e-9 ? "chunks" : "even shares" };
}

/** Microseconds of a barrier: threads write one line one after the other, so it grows with their number. */
export const barrierOn = (threads: number, { barrier }: Machine): number =>
  threads === 1 ? 0 : (Math.max(0, barrier) * threads) / 2;

/** Where the time of a step goes on so many threads, in microseconds. */
export interface Prediction {
  readonly whole: number;
  /** What would be left if all were shared evenly. */
  readonly even: number;
  /** What thread 0 does alone. */
  readonly alone: number;
  /** What is lost because chunks don't divide evenly, or are fewer than threads. */
  readonly chunks: number;
  /** What is lost because bytes can't be moved as fast. */
  readonly moving: number;
  readonly barriers: number;
}

/** A step on `threads` threads. Instructions take as much less in a call than one by one as they do on one thread. */
export function predict({ instructions, whole, barriers }: StepOnOne, threads: number, machine: Machine): Prediction {
  const together = whole / instructions.reduce((sum, { time }) => sum + time, 0);
  const parts = { even: 0, alone: 0, chunks: 0, moving: 0 };
  for (const single of instructions) {
    const time = single.time * together;
    if (single.instruction.alone) {
      parts.alone += time;
      continue;
    }
    const { microseconds } = timeOn({ ...single, time }, threads, machine);
    const chunks = chunksOf(single.instruction);
    const divided =
      threads === 1 || chunks === undefined ? time / threads : (time * Math.ceil(chunks / threads)) / chunks;
    parts.even += time / threads;
    parts.chunks += divided - time / threads;
    parts.moving += microseconds - divided;
  }
  const waits = barriers * barrierOn(threads, machine);
  const { even, alone, chunks, moving } = parts;
  return { whole: even + alone + chunks + moving + waits, ...parts, barriers: waits };
}
