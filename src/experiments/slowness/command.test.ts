import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Resvg } from "@resvg/resvg-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { experimentCommand } from "../../cli/commands/experiment.ts";
import { fakeTerminal, heaviside, tinyData, tooLong } from "../../cli/testing.ts";
import type { Typed } from "../engine/options.ts";
import { slowness } from "./index.ts";
import { type Plan, quickPlan } from "./plan.ts";

let folder: string;
let data: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "heaviside-slowness-"));
  data = await tinyData();
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await rm(data, { recursive: true });
});

const { small, large, regulariser } = quickPlan.parts;
const plan: Plan = {
  ...quickPlan,
  parts: {
    small: { ...small, hidden: [3], rates: [0.3] },
    large: { ...large, hidden: [6], rates: [0.3] },
    regulariser: { ...regulariser, hidden: [6], rates: [0.3], epochs: 2 },
  },
  seeds: 2,
  batch: 50,
  points: 4,
  scored: 100,
  samples: 3,
  form: { ...quickPlan.form, networks: [[6], [4, 3]], repeats: 40, examples: 10 },
};
const answered = (terminal: Parameters<typeof experimentCommand>[2], typed: Typed) =>
  experimentCommand({ ...slowness, settings: () => ({ plan, dataDir: data }) }, typed, terminal);
const flags = () => ({ dataDir: data, backend: "wasm", threads: "1", out: join(folder, "runs") });

describe("slowness", () => {
  it("stops at Ctrl-C, goes on from there, and leaves records, figures and a page that answers the question first", async () => {
    const first = fakeTerminal({ tty: true });
    first.watch((text) => {
      if (text.includes("Why do")) first.interrupt();
    });
    expect(await answered(first.terminal, flags())).toBe(130);
    expect(first.written.err).toContain("the same command resumes it");
    expect(await readdir(join(folder, "runs", "1"))).not.toContain("report.html");
    const second = fakeTerminal();
    expect(await answered(second.terminal, { ...flags(), json: true })).toBe(0);
    expect(second.written.err).toContain("resuming");
    const at = join(folder, "runs", "1");
    expect(tooLong(second.written.err)).toEqual([]);
    const results = JSON.parse(second.written.out);
    expect(JSON.parse(await readFile(join(at, "results.json"), "utf8"))).toEqual(results);
    expect(results.parts.small.map(({ arm }: { arm: string }) => arm)).toEqual(plan.parts.small.arms);
    const html = await readFile(join(at, "report.html"), "utf8");
    expect(html).toMatch(/<h1>Why do binary stochastic units train slowly\?<\/h1>\s*<p>(In brief: |With 2 seeds)/);
    expect(html).not.toMatch(/<script [^>]|undefined|NaN/);
    const pictures = html.match(/<svg[\s\S]*?<\/svg>/g)!;
    expect(pictures.length).toBeGreaterThanOrEqual(9);
    for (const svg of pictures) expect(new Resvg(svg).render().width).toBeGreaterThan(100);
  });

  it.each([
    [["--seeds", "1"], "slowness: --seeds must be a whole number at least 2"],
    [["--seeds", "many"], 'slowness: --seeds must be a whole number at least 2 and at most 999, received "many"'],
    [["--epochs", "0"], "slowness: --epochs must be a whole number at least 1"],
    [["--units", "2.5"], "slowness: --units must be a whole number at least 1 and at most 100000, received 2.5"],
    [["--threads", "0"], "slowness: --threads must be a whole number at least 1 and at most 64, received 0"],
    [["--limit", "50"], "slowness: needs at least one mini-batch of 100 training examples, received 50"],
    [["--backend", "abacus"], 'slowness: --backend must be one of auto, reference, wasm, native, received "abacus"'],
    [["--data-dir", "nowhere"], "nowhere"],
  ])("%j is refused with what it must be", async (argv, message) => {
    const where = argv.includes("--data-dir") ? [] : ["--data-dir", data];
    const { code, out, err } = await heaviside(
      "experiment",
      "slowness",
      ...where,
      "--out",
      join(folder, "none"),
      ...argv,
    );
    expect([code, out]).toEqual([1, ""]);
    expect(err).toContain(message);
    expect(err).not.toMatch(/\n\s+at /);
  });
});
