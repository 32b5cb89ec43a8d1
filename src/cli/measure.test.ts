import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { full } from "../../test/support/full.ts";
import { folderForAllTests } from "../../test/support/temporary.ts";
import { writeTinyData } from "../../test/support/tiny-data.ts";
import { measureCommand } from "./commands/measure.ts";
import { plusMinus, significant } from "./measurement.ts";
import { fakeTerminal, heaviside } from "./testing.ts";

let folder: string;
let data: string;
let net: string[];
folderForAllTests((path) => {
  folder = path;
});
folderForAllTests((path) => {
  data = writeTinyData(path);
});
beforeAll(async () => {
  net = ["--data-dir", data, "--hidden", "4", "--batch", "5", "--replicates", "40", "--warmup", "5"];
});
// One thread: the tests of another process run beside them.
const measure = (...flags: string[]) => heaviside("measure", "--threads", "1", ...flags);
const three = ["--estimators", "disarm,leave-one-out:samples=3,straight-through"];

describe("heaviside measure", () => {
  it.skipIf(!full)(
    "prints every estimator that applies, the unbiased ones first, and says which it omits",
    async () => {
      const { code, out, err } = await measure(...net);
      expect({ code, err }).toEqual({ code: 0, err: "" });
      const place = (text: string): number => {
        expect(out).toContain(text);
        return out.indexOf(text);
      };
      expect(place("\nunbiased\n")).toBeLessThan(place("\n  disarm "));
      expect(place("\n  disarm ")).toBeLessThan(place("\nbiased, or"));
      expect(place("\nbiased, or")).toBeLessThan(place("\n  straight-through-slope "));
      expect(out).toContain("noisy-rectifier †");
      expect(out).toContain("score-function-minimum-variance ‡");
      expect(out.replaceAll("\n", " ")).toMatch(/not measured: sigmoid, tanh, rectifier.*: its units draw nothing/);
      expect(out).toContain("by enumeration");
    },
  );

  it("--json: one object on the last line, the table on standard error", async () => {
    const { out, err } = await measure(...net, ...three, "--json");
    const { points } = JSON.parse(out);
    expect(points).toHaveLength(1);
    expect(points[0]).toMatchObject({ at: 0, problem: { examples: 5, units: 4 }, truth: { kind: "enumeration" } });
    expect(points[0].rows.map((row: { estimator: string }) => row.estimator)).toEqual([
      "disarm",
      "leave-one-out:samples=3",
      "straight-through",
    ]);
    expect(points[0].rows[0].bias).toEqual({
      value: expect.any(Number),
      low: expect.any(Number),
      high: expect.any(Number),
    });
    expect(err).toContain("leave-one-out:samples=3");
  });

  it("measures along the training, and other layers", async () => {
    const deep = net.map((word) => (word === "4" ? "3,4" : word));
    const flags = [...deep, "--layer", "2", "--at", "20,0,50", "--estimators", "disarm", "--json"];
    const { points } = JSON.parse((await measure(...flags)).out);
    expect(points.map(({ at }: { at: number }) => at)).toEqual([0, 20, 50]);
    expect(points[0].problem).toMatchObject({ name: "mlp, hidden layer 2 of 2", units: 4 });
    expect(new Set(points.map((point: { truth: { norm: { value: number } } }) => point.truth.norm.value)).size).toBe(3);
  });

  it("measures an autoencoder, and units behind a recurrent stage", async () => {
    const short = ["--data-dir", data, "--batch", "5", "--replicates", "40", "--estimators", "disarm", "--json"];
    const auto = await measure("--model", "autoencoder", "--latents", "3", ...short);
    expect(auto.err).not.toContain("heaviside: ");
    expect(JSON.parse(auto.out).points[0]).toMatchObject({ problem: { units: 3 }, truth: { kind: "enumeration" } });
    const stages = "recurrent:cell=gru,units=2 dense:units=4,estimator=disarm";
    const behind = await measure("--model", "network", "--stages", stages, ...short);
    expect(behind.err).not.toContain("heaviside: ");
    expect(JSON.parse(behind.out).points[0]).toMatchObject({ problem: { units: 4 }, truth: { kind: "enumeration" } });
  });

  it("measures a toy", async () => {
    const { out } = await measure(
      "--toy",
      "0.45",
      "--units",
      "200",
      "--replicates",
      "40",
      "--estimators",
      "disarm",
      "--json",
    );
    const [{ truth, problem }] = JSON.parse(out).points;
    expect(problem.name).toBe("toy: mean of (b − 0.45)² over 200 units with p = 0.5");
    expect(truth.norm.value).toBeCloseTo((Math.sqrt(200) * 0.25 * 0.1) / 200, 12);
  });

  it("--choose recommends one, and abstains with exit code 3", async () => {
    const flags = ["--toy", "0.3", "--units", "4", "--replicates", "4000"];
    const chosen = await measure(...flags, "--estimators", "disarm,score-function", "--choose", "2evals");
    expect(chosen.code).toBe(0);
    expect(chosen.out).toContain("For 2 forward passes: disarm\n");
    const tied = await measure(...flags, "--estimators", "disarm,arms:samples=2", "--choose", "2evals", "--json");
    expect(tied.code).toBe(3);
    expect(tied.err).toContain("no choice, the intervals of");
    expect(JSON.parse(tied.out).choices[0].tied.sort()).toEqual(["arms:samples=2", "disarm"]);
  });

  it("goes on in its folder where Ctrl-C stopped it", async () => {
    const out = join(folder, "stopped");
    const first = fakeTerminal();
    const firstRow = setInterval(() => existsSync(join(out, "results.json")) && first.interrupt(), 1);
    const flags = { dataDir: data, hidden: "4", batch: "5", replicates: "100000", estimators: three[1]!, out };
    expect(await measureCommand(flags, first.terminal)).toBe(130);
    clearInterval(firstRow);
    expect(first.written.err).toContain("the same command resumes it");
    const kept = async () => JSON.parse(await readFile(join(out, "results.json"), "utf8")).points[0].rows;
    const before = await kept();
    expect(before[0].estimator).toBe("disarm");
    expect(before.length).toBeLessThan(3);
    expect(await measureCommand(flags, fakeTerminal().terminal)).toBe(0);
    const after = await kept();
    expect(after).toHaveLength(3);
    expect(after[0]).toEqual(before[0]);
    const other = await measure("--data-dir", data, "--hidden", "5", "--out", out);
    expect(other).toMatchObject({ code: 1, err: expect.stringContaining("holds a measurement with other settings") });
  });

  it("leaves a page with the table, both pictures, and lines along the training", async () => {
    const out = join(folder, "page");
    await measure(...net, ...three, "--at", "0,3", "--choose", "5evals", "--out", out);
    const html = await readFile(join(out, "measure.html"), "utf8");
    expect(html).not.toMatch(/<script [^>]|src="http|url\(http|NaN|undefined/);
    expect(html.match(/<svg/g)).toHaveLength(2 + 2 * 2);
    for (const words of ["Along the training", "After 3 steps", "leave-one-out:samples=3", "5 forward passes"])
      expect(html).toContain(words);
  });

  it("doesn't take a folder that holds something else for its own", async () => {
    await writeFile(join(folder, "results.json"), "{}");
    expect((await measure(...net, "--out", folder)).err).toContain("must be an object with a checksum, it has none");
  });
});

describe("its mistakes", () => {
  it.each<[string[], string]>([
    [["--layer", "2"], "--layer must be 1, the network has one hidden layer, received 2"],
    [["--hidden", "3,3", "--layer", "0"], "--layer must be a whole number from 1 to 2, received 0"],
    [["--model", "resnet", "--layer", "8"], "a whole number from 1 to 7"],
    [["--model", "vgg", "--depth", "1", "--layer", "4"], "a whole number from 1 to 3"],
    [["--model", "lenet", "--layer", "5"], "a whole number from 1 to 4"],
    [["--model", "conv", "--layer", "4"], "a whole number from 1 to 3"],
    [["--model", "conv", "--stages", "pool:2", "--layer", "1"], "received the model conv without one"],
    [["--hidden", "none"], "needs a layer of units that decide once for an example, as dense:units=8,estimator=disarm has, received the model mlp without one\n"], // biome-ignore format: one line
    [["--model", "recurrent", "--units", "8"], "received the model recurrent without one: neurons of a recurrent cell decide at each step, and the bias of these is computed for short sequences by the library's biasThroughTime"], // biome-ignore format: one line
    [["--model", "network", "--stages", "recurrent:cell=lif,units=3"], "received the model network without one: neurons of a recurrent cell"], // biome-ignore format: one line
    [["--estimators", "disram"], 'did you mean "disarm"?'],
    [["--estimators", "disarm:samples=2"], "disarm: samples: there is no such option, it has none"],
    [["--estimators", "sigmoid"], "none of the estimators applies: sigmoid"],
    [["--choose", "cheap"], "as in 2x, 4evals, 5ms; received cheap"],
    [["--replicates", "10"], "--replicates must be a whole number from 40, received 10"],
    [["--accuracy", "0"], "--accuracy must be a number above 0, received 0"],
    [["--at", "0,later"], "--at must be whole numbers of steps from 0, as in 0,100,1000, received later"],
    [["--toy", "half"], "--toy must be a number, received half"],
    [["--toy", "0.3", "--at", "5"], "a toy isn't trained"],
    [["--units", "3"], "--units and --logit belong to --toy"],
    [["--batch", "0"], "training.batch: must be a whole number at least 1, received 0"],
    [["--toy", "0.5", "--replicates", "40"], "the true gradient is 0"],
  ])("%j", async (flags, message) => {
    const { code, err, out } = await measure(...(flags.includes("--toy") ? [] : ["--data-dir", data]), ...flags);
    expect(err).toContain(message);
    expect(err).toMatch(/^heaviside: /);
    expect({ code, out }).toEqual({ code: 1, out: "" });
  });
});

describe("figures in the table", () => {
  const figure = (value: number, half: number) => ({ value, low: value - half, high: value + half });

  it.each([
    [12.345, 0.4321, "12.3 ±0.4"],
    [368.766, 0.083, "368.8 ±0.1"],
    [0.0389, 0.00018, "0.0389 ±0.0002"],
    [5145, 15074, "5145 ±15074"],
    [1.000004, 0.000002, "1.000"],
    [0, 0, "0"],
    [Number.NaN, 1, "–"],
  ])("%d ± %d", (value, half, text) => {
    expect(plusMinus(figure(value, half))).toBe(text);
  });

  it("have as many digits as asked for", () => {
    expect([0, 0.00001234, 0.1234, 12.34, 12345678].map((x) => significant(x))).toEqual([
      "0",
      "1.23e-5",
      "0.123",
      "12.3",
      "1.23e7",
    ]);
  });
});
