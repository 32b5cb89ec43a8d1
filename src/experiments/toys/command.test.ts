import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { experimentCommand } from "../../cli/commands/experiment.ts";
import type { Terminal } from "../../cli/terminal.ts";
import { fakeTerminal, heaviside, tooLong } from "../../cli/testing.ts";
import { contestants } from "../contestants.ts";
import { toysExperiment } from "./index.ts";
import { toys } from "./toy.ts";

let home: string;
let folders = 0;
const newFolder = (): string => join(home, String(folders++));
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "heaviside-toys-"));
});
afterAll(() => rm(home, { recursive: true }));

const results = async (out: string) => JSON.parse(await readFile(join(out, "results.json"), "utf8"));

describe("experiment toys", () => {
  const quick = (out: string) => ["experiment", "toys", "--steps", "25", "--repeats", "2", "--out", out];

  it("ends with two tables, the orders that papers report, and a report", async () => {
    const out = newFolder();
    const run = await heaviside(...quick(out), "--estimators", "arm,disarm");
    expect(run.code).toBe(0);
    expect(tooLong(run.out)).toEqual([]);
    expect(run.out).toMatch(/^1 bit: /m);
    expect(run.out).toMatch(/^200 bits: /m);
    expect(run.out).toMatch(/^disarm below arm +200 +0\.45 +seen/m);
    const found = await results(out);
    expect(found.results).toHaveLength(2 * 2 * 4);
    expect(found.results[0].points).toHaveLength(26);
    expect((await readFile(join(out, "report.html"), "utf8")).match(/<svg/g)).toHaveLength(16);
  });

  it("stopped with Ctrl-C, the same command resumes and ends with the same numbers; further estimators are added", async () => {
    const [straight, stopped] = [newFolder(), newFolder()];
    const options = { ...toys, steps: 2, points: 2, repeats: 1, settling: 5, estimates: 20, seed: 1 };
    const quickly = (out: string, names: string, terminal: Terminal) =>
      experimentCommand(
        {
          ...toysExperiment,
          settings: () => ({ options, entrants: contestants("toys", names) }),
          said: () => "done",
        },
        { out, backend: "wasm" },
        terminal,
      );
    await quickly(straight, "arm,disarm", fakeTerminal().terminal);
    const { terminal, written, interrupt, watch } = fakeTerminal();
    watch((text) => text.startsWith("1/8 ") && interrupt());
    expect(await quickly(stopped, "arm", terminal)).toBe(130);
    expect(written.err).toBe(
      `heaviside: stopped in arm, 1 bit, t = 0.49; the same command resumes it (records: ${stopped})\n`,
    );
    const records = await readFile(join(stopped, "records.jsonl"), "utf8");
    expect(records.split("\n").filter(Boolean)).toHaveLength(1);
    expect(await quickly(stopped, "arm,disarm", fakeTerminal().terminal)).toBe(0);
    expect((await readFile(join(stopped, "records.jsonl"), "utf8")).startsWith(records)).toBe(true);
    expect((await results(stopped)).results).toEqual((await results(straight)).results);
  });

  it("asks for a known estimator and enough steps", async () => {
    const unknown = await heaviside(...quick(newFolder()), "--estimators", "amr");
    expect(unknown.err).toContain('toys: --estimators: there is no estimator "amr", did you mean "arm"?');
    const few = await heaviside("experiment", "toys", "--steps", "3", "--out", newFolder());
    expect(few.err).toContain("toys: --steps must be a whole number at least 25, received 3");
  });
});
