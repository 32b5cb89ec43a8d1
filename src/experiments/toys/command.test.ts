import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { main } from "../../cli/main.ts";
import { fakeTerminal, heaviside } from "../../cli/testing.ts";

let home: string;
let folders = 0;
const newFolder = (): string => join(home, String(folders++));
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "heaviside-toys-"));
});
afterAll(() => rm(home, { recursive: true }));

const results = async (out: string) => JSON.parse(await readFile(join(out, "results.json"), "utf8"));

describe("experiment toys", () => {
  const quick = (out: string, repeats = 2) => [
    ...["experiment", "toys", "--steps", "25", "--repeats", `${repeats}`, "--out", out],
  ];

  it("ends with two tables, the orders that papers report, and a report", async () => {
    const out = newFolder();
    const run = await heaviside(...quick(out), "--estimators", "arm,disarm");
    expect(run.code).toBe(0);
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
    const given = (out: string, names: string) => [...quick(out, 1), "--estimators", names];
    await heaviside(...given(straight, "arm,disarm"));
    const { terminal, written, interrupt, watch } = fakeTerminal({ tty: true });
    // In its second task, of eight.
    watch((text) => text.includes("2/8 ") && interrupt());
    expect(await main(given(stopped, "arm"), terminal)).toBe(130);
    expect(written.err).toBe("heaviside: stopped in arm, 1 bit, t = 0.49; the same command again goes on from there\n");
    const records = await readFile(join(stopped, "records.jsonl"), "utf8");
    expect(records.split("\n").filter(Boolean)).toHaveLength(1);
    expect((await heaviside(...given(stopped, "arm,disarm"))).code).toBe(0);
    expect(await readFile(join(stopped, "records.jsonl"), "utf8")).toContain(records);
    expect((await results(stopped)).results).toEqual((await results(straight)).results);
  });

  it("asks for a known estimator and enough steps", async () => {
    const unknown = await heaviside(...quick(newFolder()), "--estimators", "amr");
    expect(unknown.err).toContain('toys: --estimators: did you mean "arm"?');
    const few = await heaviside("experiment", "toys", "--steps", "3", "--out", newFolder());
    expect(few.err).toContain("toys: --steps must be a whole number at least 25, received 3");
  });
});
