import { join } from "node:path";
import { UserError } from "../../errors.ts";
import { show } from "../../rules.ts";
import { appendWhole, readText, sealed, unsealed, writeAtomically } from "../../runs/index.ts";

export const RECORDS = "records.jsonl";

/** What a record has to be, in words, where it isn't one of the experiment's. */
export type Misfit = (id: string, record: object) => string | undefined;

/** The records of an experiment in a folder, a line each. */
export interface RecordFile<R> {
  readonly known: ReadonlyMap<string, R>;
  append(id: string, record: R): Promise<void>;
}

/**
 * Opens the file, or begins one. A line that a crash has cut off is dropped, in the file too. Throws UserError, naming the line, where
 * another one is damaged, or isn't the experiment's by `misfit`.
 */
export async function recordFile<R extends object>(folder: string, misfit?: Misfit): Promise<RecordFile<R>> {
  const path = join(folder, RECORDS);
  const { known, isCut } = await readRecords<R>(folder, misfit);
  if (isCut) await writeRecords(folder, known);
  // One line after the other: one that a full disk refuses is taken back, and must take no other with it.
  let last: Promise<void> = Promise.resolve();
  return {
    known,
    append(id, record) {
      const append = () => appendWhole(path, `${sealed({ id, ...record })}\n`);
      last = last.then(append, append);
      return last;
    },
  };
}

/** The records of a folder by id, and whether a crash has cut off the last line. Changes nothing. Throws UserError as recordFile does. */
export async function readRecords<R extends object>(
  folder: string,
  misfit?: Misfit,
): Promise<{ readonly known: ReadonlyMap<string, R>; readonly isCut: boolean }> {
  const path = join(folder, RECORDS);
  const text = (await readText(path)) ?? "";
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  const known = new Map<string, R>();
  whole.split("\n").forEach((line, i) => {
    if (line === "") return;
    const fix = "delete this line, and its part is done again";
    const { id, ...record } = unsealed(line, { name: path, line: i + 1, fix }) as { id: unknown } & R;
    if (typeof id !== "string")
      throw new UserError(`${path}:${i + 1}: must have the name of its part as id, received ${show(id)}: ${fix}`);
    const rule = misfit?.(id, record);
    if (rule !== undefined) throw new UserError(`${path}:${i + 1}: ${rule}: ${fix}`);
    known.set(id, record as unknown as R);
  });
  return { known, isCut: whole !== text };
}

/** Replaces the records of a folder. */
export const writeRecords = (folder: string, records: ReadonlyMap<string, object>): Promise<void> =>
  writeAtomically(join(folder, RECORDS), [...records].map(([id, record]) => `${sealed({ id, ...record })}\n`).join(""));
