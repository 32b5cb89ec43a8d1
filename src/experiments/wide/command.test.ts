import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { experimentCommand } from "../../cli/commands/experiment.ts";
import { fakeTerminal, heaviside, tinyData, tooLong } from "../../cli/testing.ts";
import { wide } from "./index.ts";
import type { WidePlan } from "./plan.ts";

const plan: WidePlan = {
  ...{ data: ["folder"], longer: [], trunk: 6, blocks: 8, width: 3, open: 2, gain: 2 },
  ...{ epochs: 1, batch: 20, rates: [0.1], chosenOn: 100, seeds: 1 },
  ...{ backends: ["reference"], batches: [2], rounds: 3, seconds: 0.01 },
};

let folder: string;
let data: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "heaviside-wide-"));
  data = await tinyData();
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await rm(data, { recursive: true });
});

const run = async (name: string, given = plan) => {
  const { terminal, written, interrupt, watch } = fakeTerminal();
  const begin = () =>
    experimentCommand(
      { ...wide, settings: () => ({ plan: given, dataDir: data }) },
      { out: join(folder, name), backend: "reference", json: true },
      terminal,
    );
  return { begin, written, interrupt, watch };
};
const results = async (name: string) => JSON.parse(await readFile(join(folder, name, "results.json"), "utf8"));

test("it ends with errors, times, a page with a picture; stopped on the way, it goes on to the same errors", async () => {
  const whole = await run("whole");
  expect(await whole.begin()).toBe(0);
  const { arms, times } = await results("whole");
  expect(arms.map(({ arm, rate }: { arm: string; rate: number }) => [arm, rate])).toEqual([["gated", 0.1], ["dense", 0.1]]); // biome-ignore format: pairs
  expect(times[0].timings).toHaveLength(2);
  expect(tooLong(whole.written.err)).toEqual([]);
  expect(whole.written.err).toMatch(/folder +gated +0\.1 +\d/);
  expect(whole.written.err).toMatch(/^reference +inference +2 +(no gain: )?\d/m);
  expect(JSON.parse(whole.written.out.trim()).arms).toEqual(arms);
  const html = await readFile(join(folder, "whole", "report.html"), "utf8");
  expect(html.replaceAll(/<[^>]*>/g, " ").replaceAll(/\s+/g, " ")).toContain(
    "times as fast as the dense network of the same width",
  );

  const stopped = await run("stopped");
  stopped.watch((text) => text.includes("rate folder dense") && stopped.interrupt());
  expect(await stopped.begin()).toBe(130);
  expect(stopped.written.err).toMatch(/stopped in .*; the same command resumes it/);
  const again = await run("stopped");
  expect(await again.begin()).toBe(0);
  expect(again.written.err).not.toContain("rate folder gated rate 0.1: validation");
  expect((await results("stopped")).arms).toEqual(arms);
});

test("further seeds add to a folder; another network is refused there", async () => {
  const more = await run("whole", { ...plan, seeds: 2 });
  expect(await more.begin()).toBe(0);
  expect(more.written.err).not.toContain("run folder gated seed 1:");
  expect((await results("whole")).arms[0].test).toHaveLength(2);
  const other = await run("whole", { ...plan, blocks: 9 });
  await expect(other.begin()).rejects.toThrow(/whole holds another experiment/);
});

test("mistakes are named", async () => {
  const out = join(folder, "mistakes");
  const complaint = async (...flags: string[]) => (await heaviside("experiment", "wide", "--out", out, ...flags)).err;
  expect(await complaint("--seeds", "0")).toMatch(/^heaviside: wide: --seeds must be .* received 0/);
  expect(await complaint("--data", "mnits")).toMatch(/^heaviside: wide: --data must be one of .*"mnits"/);
  await expect(readFile(join(out, "plan.json"))).rejects.toThrow("ENOENT");
});
