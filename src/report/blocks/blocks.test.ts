import { existsSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { listFiles } from "../../../test/support/repository.ts";
import { decodePng } from "../../data/images/png.ts";
import { crc32 } from "../../formats/crc32.ts";
import { faultsOf } from "../../plots/testing.ts";
import type { ReportedRun } from "../report.ts";
import { blocks } from "./index.ts";
import { drawn, madeUpRun } from "./testing/index.ts";
import { samples } from "./testing/samples.ts";

/** HTML with each picture of pixels as its size and checksum, since one image has many encodings, and an element a line. */
const readable = (html: string): string =>
  html
    .replace(/data:image\/png;base64,([^"]*)/g, (_, base64: string) => {
      const { width, height, channels, data } = decodePng(Buffer.from(base64, "base64"));
      return `pixels ${width}×${height}×${channels} ${crc32(Uint8Array.from(data)).toString(16)}`;
    })
    // Clips have numbers of the process.
    .replace(/plot-clip-\d+/g, "plot-clip")
    .replaceAll("><", ">\n<");

const svgsIn = (html: string): string[] => html.match(/<svg [\s\S]*?<\/svg>/g) ?? [];

describe.each(blocks)("the block $name", (block) => {
  const { name, title, reads } = block;

  it("is a file of its name with a title and a sentence of how it is read", () => {
    expect(listFiles()).toContain(`src/report/blocks/${name}.ts`);
    expect(title).toMatch(/^[A-Z][^.]*$/);
    expect(reads).toMatch(/^[A-Z].*\.$/);
  });

  it("draws a small run as it always did", async () => {
    const file = new URL(`snapshots/${name}.html`, import.meta.url);
    if (process.env.HEAVISIDE_REQUIRE_ALL === "1") expect(existsSync(file), file.pathname).toBe(true);
    await expect(readable(await drawn(block, [samples[name]!]))).toMatchFileSnapshot(file.pathname);
  });

  it("draws charts whose texts can be read, in a page of one run and of two", async () => {
    const other = { ...samples[name]!, name: "another & longer name" };
    for (const runs of [[samples[name]!], [samples[name]!, other]]) {
      const html = await drawn(block, runs);
      expect(html).not.toBe("");
      expect(html).not.toMatch(/NaN|Infinity|undefined|\[object/);
      for (const svg of svgsIn(html)) expect(faultsOf(svg)).toEqual([]);
      if (runs.length > 1 && name !== "method") expect(html).toContain("another &#38; longer name");
    }
  });
});

it("has no section of a run that has nothing of it", async () => {
  const empty = blocks.filter(({ name }) => !["results", "curves"].includes(name));
  for (const block of empty) expect(await drawn(block, [madeUpRun({ history: [] })]), block.name).toBe("");
  const inputs = { rasters: [], mistakes: { count: 0, examples: 6, shown: [] } };
  for (const block of empty) expect(await drawn(block, [madeUpRun({ ...inputs, history: [] })]), block.name).toBe("");
});

const number = fc.oneof(fc.double(), fc.constantFrom(Number.NaN, Infinity, -Infinity, 0, -0, 1e-300, 1e300));
const floats = (length: number) => fc.array(number, { minLength: length, maxLength: length }).map((all) => Float32Array.from(all)); // biome-ignore format: one line
const block = (name: string) => blocks.find((each) => each.name === name)!;

/** Draws whatever a run has, and finds no number that is none in what is drawn. */
async function checked(name: string, given: Partial<ReportedRun>): Promise<string> {
  const html = await drawn(block(name), [madeUpRun(given)]);
  expect(html).not.toMatch(/NaN|Infinity|undefined/);
  for (const svg of svgsIn(html)) expect(svg).toMatch(/^<svg .*<\/svg>$/s);
  return html;
}

describe("whatever the numbers are, nothing is drawn that isn't a number", () => {
  test("confidences of one, few or many examples of up to 1000 classes", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 30 }),
        fc.constantFrom(2, 10, 1000),
        fc.infiniteStream(number),
        async (n, classes, stream) => {
          const label = (i: number) => (7 * i) % classes;
          const readings = {
            names: Array.from({ length: classes }, (_, c) => `class ${c}`),
            truth: Int32Array.from({ length: n }, (_, i) => label(i)),
            predicted: Int32Array.from({ length: n }, (_, i) => label(i + (i % 2))),
            confidence: Float32Array.from({ length: n }, () => stream.next().value as number),
            opened: [new Float64Array(3 * classes).map((_, i) => i % 2)],
          };
          await checked("calibration", { readings: { deterministic: readings, stochastic: readings } });
          await checked("gates-by-class", { readings: { deterministic: readings, stochastic: undefined } });
        },
      ),
      { numRuns: 15 },
    );
  });

  test("predictions of numbers", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 9 }).chain((n) => fc.tuple(floats(n), floats(n))),
        async ([truth, predicted]) => {
          await checked("predicted", { estimates: [{ name: "y", truth, predicted }] });
        },
      ),
      { numRuns: 30 },
    );
    expect(await checked("predicted", samples.predicted!)).toContain(
      "Half of the predictions of mass are off by at most 0.25",
    );
  });

  test("outputs, weights, signals and counts", async () => {
    // Signals are sums of float32.
    const signal = number.map(Math.fround);
    const share = fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(Number.NaN, undefined));
    const figure = fc.record({ value: signal, low: signal, high: signal });
    await fc.assert(
      fc.asyncProperty(
        fc.array(floats(4), { minLength: 1, maxLength: 5 }),
        figure,
        share,
        async (rows, signalToNoise, drawn) => {
          const groups = [{ name: "a", columns: 3 }, { name: "<b>", columns: 1 }]; // biome-ignore format: one line
          await checked("rasters", {
            rasters: [{ layer: "l", along: "steps", shows: "spikes", noun: "units", units: 99, rows, groups }],
          });
          const columns = rows.map((_, i) => `column ${i} ${"long ".repeat(20 * i)}`);
          await checked("weights", { weightTable: { columns, weights: rows, of: { columns: 99, units: 4 } } });
          await checked("gradient-noise", {
            gradientNoise: { batch: 1, steps: 20, layers: [{ name: "l", signalToNoise, drawn }] },
          });
        },
      ),
      { numRuns: 15 },
    );
  });

  test("more classes than a table or a picture has room for have none", async () => {
    const names = Array.from({ length: 1000 }, (_, c) => String(c));
    const [truth, predicted] = [Int32Array.of(3), Int32Array.of(4)];
    const readings = { names, truth, predicted, confidence: Float32Array.of(0.5), opened: [new Float64Array(2000)] };
    expect(await checked("gates-by-class", { readings: { deterministic: readings, stochastic: undefined } })).toBe("");
    expect(await checked("calibration", { readings: { deterministic: readings, stochastic: undefined } })).toContain("<td>1</td>"); // biome-ignore format: one line
  });
});
