import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { InstructionRow, LevelRow, Row, Run } from "../bench/rows.ts";
import { PAGE, PICTURE, picture, withTables } from "../scripts/roofline.ts";
import { committed, type Results } from "../scripts/roofline-run.ts";
import * as scaling from "../scripts/scaling.ts";
import { read } from "./support/repository.ts";

const [page, scalingPage] = [read(PAGE), read(scaling.PAGE)];

const run: Run = {
  ...{ command: "npm run bench -- roofline", date: "2026-01-01" },
  machine: { cpu: "A processor", cores: 2, node: "v20.1.0" } as Run["machine"],
};
const SIZE = "784-2000-2000-10:100";

/** Rows of one step on some threads. */
function rowsOn(threads: number, size = SIZE): (Row & Run)[] {
  const row = (part: string, value: number, more: Partial<Row> = {}): Row & Run => ({
    ...{ workload: `roofline ${size}, ${part}`, engine: "e", threads, value, min: value, max: value, unit: "µs" },
    ...{ values: [value], others: [0], disturbed: 0, note: "", task: { size, threads, barriers: 10 }, ...run, ...more },
  });
  const level = (name: string, loop: string, value: number, more: Omit<LevelRow, "name" | "loop">) =>
    row(`${name}, ${loop}`, value, { level: { name, loop, ...more } });
  const instruction = (number: number, value: number, own: Partial<InstructionRow>) =>
    row(` ${number} gemm`, value, {
      instruction: {
        ...{ number, text: `gemm ${number}`, computes: "", multiplyAdds: 0, steps: 0, bytes: 0, footprint: 0 },
        ...{ isAtMost: false, bound: 99, by: "stale", alone: false, chunks: [2, 16], ...own },
      },
    });
  return [
    row("multiply-adds", 1e4 / threads),
    ...[level("first cache", "copy", 1e4 / threads, { bytes: 1024, sharedBy: 1 })],
    ...[level("first cache", "scale", 5e3 / threads, { bytes: 1024, sharedBy: 1 })],
    // Twice as much for two threads in their own caches; 1.6 times in the memory.
    level("memory", "copy", threads === 1 ? 2e5 : 1.25e5, {}),
    instruction(0, 800 / threads, { multiplyAdds: 2e7, bytes: 1000, footprint: 1000 }),
    instruction(1, 150 / threads, { bytes: 2e5, footprint: 1e5 }),
    instruction(2, 40, { alone: true, chunks: [0, 0] }),
    instruction(3, 10, { alone: true, chunks: [0, 0] }),
    row("a call", threads === 1 ? 1000 : 540),
    ...(threads > 1 ? [row("barrier", 0.5)] : []),
  ];
}
const results: Results = { roofline: [...rowsOn(1), ...rowsOn(2)] };
const cells = (text: string, start: string): string[] =>
  text
    .split("\n")
    .find((line) => line.startsWith(start))!
    .split("|")
    .map((cell) => cell.trim())
    .slice(1, -1);

