import { appendFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileError, writeAtomically } from "../runs/index.ts";

const FILE = "records.jsonl";
const INFINITE = "Infinity";

/** The records of an experiment in a folder, a line each. */
export interface RecordFile<R> {
  readonly known: ReadonlyMap<string, R>;
  append(id: string, record: R): Promise<void>;
}

/** Opens the file, or begins one. A line that a crash has cut off is dropped, in the file too. */
export async function recordFile<R extends object>(folder: string): Promise<RecordFile<R>> {
  const path = join(folder, FILE);
  const text = await readFile(path, "utf8").catch(() => "");
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  if (whole !== text) await writeAtomically(path, whole);
  const lines = whole.split("\n").filter((line) => line !== "");
  return {
    known: new Map(lines.map((line) => decode<R>(line))),
    append: (id, record) =>
      appendFile(path, encode(id, record)).catch((error) => {
        throw fileError("write", path, error);
      }),
  };
}

/** Numbers that overflowed become a word: JSON has no number for them. */
const encode = (id: string, record: object): string =>
  `${JSON.stringify({ id, ...record }, (_, value) => (value === Number.POSITIVE_INFINITY ? INFINITE : value))}\n`;

function decode<R>(line: string): [string, R] {
  const { id, ...record } = JSON.parse(line, (_, value) => (value === INFINITE ? Number.POSITIVE_INFINITY : value));
  return [id, record as R];
}
