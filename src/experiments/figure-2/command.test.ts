import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Resvg } from "@resvg/resvg-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { experimentCommand } from "../../cli/commands/experiment.ts";
import { fakeTerminal, heaviside, tinyData, tooLong, withFlags } from "../../cli/testing.ts";
import type { Typed } from "../engine/options.ts";
import { figure2 } from "./index.ts";

let folder: string;
let data: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "heaviside-figure-2-"));
  data = await tinyData();
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await rm(data, { recursive: true });
});

const figure2Command = (typed: Typed, terminal: Parameters<typeof experimentCommand>[2]) =>
  experimentCommand(figure2, typed, terminal);
const flags = () => ({
  dataDir: data,
  backend: "wasm",
  rows: "sigmoid,straight-through",
  epochs: "1",
  seeds: "1",
  out: join(folder, "runs"),
});

describe("experiment figure-2", () => {
  it("stops at Ctrl-C, goes on from there, takes up a second seed, and leaves records, figures and a page", async () => {
    const first = fakeTerminal({ tty: true });
    first.watch((text) => {
      if (text.includes("Figure 2")) first.interrupt();
    });
    expect(await figure2Command(flags(), first.terminal)).toBe(130);
    expect(first.written.err).toContain("the same command resumes it");
    const second = fakeTerminal();
    expect(await figure2Command(flags(), second.terminal)).toBe(0);
    expect(second.written.out).toContain("not judged; it takes at least 2 seeds");
    const third = fakeTerminal();
    expect(await figure2Command({ ...flags(), seeds: "2", json: true }, third.terminal)).toBe(0);
    expect(third.written.err).toContain("resuming");
    expect(tooLong(`${second.written.out}${third.written.err}`)).toEqual([]);
    const results = JSON.parse(third.written.out);
    expect(JSON.parse(await readFile(join(folder, "runs", "results.json"), "utf8"))).toEqual(results);
    expect(results.command).toBe(
      "npx heaviside experiment figure-2 --rows sigmoid,straight-through --epochs 1 --seeds 2",
    );
    expect(results.rows.map(({ row, seeds }: { row: string; seeds: number[] }) => [row, seeds])).toEqual([
      ["sigmoid", [1, 2]],
      ["straight-through", [1, 2]],
    ]);
    expect(results.claims.map(({ seeds }: { seeds: number }) => seeds)).toEqual([0, 0, 0, 0, 0, 0]);
    const html = await readFile(join(folder, "runs", "report.html"), "utf8");
    expect(html).toMatch(/<h1>Figure 2 of .*<\/h1>\s*<p>Lowest mean test error: /);
    expect(html).not.toMatch(/<script [^>]|undefined|NaN|Infinity/);
    const pictures = html.match(/<svg[\s\S]*?<\/svg>/g)!;
    expect(pictures).toHaveLength(2);
    for (const svg of pictures) expect(new Resvg(svg).render().width).toBeGreaterThan(100);
  }, 60_000);

  it.each([
    [["--seeds", "0"], "figure-2: --seeds must be a whole number at least 1 and at most 999, received 0"],
    [["--epochs", "few"], 'figure-2: --epochs must be a whole number at least 1 and at most 10000, received "few"'],
    [["--limit", "2.5"], "figure-2: --limit must be a whole number at least 1, received 2.5"],
    [["--threads", "0"], "figure-2: --threads must be a whole number at least 1 and at most 64, received 0"],
    [["--rows", "sigmoid,relu"], "figure-2: --rows must be one of noisy-rectifier, straight-through,"],
    [["--backend", "abacus"], 'figure-2: --backend must be one of auto, reference, wasm, native, received "abacus"'],
    [["--data-dir", "nowhere"], "nowhere"],
  ])("%j is refused with what it must be", async (argv, message) => {
    const { code, out, err } = await heaviside(
      ...withFlags(["experiment", "figure-2", "--data-dir", data, "--out", join(folder, "none")], argv),
    );
    expect([code, out]).toEqual([1, ""]);
    expect(err).toContain(message);
    expect(err).not.toMatch(/\n\s+at /);
  });

  it("refuses a folder that holds another plan's trainings", async () => {
    const { code, err } = await heaviside(
      ...["experiment", "figure-2", "--data-dir", data, "--backend", "wasm", "--epochs", "7", "--rows", "sigmoid"],
      ...["--out", join(folder, "runs")],
    );
    expect(code).toBe(1);
    expect(err).toContain("holds another experiment");
  });
});
