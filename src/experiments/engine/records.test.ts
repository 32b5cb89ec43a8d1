import { appendFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { StudyRecord } from "../slowness/study.ts";
import { recordFile } from "./records.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "heaviside-records-"));
});
afterAll(() => rm(folder, { recursive: true }));

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
