import { type CacheLevel, cacheLevels, capacityOf, MEMORY } from "../../cache-levels.ts";
import type { Contestant } from "../../measure.ts";
import type { LevelRow, Row } from "../../rows.ts";
import type { CeilingKind } from "../../workloads/ceiling.ts";
import { workloadOf } from "../../workloads/index.ts";
import { laneOf } from "../engine-lane.ts";
import type { Lane } from "../subject.ts";
import { type Ceilings, fastestWays } from "./bound.ts";

const MULTIPLY_ADDS = "multiply-adds";

/** Ways to move numbers, with the bytes that each moves for a float: to another array, multiplied in place, only read. */
const loops = { copy: 8, scale: 8, sum: 4 } as const;
type MovingLoop = keyof typeof loops;
const moving = Object.keys(loops) as MovingLoop[];

/** Bytes of the arrays that stand for a level: half of the caches, so that they lie there and not beyond; a multiple of all caches for the memory. */
function workingSet(levels: readonly CacheLevel[], level: CacheLevel, threads: number): number {
  if (level.name !== MEMORY) return capacityOf(level, threads) / 2;
  return Math.max(2 ** 28, 8 * capacityOf(levels.at(-2)!, threads));
}

const formOf = (level: string, loop: MovingLoop): string => `${level}, ${loop}`;

/** The limits as lanes: what 10⁹ operations take in registers, and what 10⁹ bytes take in each cache, in microseconds. */
export async function ceilingLanes(
  contestants: readonly Contestant[],
  kind: CeilingKind,
  seconds: number,
): Promise<Lane[]> {
  const levels = cacheLevels();
  const lanes: Lane[] = [];
  for (const contestant of contestants) {
    const { name, threads } = contestant;
    const isMemory = name === "ceiling memory";
    if (!isMemory && name !== `ceiling ${kind}`) continue;
    const tasks = isMemory
      ? levels.flatMap((level) =>
          moving.map((loop) => ({
            ...{ form: formOf(level.name, loop), loop, unit: loops[loop] },
            // A copy has two arrays.
            count: workingSet(levels, level, threads) / (loop === "copy" ? 8 : 4),
          })),
        )
      : [{ form: MULTIPLY_ADDS, loop: "fma" as const, count: 0, unit: 1 }];
    for (const [i, { form, loop, count, unit }] of tasks.entries()) {
      const task = { kind: "ceiling", loop, count } as const;
      const check = workloadOf(task).checker(task);
      const value = (rate: number): number => 1e15 / (rate * unit);
      const { cpuSeconds, ...lane } = await laneOf(contestant, { task, form, check, seconds, value });
      lanes.push({ ...lane, ...(i === 0 && cpuSeconds && { cpuSeconds }) });
    }
  }
  return lanes;
}

/** What the row of a limit says of its level, one of `levels`; undefined for other rows. */
export function levelOf({ workload }: Row, levels: readonly CacheLevel[]): LevelRow | undefined {
  for (const { name, bytes, sharedBy } of levels)
    for (const loop of moving)
      if (workload.endsWith(`, ${formOf(name, loop)}`))
        return name === MEMORY ? { name, loop } : { name, bytes, sharedBy, loop };
  return undefined;
}

/** The limits that rows of one contest hold: of each the best round, since nothing that others disturb is a limit. */
export function ceilingsIn(rows: readonly Row[]): Ceilings {
  const limits = rows.filter(({ level }) => level);
  const names = [...new Set(limits.map(({ level }) => level!.name))];
  const levels = names.map((name): CacheLevel => {
    const { bytes, sharedBy } = limits.find(({ level }) => level!.name === name)!.level!;
    return { name, bytes: bytes ?? Number.POSITIVE_INFINITY, sharedBy: sharedBy ?? Number.POSITIVE_INFINITY };
  });
  const arithmetic = rows.find(({ workload }) => workload.endsWith(`, ${MULTIPLY_ADDS}`))!;
  return {
    ...{ threads: arithmetic.threads, arithmetic: arithmetic.min },
    moved: fastestWays(levels, ({ name }) => limits.filter(({ level }) => level!.name === name).map(({ min }) => min)),
  };
}
