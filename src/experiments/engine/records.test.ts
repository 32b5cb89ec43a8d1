import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { folderForAllTests } from "../../../test/support/temporary.ts";
import { UserError } from "../../errors.ts";
import { sealed } from "../../runs/sealed.ts";
import type { StudyRecord } from "../slowness/study.ts";
import { recordFile } from "./records.ts";

let folder: string;
folderForAllTests((path) => {
  folder = path;
});

const record = (nll: number): StudyRecord => ({
  kind: "bias",
  seed: 1,
  at: [{ step: 3, bias: { cosine: 1 / 3, length: nll, relative: 0 } }],
});

it("gives back what was appended, bit for bit, infinite numbers too, and drops a line that a crash has cut off", async () => {
  const first = await recordFile<StudyRecord>(folder);
  expect(first.known.size).toBe(0);
  await first.append("a", record(0.1 + 0.2));
  await first.append("b", record(Number.POSITIVE_INFINITY));
  const path = join(folder, "records.jsonl");
  const whole = await readFile(path, "utf8");
  await appendFile(path, '{"id":"c","kind":"bi');
  const second = await recordFile<StudyRecord>(folder);
  expect([...second.known]).toEqual([
    ["a", record(0.1 + 0.2)],
    ["b", record(Number.POSITIVE_INFINITY)],
  ]);
  expect(await readFile(path, "utf8")).toBe(whole);
});

it("refuses a record without the name of its part, in words", async () => {
  const path = join(folder, "records.jsonl");
  await writeFile(path, `${sealed({ id: "a" })}\n${sealed({ id: 3 })}\n`);
  await expect(recordFile<StudyRecord>(folder)).rejects.toThrow(
    new UserError(
      `${path}:2: must have the name of its part as id, received 3: delete this line, and its part is done again`,
    ),
  );
});

it("keeps all of many lines that are appended at once", async () => {
  await writeFile(join(folder, "records.jsonl"), "");
  const { append } = await recordFile<StudyRecord>(folder);
  await Promise.all(Array.from({ length: 200 }, (_, i) => append(`part ${i}`, record(i))));
  const { known } = await recordFile<StudyRecord>(folder);
  expect([...known]).toEqual(Array.from({ length: 200 }, (_, i) => [`part ${i}`, record(i)]));
});