describe("the page on the machine's limits", () => {
  const made = withTables(page, results);

  it("has each limit on each number of threads, the fastest of all ways", () => {
    expect(cells(made, "| arithmetic in registers")).toEqual([
      ...["arithmetic in registers", "", "100 GFLOP/s", "200 GFLOP/s"],
    ]);
    expect(cells(made, "| first cache")).toEqual(["first cache", "1.00 KiB", "200 GB/s", "400 GB/s"]);
    expect(cells(made, "| memory")).toEqual(["memory", "", "5.00 GB/s", "8.00 GB/s"]);
  });

  it("has a step on the most threads beside the bound that follows from those limits", () => {
    // 4·10⁷ operations at 200 GFLOP/s are 200 µs; 2·10⁵ bytes at 8 GB/s 25 µs.
    expect(cells(made, `| \`${SIZE}\``).slice(1)).toEqual(["4", "540", "525", "225", "43 %", "gemm 0: 200"]);
    expect(cells(made, "| 0 gemm 0")).toEqual([
      ...["0 gemm 0", "400", "76 %", "20.0", "0.00100", "200", "arithmetic", "50 %"],
    ]);
    expect(cells(made, "| 1 gemm 1")).toEqual(["1 gemm 1", "75.0", "14 %", "", "0.200", "25.0", "memory", "33 %"]);
    expect(cells(made, "| 1 other")).toEqual(["1 other", "10.0", "2 %", "", "", "", "", ""]);
    expect(made).toContain("None of the 8 instructions took less time than its bound.");
  });

  it("has no bound where gates skip work, and says by how much bounds are exceeded", () => {
    const change = (number: number, value: number, own: Partial<InstructionRow>): Results => ({
      roofline: results.roofline.map((row) =>
        row.instruction?.number === number ? { ...row, value, instruction: { ...row.instruction, ...own } } : row,
      ),
    });
    const gated = withTables(page, change(0, 400, { isAtMost: true }));
    expect(cells(gated, "| 0 gemm 0").slice(3)).toEqual(["≤ 20.0", "≤ 0.00100", "", "", ""]);
    expect(cells(gated, `| \`${SIZE}\``)[4]).toBe("25.0");
    const fast = withTables(page, change(1, 20, {}));
    expect(fast).toContain("2 of the 8 instructions took less time than their bound: one is 100 % faster");
    expect(fast).toContain("more than noise");
    // The bounds are 40 and 25 µs on one and on two threads.
    expect(withTables(page, change(1, 39, {}))).toMatch(/1 of the 8 .* one is 3 % faster[\s\S]*That is noise/);
  });

  it("says where other processes disturbed too many rounds", () => {
    expect(made).not.toContain("busy");
    const disturbed = withTables(page, { roofline: results.roofline.map((row) => ({ ...row, disturbed: 1 })) });
    expect(disturbed).toContain("The machine was busy: other processes disturbed 2 of 2 rounds");
  });

  it("names the command where nothing is measured, and has a place for every table", () => {
    const none = withTables(page, { roofline: [] });
    expect(none.match(/Not measured: `npm run bench -- roofline --json/g)).toHaveLength(4);
    expect(() => withTables(page.replace("<!-- steps -->", ""), results)).toThrow(/no text between/);
  });

  it("has a picture of the instructions that take most", async () => {
    const svg = await picture(results);
    expect(svg).toContain("50 %, arithmetic");
    expect(svg).toContain("3 instructions take 98 % of a step");
    expect(await picture({ roofline: [] })).toBeUndefined();
  });

  it("is what the results file says", async () => {
    expect(withTables(page, committed())).toBe(page);
    const file = new URL(`../${PICTURE}`, import.meta.url);
    expect(existsSync(file) ? readFileSync(file, "utf8") : undefined).toBe(await picture(committed()));
  });
});

describe("the page on more cores", () => {
  const made = scaling.withTables(scalingPage, results);

  it("predicts threads from one", () => {
    // 950 µs are shared by 16 chunks, 50 left to one thread; 10 barriers take 0.5 µs each on two threads, and 32 times that on 64:
    // 14.8 + 50 + 44.5 + 160, and 1.1 more since 2·10⁵ bytes come from the memory at 19.1 GB/s.
    expect(cells(made, `| \`${SIZE}\` | 1 |`).slice(2, 5)).toEqual(["1000", "1.00×", "95 %"]);
    expect(cells(made, `| \`${SIZE}\` | 2 |`).slice(2)).toEqual(["530", "1.89×", "90 %", "9 %", "0 %", "0 %", "1 %"]);
    expect(cells(made, `| \`${SIZE}\` | 64 |`).slice(2)).toEqual([
      ...["270", "3.70×", "5 %", "18 %", "16 %", "0 %", "59 %"],
    ]);
  });

  it("says by how much two threads are mispredicted", () => {
    expect(cells(made, `| \`${SIZE}\` | 1000 |`).slice(2)).toEqual(["530", "540", "+2 %"]);
    expect(made).toContain("Measured times differ from the predicted ones by +2 % to +2 %.");
  });

  it("has each instruction with its chunks and what limits it, and the parts of the model", () => {
    expect(cells(made, "| 0 gemm 0")).toEqual(["0 gemm 0", "2 + 16", "800", "400", "100", "50.0", "chunks"]);
    expect(cells(made, "| 2 gemm 2")).toEqual(["2 gemm 2", "alone", ...Array(4).fill("40.0"), "one thread"]);
    expect(cells(made, "| a barrier")).toEqual(["a barrier", "0 µs", "0.500 µs", "2.00 µs", "16.0 µs"]);
    // c = 2 · 1.25/2 − 1 = 1/4.
    expect(cells(made, "| memory")).toEqual(["memory", "5.00 GB/s", "8.00 GB/s", "14.5 GB/s", "19.1 GB/s"]);
  });

  it("names the command where nothing is measured", () => {
    const none = scaling.withTables(scalingPage, { roofline: [] });
    expect(none.match(/Not measured: `npm run bench -- roofline --json/g)).toHaveLength(4);
  });

  it("is what the results file says", () => {
    expect(scaling.withTables(scalingPage, committed())).toBe(scalingPage);
  });
});
