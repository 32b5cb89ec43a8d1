import type { Dataset } from "../data/index.ts";
import { UserError } from "../errors.ts";
import type { Generated } from "../generate/generate.ts";
import { NdArray } from "../graph/index.ts";
import { type PenLine, penLines, type StrokeSection } from "../plots/index.ts";
import { show } from "../rules.ts";
import { median } from "../statistics/sample.ts";

/** Steps of a typical sequence: the median length in the test set, or all steps where sequences have one length. */
export function usualSteps({ test }: Dataset, steps: number): number {
  const { lengths } = test.fields;
  return lengths ? Math.round(median(Array.from(lengths.data))) : steps;
}

/** The classes as text: a character each, or words. A name in quotes stands for a character that can't be seen. */
export const classNames = ({ fields }: Dataset): readonly string[] =>
  (fields.label?.classes ?? []).map((name) => (/^".+"$/s.test(name) ? String(JSON.parse(name)) : name));

/** One-hot rows of a text's characters, [n, C]. Throws UserError, naming the character, for one that the data don't have. */
export function charactersIn(text: string, data: Dataset): NdArray {
  const names = classNames(data);
  const characters = Array.from(text);
  const rows = NdArray.zeros([characters.length, names.length]);
  for (const [i, character] of characters.entries()) {
    const at = names.indexOf(character);
    if (at < 0)
      throw new UserError(
        `generate: --start must be of the ${names.length} characters of ${data.name}, received ${show(character)} in ${show(text)}`,
      );
    rows.data[i * names.length + at] = 1;
  }
  return rows;
}

/** What the first sequences of the test set begin with, [count, 1, I]. */
export function firstRows({ test }: Dataset, count: number): NdArray {
  const { data, shape } = test.fields.x!;
  const [size, steps, width] = shape as [number, number, number];
  const rows = NdArray.zeros([count, 1, width]);
  for (let i = 0; i < count; i++)
    for (let j = 0; j < width; j++) rows.data[i * width + j] = data[(i % size) * steps * width + j]!;
  return rows;
}

const rowsOf = ({ data, shape }: NdArray, i: number): number[] => {
  const each = shape.slice(1).reduce((n, m) => n * m, 1);
  return Array.from(data.subarray(i * each, (i + 1) * each));
};

/** The drawings that were generated, each up to where the pen was lifted last, and as many of the test set. */
export function sectionsOf({ rows }: Generated, data: Dataset): StrokeSection[] {
  const count = rows.shape[0]!;
  const generated = Array.from({ length: count }, (_, i): PenLine[] => {
    const steps = [0, 0, 0, ...rowsOf(rows, i)];
    const lifts = steps.flatMap((value, at) => (at % 3 === 2 && value === 1 ? at + 1 : []));
    return penLines(steps.slice(0, lifts.at(-1)));
  });
  const { x, y, lengths } = data.test.fields;
  const real = Array.from({ length: Math.min(count, data.test.size) }, (_, i): PenLine[] => {
    const length = lengths ? lengths.data[i]! : x!.shape[1]!;
    const [seen, next] = [rowsOf(x!, i), rowsOf(y!, i)];
    return penLines([...seen.slice(0, 3 * length), ...next.slice(3 * length - 3, 3 * length)]);
  });
  return [
    { title: "generated", drawings: generated },
    { title: `of the test set of ${data.name}`, drawings: real },
  ];
}

/** What sequence i begins with, of a start for each or for all. */
const beginning = (start: NdArray, i: number): number[] =>
  start.shape.length === 3 ? rowsOf(start, i) : Array.from(start.data);

/** Sequences as text: classes by their names after those of the start, numbers as rows apart by tabs. */
export function textsOf({ what, rows }: Generated, start: NdArray | undefined, data: Dataset): string[] {
  const [count, , width] = rows.shape as [number, number, number];
  return Array.from({ length: count }, (_, i) => {
    const before = start && what === "classes" ? beginning(start, i) : [];
    const numbers = [...before, ...rowsOf(rows, i)];
    const lines = Array.from({ length: numbers.length / width }, (_, t) => numbers.slice(t * width, (t + 1) * width));
    if (what !== "classes") return lines.map((line) => line.map((v) => String(v)).join("\t")).join("\n");
    const names = classNames(data);
    const between = names.every((name) => Array.from(name).length === 1) ? "" : " ";
    return lines.map((line) => names[line.indexOf(1)]).join(between);
  });
}
