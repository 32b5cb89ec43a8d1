import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { main } from "../../cli/main.ts";
import { fakeTerminal, heaviside, tinyData, tooLong, withFlags } from "../../cli/testing.ts";
import { contestants } from "../contestants.ts";
import { orderings } from "../orderings.ts";
import { compared } from "./protocol.ts";

let home: string;
let data: string;
let folders = 0;
const newFolder = (): string => join(home, String(folders++));
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "heaviside-benchmark-"));
  data = await tinyData();
});
afterAll(async () => {
  await rm(home, { recursive: true });
  await rm(data, { recursive: true });
});

const small = (out: string, estimators = "score-function-minimum-variance,straight-through-slope") => [
  ...["experiment", "autoencoder", "--estimators", estimators, "--data-dir", data, "--latents", "4", "--steps", "30"],
  ...["--pairs", "3", "--points", "2", "--backend", "wasm", "--threads", "1", "--out", out],
];

/** What a benchmark left, without its times. */
const results = async (out: string) =>
  JSON.parse(await readFile(join(out, "results.json"), "utf8"), (key, value) =>
    key === "seconds" || key === "made" ? 0 : value,
  );

describe("experiment autoencoder", () => {
  it("ends with a table, results and a report that stands alone", async () => {
    const out = newFolder();
    const run = await heaviside(...small(out, "score-function,nvil"));
    expect(run.err).toBe("");
    expect(run.code).toBe(0);
    expect(tooLong(run.out)).toEqual([]);
    expect(run.out).toMatch(/^estimator +train ELBO +test ELBO +test bound/m);
    expect(run.out).toMatch(/^nvil .* -112\.50$/m);
    const found = await results(out);
    expect(found.settings).toMatchObject({ network: "linear", latents: 4, steps: 30, seed: 1, batch: 50 });
    for (const { trainElbo, testElbo, testBound, curve, variance, common } of found.results) {
      expect(testBound).toBeGreaterThan(testElbo);
      expect(trainElbo).toBeLessThan(0);
      expect(curve).toHaveLength(30);
      expect(variance.map(({ step }: { step: number }) => step)).toEqual([0, 15, 30]);
      expect(common.map(({ step }: { step: number }) => step)).toEqual([0, 15, 30]);
    }
    // Without a state to settle, the first one's parameters are common to its own training and the comparison.
    expect(found.results[0].common).toEqual(found.results[0].variance);
    const markdown = await readFile(join(out, "results.md"), "utf8");
    expect(markdown).toMatch(/^\| nvil \| -.* \| -112\.50 \|$/m);
    const html = await readFile(join(out, "report.html"), "utf8");
    expect(html.match(/<svg/g)).toHaveLength(3);
    expect(html.match(/data:image\/png/g)).toHaveLength(3);
    expect(html).not.toMatch(/<script [^>]|<link|@import/);
  });

  it("compares the usual ones where nobody asks for others", () => {
    const labels = contestants("test", compared.join(",")).map(({ label }) => label);
    expect(labels).toEqual(compared);
    for (const { lower, higher } of orderings.slice(0, 3))
      for (const { name } of [lower, higher]) expect(labels.some((label) => label.startsWith(name))).toBe(true);
  });

  it("stopped with Ctrl-C, the same command goes on and ends with the same numbers", async () => {
    const [straight, stopped] = [newFolder(), newFolder()];
    await heaviside(...small(straight));
    const { terminal, written, interrupt, watch } = fakeTerminal();
    watch((text) => {
      if (text.includes("1/4")) interrupt();
    });
    expect(await main(small(stopped), terminal)).toBe(130);
    expect(written.err).toMatch(/stopped .*; the same command resumes it \(records: .*\)\n$/);
    const again = await heaviside(...small(stopped));
    expect(again.code).toBe(0);
    expect(await results(stopped)).toEqual(await results(straight));
  });

  it("another study's folder is refused, --json prints the results", async () => {
    const out = newFolder();
    const run = await heaviside(...small(out, "straight-through"), "--json");
    expect(JSON.parse(run.out)).toMatchObject({ results: [{ label: "straight-through" }] });
    const other = await heaviside(...small(out, "straight-through"), "--seed", "2");
    expect(other.code).toBe(1);
    expect(other.err).toContain(
      "holds another experiment (seed 2, was 1): restore that, or give another folder with --out",
    );
  });

  it.each<[string[], string]>([
    [["--data", "cifar"], "autoencoder: --data must be one of mnist, fashion-mnist, received"],
    [["--encoder", "deep"], "autoencoder: --encoder must be one of linear, nonlinear, received"],
    [["--steps", "0"], "autoencoder: --steps must be a whole number at least 1, received 0"],
    [["--steps", "many"], 'autoencoder: --steps must be a whole number at least 1, received "many"'],
    [["--pairs", "1"], "autoencoder: --pairs must be a whole number at least 2, received 1"],
    [["--limit", "20"], "autoencoder: --limit must be a whole number at least 50, received 20"],
    [["--estimators", "disram"], 'did you mean "disarm"?'],
    [["--estimators", "rectifier"], "needs an estimator of binary units or of their relaxation, received rectifier"],
    [["--estimators", "exact,exact"], "autoencoder: --estimators names each once, received exact twice"],
    [["--backend", "gpu"], "autoencoder: --backend must be one of auto,"],
    [["--threads", "0"], "autoencoder: --threads must be a whole number at least 1 and at most 64, received 0"],
  ])("%j is a mistake", async (flags, message) => {
    const run = await heaviside(...withFlags(small(newFolder()), flags));
    expect(run.code).toBe(1);
    expect(run.err).toContain(message);
    expect(run.err).not.toMatch(/\n\s+at /);
  });
});
