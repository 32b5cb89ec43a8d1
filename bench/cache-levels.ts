/** Where numbers lie: the caches that Linux says the first processor has, and the memory. */
import { readdirSync, readFileSync } from "node:fs";

/** A cache, or the memory: the largest level, which holds everything. */
export interface CacheLevel {
  readonly name: string;
  /** In bytes; of the memory Infinity. */
  readonly bytes: number;
  /** How many processors share one. */
  readonly sharedBy: number;
}

const names = ["first cache", "second cache", "third cache", "fourth cache"] as const;
export const MEMORY = "memory";

const memory: CacheLevel = { name: MEMORY, bytes: Number.POSITIVE_INFINITY, sharedBy: Number.POSITIVE_INFINITY };

/** What is taken where the system doesn't tell: each thread's own caches, and its part of the shared one. */
export const usualLevels: readonly CacheLevel[] = [
  { name: names[0], bytes: 2 ** 15, sharedBy: 1 },
  { name: names[1], bytes: 2 ** 20, sharedBy: 1 },
  { name: names[2], bytes: 2 ** 23, sharedBy: 1 },
  memory,
];

const FOLDER = "/sys/devices/system/cpu/cpu0/cache";

/** "0-3,8" is five processors. NaN for anything else than such a list. */
export function processorsIn(list: string): number {
  return list
    .split(",")
    .map((range) => {
      const [first, last = first] = range.split("-").map((text) => (/^\d+$/.test(text) ? Number(text) : Number.NaN));
      return last! - first! + 1;
    })
    .reduce((sum, n) => sum + n, 0);
}

const units: Readonly<Record<string, number>> = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };

/** "32K" is 32768 bytes. NaN for anything else than digits and K, M or G. */
export function bytesIn(size: string): number {
  const [, digits, unit] = /^(\d+)([KMG]?)$/.exec(size) ?? [];
  return digits === undefined ? Number.NaN : Number(digits) * (units[unit!] ?? 1);
}

/** The levels from the smallest to the memory; the usual ones where the system says nothing, or nothing that makes sense. */
export function cacheLevels(folder = FOLDER): readonly CacheLevel[] {
  try {
    const caches = readdirSync(folder)
      .filter((name) => /^index\d+$/.test(name))
      .map((name) => {
        const said = (file: string): string => readFileSync(`${folder}/${name}/${file}`, "utf8").trim();
        const [level, type] = [Number(said("level")), said("type")];
        return { level, type, bytes: bytesIn(said("size")), sharedBy: processorsIn(said("shared_cpu_list")) };
      })
      .filter(({ type }) => type !== "Instruction")
      .sort((a, b) => a.level - b.level);
    const isSound = caches.every(
      ({ level, bytes, sharedBy }, i) => level === i + 1 && sharedBy >= 1 && bytes > (caches[i - 1]?.bytes ?? 0),
    );
    if (caches.length === 0 || caches.length > names.length || !isSound) return usualLevels;
    return [...caches.map(({ bytes, sharedBy }, i) => ({ name: names[i]!, bytes, sharedBy })), memory];
  } catch {
    return usualLevels;
  }
}

/** Bytes that all caches of a level hold together that threads on neighbouring processors use. */
export const capacityOf = ({ bytes, sharedBy }: CacheLevel, threads: number): number =>
  bytes === Number.POSITIVE_INFINITY ? bytes : bytes * Math.ceil(threads / sharedBy);
