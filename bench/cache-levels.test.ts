import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bytesIn, cacheLevels, capacityOf, MEMORY, processorsIn, usualLevels } from "./cache-levels.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "caches-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Writes a cache as Linux shows it. */
function cache(index: number, level: string, type: string, size: string, list: string): void {
  const place = join(folder, `index${index}`);
  mkdirSync(place);
  const files = { level, type, size, shared_cpu_list: list };
  for (const [file, text] of Object.entries(files)) writeFileSync(join(place, file), `${text}\n`);
}

describe("the levels", () => {
  it("are the caches for data that Linux says, and the memory", () => {
    cache(0, "1", "Data", "48K", "0,4");
    cache(1, "1", "Instruction", "32K", "0,4");
    cache(2, "2", "Unified", "2048K", "0,4");
    cache(3, "3", "Unified", "96M", "0-7");
    expect(cacheLevels(folder)).toEqual([
      { name: "first cache", bytes: 48 * 1024, sharedBy: 2 },
      { name: "second cache", bytes: 2 * 2 ** 20, sharedBy: 2 },
      { name: "third cache", bytes: 96 * 2 ** 20, sharedBy: 8 },
      { name: MEMORY, bytes: Number.POSITIVE_INFINITY, sharedBy: Number.POSITIVE_INFINITY },
    ]);
  });

  it("are the usual ones where nothing is said, or nothing that makes sense", () => {
    expect(cacheLevels(join(folder, "none"))).toBe(usualLevels);
    expect(cacheLevels(folder)).toBe(usualLevels);
    cache(0, "1", "Data", "48 KiB", "0");
    expect(cacheLevels(folder)).toBe(usualLevels);
  });

  it("are the usual ones where a cache is not larger than the one before, or a level is missing", () => {
    cache(0, "1", "Data", "48K", "0");
    cache(1, "2", "Unified", "48K", "0");
    expect(cacheLevels(folder)).toBe(usualLevels);
    rmSync(join(folder, "index1"), { recursive: true });
    cache(1, "3", "Unified", "1M", "0");
    expect(cacheLevels(folder)).toBe(usualLevels);
  });
});

it("lists of processors and sizes are read as Linux writes them", () => {
  expect(["0", "0-1", "0-3,8", "0,2,4-5"].map(processorsIn)).toEqual([1, 2, 5, 4]);
  expect(["", "a", "1-"].map(processorsIn)).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  expect(["32K", "1M", "512"].map(bytesIn)).toEqual([32768, 2 ** 20, 512]);
  expect(["", "K", "32 K", "-1K"].map(bytesIn).every(Number.isNaN)).toBe(true);
});

it("threads have as many caches as they have processors that share none", () => {
  const [own, shared] = [
    { name: "own", bytes: 100, sharedBy: 1 },
    { name: "shared", bytes: 1000, sharedBy: 4 },
  ];
  expect([1, 2, 4, 5, 8].map((threads) => capacityOf(own, threads))).toEqual([100, 200, 400, 500, 800]);
  expect([1, 2, 4, 5, 8].map((threads) => capacityOf(shared, threads))).toEqual([1000, 1000, 1000, 2000, 2000]);
  expect(capacityOf(usualLevels.at(-1)!, 3)).toBe(Number.POSITIVE_INFINITY);
});
