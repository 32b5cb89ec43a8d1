import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { experimentCommand } from "../../cli/commands/experiment.ts";
import { fakeTerminal, heaviside, tooLong } from "../../cli/testing.ts";
import { neurons } from "./index.ts";
import type { NeuronsPlan } from "./plan.ts";

const plan: NeuronsPlan = {
  problems: [{ task: "adding", length: 6, units: 3, batch: 4, steps: 4, validateEvery: 2, held: 5 }],
  ...{ variants: ["lstm", "leaky-modulated"], seeds: 2, rates: [0.01], clip: 1, traced: ["lstm", "leaky-modulated"] },
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "heaviside-neurons-"));
});
afterAll(() => rm(folder, { recursive: true }));

const begin = async (name: string, given = plan, stopAt?: string) => {
  const { terminal, written, interrupt, watch } = fakeTerminal();
  if (stopAt !== undefined) watch((text) => text.includes(stopAt) && interrupt());
  const code = await experimentCommand(
    { ...neurons, settings: () => ({ plan: given, quick: true, dataDir: undefined }) },
    { out: join(folder, name), backend: "reference" },
    terminal,
  );
  return { code, written };
};
const read = (name: string, file: string) => readFile(join(folder, name, file), "utf8");

test("it ends with tables and a page, pictures first; stopped on the way, the same command gets the same errors", async () => {
  const whole = await begin("whole");
  expect(whole.code).toBe(0);
  expect(tooLong(whole.written.out)).toEqual([]);
  const { problems, times } = JSON.parse(await read("whole", "results.json"));
  expect(problems[0].cells.map(({ errors }: { errors: number[] }) => errors.length)).toEqual([2, 2]);
  expect(times.map(({ variant }: { variant: string }) => variant)).toEqual(["lstm", "leaky-modulated"]);
  const html = await read("whole", "report.html");
  // By hand, who solves what, two trained units, a curve.
  expect(html.match(/<svg/g)).toHaveLength(5);
  expect(html.indexOf("<svg")).toBeLessThan(html.indexOf("<table"));
  expect(await read("whole", "results.md")).toMatch(/### adding 6: mean squared error, baseline 0\.167\n\n\| cell/);
  const [head, ...lines] = (await read("whole", "results.csv")).trim().split("\n");
  expect(head).toBe("task,cell,seed,rate,error,baseline,share,solved");
  expect(lines.map((line) => Number(line.split(",")[4]))).toEqual(
    problems[0].cells.flatMap(({ errors }: { errors: number[] }) => errors),
  );
  expect(whole.written.out).toMatch(/trivial baseline +0\.167/);

  const stopped = await begin("stopped", plan, "2/4 ");
  expect(stopped.code).toBe(130);
  expect((await begin("stopped")).code).toBe(0);
  const again = JSON.parse(await read("stopped", "results.json"));
  const errors = (found: { errors: number[] }[]) => found.map((cell) => cell.errors);
  expect(errors(again.problems[0].cells)).toEqual(errors(problems[0].cells));
});

test("further cells add to a folder", async () => {
  const more = await begin("whole", { ...plan, variants: ["lstm", "leaky-modulated", "rnn"] });
  expect(more.code).toBe(0);
  expect(more.written.out).not.toContain("adding 6, lstm, seed 1:");
  expect(more.written.out).toContain("adding 6, rnn, seed 1:");
});

test("mistakes are named, and leave nothing", async () => {
  const complaint = async (...flags: string[]) =>
    (await heaviside("experiment", "neurons", "--out", join(folder, "mistakes"), ...flags)).err;
  expect(await complaint("--tasks", "addin")).toMatch(/^heaviside: neurons: --tasks must be one of .*"addin"/);
  expect(await complaint("--cells", "lstn")).toMatch(/^heaviside: neurons: --cells must be one of .*"lstn"/);
  expect(await complaint("--tasks", "copy", "--longest", "5")).toBe(
    "heaviside: neurons: --tasks and --longest leave none of the tasks: choose from adding 50, adding 100, adding 200, copy 30, copy 100, parity 20, parity 50, mnist by row\n",
  );
  await expect(read("mistakes", "plan.json")).rejects.toThrow("ENOENT");
});
