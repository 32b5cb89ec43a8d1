import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Row, Run } from "../bench/rows.ts";
import { committed, disturbance, pictures, type Results, withTables } from "../scripts/conditional.ts";
import { read } from "./support/repository.ts";

const page = read("docs/explanation/conditional.md");

const run: Run = {
  ...{ command: "npm run bench -- conditional", date: "2026-01-01" },
  machine: { cpu: "A processor", cores: 2, node: "v20.1.0" } as Run["machine"],
};
const sizes = { batch: 256, input: 1024, blocks: 64, width: 64, output: 1024 };

/** A row of two rounds, of which one was disturbed. */
const row = (engine: string, task: Row["task"] & {}, value: number, more: Partial<Row> = {}): Row & Run => ({
  ...{ workload: "w", engine, threads: 2, value, min: value, max: value, unit: "ms", values: [value, value] },
  ...{ gflops: 7, others: [0, 1], disturbed: 1, note: "", task, ...run, ...more },
});
const ratio = (engine: string, median: number) => ({ timesAsFast: [{ engine, threads: 2, min: 1, median, max: 99 }] });
const layerTask = (form: string, density = 0.1) => ({
  ...{ part: "layer", ...sizes, density, pairs: 16384 * density, form },
});
const stages = ["y", "y dx", "y dx dweight", ""];

const results: Results = {
  layer: [
    row("heaviside native", layerTask("dense"), 44),
    row("heaviside native", layerTask("skip"), 5, ratio("heaviside native, dense", 8.8)),
    row("heaviside native", layerTask("dense"), 77, { threads: 1 }),
    row("PyTorch", layerTask("loop"), 33),
    row("heaviside native", { ...layerTask("skip sgd"), part: "update", batch: 8 }, 0.125),
  ],
  products: [
    ...["dense", "skip"].flatMap((form, layer) =>
      stages.map((stage, i) =>
        row(
          "heaviside wasm",
          { ...layerTask(`${form} ${stage}`.trim()), part: "products" },
          (10 - 9 * layer) * (i + 1),
        ),
      ),
    ),
    row("ceiling memory", { ...layerTask("memory"), part: "products" }, 2.5),
  ],
  paper: [
    ...["evaluated", "skip"].map((form) => {
      const task = { part: "paper", gate: "score-function", batch: 32, density: 0.1, open: 0.1, possible: 1.86, form };
      return row("heaviside native", task, form === "skip" ? 3 : 5.4, form === "skip" ? ratio("evaluated", 1.8) : {});
    }),
  ],
  scaling: [0.01, 0.1, 1].map((density) =>
    row(
      "heaviside native",
      { ...layerTask("skip", density), part: "scaling density" },
      5,
      ratio("heaviside native, dense", 0.5 / density),
    ),
  ),
};

describe("docs/explanation/conditional.md", () => {
  test("has the figures of bench/results, and the pictures are theirs", async () => {
    expect(withTables(page, committed())).toBe(page);
    for (const [file, svg] of await pictures(committed())) expect(read(file)).toBe(svg);
    for (const [, file] of page.matchAll(/\]\(\.\.\/(pictures\/[^)]+)\)/g))
      expect(existsSync(new URL(`../docs/${file}`, import.meta.url))).toBe(true);
  });

  test("begins with few open blocks, on the most threads", () => {
    const brief = (layer: Results["layer"]) => {
      const made = withTables(page, { ...results, layer });
      return made.slice(made.indexOf("<!-- skipping -->"), made.indexOf("<!-- /skipping -->"));
    };
    const made = brief(results.layer);
    expect(made).toContain("| 10 % | 5.00 | 8.80 (1.00–99.0) |  |  |  |  |");
    expect(brief([...results.layer, row("heaviside native", layerTask("skip", 0.5), 9)])).toBe(made);
  });

  test("takes a table from each part of a run, on the most threads", () => {
    const made = withTables(page, results);
    for (const line of [
      "| native, skip | 2 | 5.00 (5.00–5.00) | 7.00 | 8.80 (1.00–99.0) |  |",
      "| PyTorch, loop | 2 | 33.0 (33.0–33.0) | 7.00 |  |  |",
      "| 10 %, native | 2 | 44.0 | 5.00 | 8.80 (1.00–99.0) | 10.0 |  |",
      "ceiling memory, memory: 2.50 ms",
      "| batch 8, native, skip sgd | 2 | 0.125 (0.125–0.125) |  |",
      "| score-function, batch 32, native | 2 | 5.40 | 3.00 | 1.80 (1.00–99.0) | 1.86 |",
      "`npm run bench -- conditional` on A processor, 2 cores, Node 20.1.0; medians of 2 rounds.",
    ])
      expect(made).toContain(line);
    expect(made).toMatch(/\| wasm, forward \(two products\) \| 10\.0 \| \d+ \| 1\.00 \| [\d.]+ \| 10\.0 \|/);
    expect(made).not.toContain("77.0");
    expect(made).not.toContain("Not measured");
    expect(withTables(made, { ...results, layer: [] })).toContain("Not measured: `npm run bench -- conditional layer");
    expect(() => withTables(page.replace("<!-- paper -->", ""), results)).toThrow("no text between <!-- paper -->");
  });

  test("counts a contest's rounds once, and the disturbed ones among them", () => {
    expect(disturbance(results.scaling)).toEqual({ disturbed: 3, rounds: 6 });
  });

  test("shows the time of skipping as a share of the dense layer's, falling with the share of open blocks", async () => {
    const drawn = await pictures(results);
    expect(drawn.map(([file]) => file)).toEqual(
      ["density", "blocks", "width", "batch"].map((sweep) => `docs/pictures/conditional-${sweep}.svg`),
    );
    const [native, ideal] = [...drawn[0]![1].matchAll(/<path[^>]* d="M([^"]+)"/g)]
      .map(([, d]) => d!.split("L").map((pair) => pair.split(",").map(Number)))
      .filter((points) => points.length === 3);
    // 2, 20 and 200 % against 1, 10 and 100 %: parallel, and above.
    for (const i of [0, 1, 2])
      expect(ideal![i]![1]! - native![i]![1]!).toBeCloseTo(ideal![0]![1]! - native![0]![1]!, 1);
    expect(ideal![0]![1]!).toBeGreaterThan(native![0]![1]!);
    expect(await pictures({ ...results, scaling: [] })).toEqual([]);
  });
});
