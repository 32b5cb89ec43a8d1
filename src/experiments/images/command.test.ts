import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { experimentCommand } from "../../cli/commands/experiment.ts";
import { fakeTerminal, heaviside, tinyData, tooLong } from "../../cli/testing.ts";
import { images } from "./index.ts";
import { type ImagesPlan, imagesPlan } from "./plan.ts";
import { type ImagesRecord, resultsOf } from "./results.ts";

let folder: string;
let data: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "heaviside-images-"));
  data = await tinyData();
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await rm(data, { recursive: true });
});

const plan: ImagesPlan = {
  ...imagesPlan,
  data: ["folder"],
  seeds: 2,
  epochs: 1,
  batch: 20,
  blocks: 2,
  settings: { others: { ...imagesPlan.settings.others, features: 2 } },
};

test("it ends with test errors of each seed, and a page; stopped on the way, it goes on to the same errors", async () => {
  const run = async (name: string) => {
    const { terminal, written, interrupt, watch } = fakeTerminal();
    const settings = () => ({ plan, dataDir: data });
    const typed = { out: join(folder, name), backend: "wasm", json: true };
    return { written, interrupt, watch, begin: () => experimentCommand({ ...images, settings }, typed, terminal) };
  };
  const results = async (name: string) => JSON.parse(await readFile(join(folder, name, "results.json"), "utf8"));
  const errorsOf = async (name: string) => (await results(name)).arms.map(({ arm, test }: { arm: string; test: number[] }) => [arm, test]); // biome-ignore format: one line

  const whole = await run("whole");
  expect(await whole.begin()).toBe(0);
  const errors = await errorsOf("whole");
  expect(errors.map(([arm]: [string]) => arm)).toEqual(["rectifiers", "binary units", "half closed", "half as wide"]);
  expect(errors.every(([, test]: [string, number[]]) => test.length === 2)).toBe(true);
  expect(tooLong(whole.written.err)).toEqual([]);
  expect(whole.written.err).toMatch(/^folder +half closed +[\d.]+/m);
  expect(await readFile(join(folder, "whole", "report.html"), "utf8")).toContain("Test error of each network");

  const stopped = await run("stopped");
  stopped.watch((text) => text.includes("binary units seed 1: validation ") && stopped.interrupt());
  expect(await stopped.begin()).toBe(130);
  const again = await run("stopped");
  expect(await again.begin()).toBe(0);
  expect(again.written.err).not.toContain("rectifiers seed 1: validation ");
  expect(await errorsOf("stopped")).toEqual(errors);
});

test("a folder goes on with other machines, seeds, data and networks, and with nothing else", () => {
  const none = { quick: false, data: undefined, arms: undefined, seeds: undefined, epochs: undefined, limit: undefined, dataDir: undefined }; // biome-ignore format: one line
  const of = (given: Partial<Parameters<typeof images.settings>[0]>) => images.identity(images.settings({ ...none, backend: "auto", threads: undefined, ...given })); // biome-ignore format: one line
  for (const same of [{ backend: "wasm" }, { threads: 2 }, { seeds: 9 }, { data: ["mnist"] }, { arms: ["half closed"] }] as const) // biome-ignore format: one line
    expect(of(same)).toEqual(of({}));
  for (const other of [{ epochs: 3 }, { limit: 100 }, { quick: true }, { dataDir: "x" }])
    expect(of(other)).not.toEqual(of({}));
});

test("differences are those of equal seeds", () => {
  const record = (arm: ImagesRecord["arm"], seed: number, error: number): ImagesRecord => ({
    ...{ data: "mnist", arm, seed, epoch: 1, valid: 0, test: error, sampled: error, seconds: 1 },
  });
  const speeds = (["rectifiers", "binary units"] as const).map((arm, i) => ({ arm, step: 6 - 2 * i, forward: 2 - i }));
  const records = [{ data: "mnist", speeds }, record("binary units", 2, 3), record("rectifiers", 1, 1), record("binary units", 1, 1.5), record("rectifiers", 2, 2)]; // biome-ignore format: one line
  const { arms } = resultsOf(records, { ...plan, data: ["mnist"], arms: ["rectifiers", "binary units"] });
  expect(arms.map(({ test, mean }) => [test, mean])).toEqual([[[1, 2], 1.5], [[1.5, 3], 2.25]]); // biome-ignore format: pairs
  expect(arms[1]!.against!.value).toBe(0.75);
  expect(arms.map(({ timesAsFast }) => timesAsFast)).toEqual([[1, 1], [1.5, 2]]); // biome-ignore format: pairs
});

test("mistakes are named", async () => {
  const complaint = async (...flags: string[]) => (await heaviside("experiment", "images", "--out", join(folder, "no"), ...flags)).err; // biome-ignore format: one line
  expect(await complaint("--seeds", "0")).toMatch(/^heaviside: images: --seeds must be .* received 0/);
  expect(await complaint("--arms", "closed")).toMatch(/^heaviside: images: --arms must be one of .*"closed"/);
});
