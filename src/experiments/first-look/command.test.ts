import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { experimentCommand } from "../../cli/commands/experiment.ts";
import type { Terminal } from "../../cli/terminal.ts";
import { fakeTerminal, tinyData, tooLong } from "../../cli/testing.ts";
import type { Typed } from "../engine/options.ts";
import { firstLookOf } from "./index.ts";
import { type Plan, standardPlan } from "./plan.ts";

let folder: string;
let data: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "heaviside-first-look-"));
  data = await tinyData();
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await rm(data, { recursive: true });
});

describe("start", () => {
  const two: Plan = {
    ...standardPlan,
    methods: standardPlan.methods.filter(({ name }) => /^(rectifier|score)/.test(name)),
  };
  const startCommand = (typed: Typed, terminal: Terminal) => experimentCommand(firstLookOf(two), typed, terminal);
  const flags = () => ({ dataDir: data, backend: "reference", units: "4", epochs: "2", out: join(folder, "look") });

  it("ends with a table of every method, what the run is not, and a report", async () => {
    const { terminal, written } = fakeTerminal();
    expect(await startCommand(flags(), terminal)).toBe(0);
    expect(written.out).toMatch(/^rectifier +[\d.]+ +[\d.]+ +[\d.]+ +[\d.]+ +[\d,]+ +\d:\d\d$/m);
    expect(tooLong(written.out)).toEqual([]);
    // A picture and a first number come long before the first row.
    const order = ["Test images, and their digits:", "1/2 rectifier, after 1 epoch: validation error", "\nmethod "];
    const places = order.map((text) => written.out.indexOf(text));
    expect(places.every((place, i) => place > (places[i - 1] ?? 0))).toBe(true);
    expect(written.out.trimEnd().replaceAll("\n", " ")).toMatch(
      /why random neurons learn more slowly .* npx heaviside experiment slowness$/,
    );
    expect(written.out).toMatch(/^score function +[\d.]+/m);
    expect(written.out.replaceAll("\n", " ")).toContain("not the protocol of any paper");
    const html = await readFile(join(folder, "look/1/report.html"), "utf8");
    expect(written.out).toContain(join(folder, "look/1/report.html"));
    expect(html).not.toMatch(/<script [^>]|src="http|url\(http/);
    for (const { name } of two.methods) expect(html).toContain(name);
    // Weights, and under each method its misclassified images.
    expect(html.match(/<figure class="weights"><img /g)).toHaveLength(2);
    expect(html.match(/<figcaption>\d → \d, /g)!.length).toBeGreaterThan(2);
    expect(html).toContain("firing rate");
  });

  it("starts anew after a finished one", async () => {
    await startCommand(flags(), fakeTerminal().terminal);
    expect(await readdir(join(folder, "look"))).toEqual(["1", "2"]);
  });

  it("goes on where Ctrl-C stopped it, to the numbers of a run that was not stopped", async () => {
    const out = join(folder, "stopped");
    const first = fakeTerminal();
    first.watch((text) => {
      if (text.startsWith("1/2 rectifier: validation")) first.interrupt();
    });
    expect(await startCommand({ ...flags(), out }, first.terminal)).toBe(130);
    expect(first.written.err).toMatch(/stopped in (epoch \d of )?score function; the same command resumes it/);
    expect(first.written.err).toContain(` (records: ${join(out, "1")})`);
    expect(existsSync(join(out, "1/report.html"))).toBe(false);
    // What has ended is shown, as a table and as a page.
    const partial = join(out, "1/partial-report.html");
    expect(first.written.out).toContain(`report of what has ended, 1 of 2: ${partial}`);
    expect(first.written.out).toMatch(/\nrectifier +[\d.]+ +[\d.]+/);
    const page = await readFile(partial, "utf8");
    expect(page).toMatch(/<dt>ended<\/dt>\s*<dd>1 of 2<\/dd>/);
    expect(page).not.toContain("score function");
    const second = fakeTerminal();
    expect(await startCommand({ ...flags(), out }, second.terminal)).toBe(0);
    expect(second.written.out).toContain("resuming");
    expect(await readdir(out)).toEqual(["1"]);
    expect(existsSync(partial)).toBe(false);
    for (const name of ["rectifier", "score-function"]) {
      const [a, b] = await Promise.all(
        [out, join(folder, "look")].map((at) => readFile(join(at, "1", name, "result.json"), "utf8")),
      );
      expect(JSON.parse(a!).test).toEqual(JSON.parse(b!).test);
    }
  });

  it("keeps other settings in a folder of their own", async () => {
    const out = join(folder, "settings");
    const stopped = fakeTerminal();
    stopped.watch((text) => {
      if (text.startsWith("1/2 ")) stopped.interrupt();
    });
    await startCommand({ ...flags(), out }, stopped.terminal);
    await startCommand({ ...flags(), out, epochs: "1" }, fakeTerminal().terminal);
    expect(await readdir(out)).toEqual(["1", "2"]);
  });

  it("chooses the epochs in proportion to --seconds", async () => {
    const { terminal, written } = fakeTerminal();
    const { epochs: _, ...rest } = flags();
    await startCommand({ ...rest, seconds: "9", out: join(folder, "seconds") }, terminal);
    expect(written.out).toContain(`${Math.round((two.base.epochs * 9) / two.seconds)} epoch`);
  });
});
