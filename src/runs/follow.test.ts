import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { folderForEachTest } from "../../test/support/temporary.ts";
import { createRun } from "./folder.ts";
import { followRun } from "./follow.ts";

let folder: string;
folderForEachTest((path) => {
  folder = path;
});

test("follows a run from before it begins to its end, and over its removal", async () => {
  const path = join(folder, "run");
  const reader = followRun(path);
  expect(await reader.read()).toEqual({ stage: "waiting", config: undefined, lines: [], result: undefined });
  const run = await createRun(path, { training: { epochs: 2 } });
  expect(await reader.read()).toMatchObject({ stage: "running", config: { training: { epochs: 2 } }, lines: [] });
  await run.append({ epoch: 1 });
  const one = await reader.read();
  expect(one.lines).toEqual(['{"epoch":1}']);
  expect((await reader.read()).lines).toBe(one.lines);
  // Half a line, as a reader may find it.
  appendFileSync(join(path, "metrics.jsonl"), '{"epo');
  expect((await reader.read()).lines).toEqual(one.lines);
  appendFileSync(join(path, "metrics.jsonl"), 'ch":2}\n');
  expect((await reader.read()).lines).toEqual(['{"epoch":1}', '{"epoch":2}']);
  await run.finish({ epochs: 2 });
  expect((await reader.read()).stage).toBe("running");
  await run.close();
  expect(await reader.read()).toMatchObject({ stage: "done", result: { epochs: 2 } });
  rmSync(join(path, "result.json"));
  expect((await reader.read()).stage).toBe("stopped");
  // The lock of a process that was killed.
  writeFileSync(join(path, ".lock-1"), JSON.stringify({ pid: 2 ** 30, host: (await import("node:os")).hostname() }));
  expect((await reader.read()).stage).toBe("stopped");
  rmSync(path, { recursive: true });
  expect(await reader.read()).toEqual({ stage: "waiting", config: undefined, lines: [], result: undefined });
});

test("reads regular files alone: a pipe would hold it for ever, and a link leads elsewhere", async () => {
  const path = join(folder, "run");
  mkdirSync(path);
  writeFileSync(join(path, "config.json"), "{}");
  execFileSync("mkfifo", [join(path, "metrics.jsonl")]);
  writeFileSync(join(folder, "elsewhere.json"), '{"secret":1}');
  symlinkSync(join(folder, "elsewhere.json"), join(path, "result.json"));
  expect(await followRun(path).read()).toEqual({ stage: "stopped", config: {}, lines: [], result: undefined });
});
