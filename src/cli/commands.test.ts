import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { folderForAllTests } from "../../test/support/temporary.ts";
import { writeTinyData } from "../../test/support/tiny-data.ts";
import { flagName } from "../config/index.ts";
import { encodeIdx } from "../data/index.ts";
import { experiments } from "../experiments/index.ts";
import { heaviside } from "./testing.ts";

let folder: string;
let data: string;
folderForAllTests((path) => {
  folder = path;
});
folderForAllTests((path) => {
  data = writeTinyData(path);
});

describe("help", () => {
  it.each([[[]], [["--help"]], [["help"]]])("%j lists the commands", async (argv) => {
    const { code, out } = await heaviside(...argv);
    expect(code).toBe(0);
    for (const name of ["start", "train", "describe", "experiment", "data", "backends"])
      expect(out).toContain(`  ${name} `);
  });

  it("names every flag that the documentation promises", async () => {
    const { code, out } = await heaviside("train", "--help");
    expect(code).toBe(0);
    for (const flag of "data model hidden estimator epochs batch rate seed backend threads precision out resume json print-config config".split(
      " ",
    ))
      expect(out).toContain(`--${flag}`);
  });

  it("--version is the package's", async () => {
    expect((await heaviside("--version")).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe("describe", () => {
  it("prints shapes and costs, of flags and of a run folder alike, and draws", async () => {
    const svg = join(folder, "net.svg");
    const flags = ["--data-dir", data, "--hidden", "5,3", "--estimator", "straight-through,rectifier"];
    const { code, out } = await heaviside("describe", ...flags, "--svg", svg);
    expect(code).toBe(0);
    expect(out).toContain("hidden2  dense + rectifier         [5]    [3]");
    expect(await readFile(svg, "utf8")).toContain("∂L/∂W₂");
    const run = join(folder, "run");
    await heaviside("train", ...flags, "--epochs", "1", "--backend", "reference", "--out", run);
    expect((await heaviside("describe", run)).out).toContain(out.split("\n\n")[0]!);
  });

  it("--json gives rows and totals", async () => {
    const { out } = await heaviside("describe", "--data-dir", data, "--hidden", "5", "--json");
    expect(JSON.parse(out)).toMatchObject({ totals: { parameters: 16 * 5 + 5 + 5 * 10 + 10, multiplyAdds: 130 } });
  });
});

describe("data", () => {
  it("counts the splits", async () => {
    const { code, out } = await heaviside("data", "folder", "--data-dir", data);
    expect(code).toBe(0);
    expect(out).toMatch(/^train +200 /m);
    expect(out).toMatch(/^valid +40 /m);
    expect(JSON.parse((await heaviside("data", "folder", "--data-dir", data, "--json")).out).splits.test.size).toBe(40);
    expect(out).not.toContain("warning");
  });

  it("prints the fields of a table, and moments of each column", async () => {
    const file = join(folder, "houses.csv");
    const rows = Array.from({ length: 12 }, (_, i) => `${i % 2 ? 1 : 3},7,${i},x`);
    await writeFile(file, `rooms,floor,price,street\n${rows.join("\n")}\n`);
    const flags = ["--file", file, "--target", "price", "--omit", "street"];
    const { code, out } = await heaviside("data", "table", ...flags);
    expect(code).toBe(0);
    expect(out).toMatch(/^table: x \[2\], y \[1\]; 12 examples: 8 to train on, 2 to validate, 2 to test/);
    expect(out).toMatch(/^train +8 +x +\d+\.\d{4} +\d+\.\d{4} +1 +7 +0\.0%$/m);
    expect(out).toMatch(/^floor +7\.0000 +0\.0000 +7 +7 +0\.0%$/m);
    expect(out).toContain("warning: training split: column floor has the same value in every row");
    const { fields, splits } = JSON.parse((await heaviside("data", "table", ...flags, "--json")).out);
    expect(fields.x.columns).toEqual(["rooms", "floor"]);
    expect(splits.train.fields.x.columns[1]).toEqual({ mean: 7, sd: 0, min: 7, max: 7, zeros: 0 });
    const whole = await heaviside("data", "table", "--file", file, "--target", "price", "--json");
    expect(JSON.parse(whole.out).fields.x.columns).toEqual(["rooms", "floor", "street = x"]);
  });

  it("draws images of each class and their means, in the terminal and into a file", async () => {
    const [svg, png, html] = ["sheet.svg", "sheet.png", "sheet.html"].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    const { out } = await heaviside("data", "folder", "--data-dir", data, "--out", svg);
    expect(out).toMatch(/a training example of each class\n0 .*the mean of each class\n0 .*picture: .*sheet\.svg/s);
    expect(await readFile(svg, "utf8")).toMatch(/folder: 10 classes, .* training images each/);
    expect((await heaviside("data", "folder", "--data-dir", data, "--json", "--out", png)).out).not.toContain(
      "picture:",
    );
    expect([...(await readFile(png)).subarray(1, 4)].map((c) => String.fromCharCode(c)).join("")).toBe("PNG");
    await heaviside("data", "folder", "--data-dir", data, "--out", html);
    expect(await readFile(html, "utf8")).toMatch(/<svg .*<pre>folder: x/s);
  });

  it("draws the steps of a sequence, and refuses a table and a file that it can't write", async () => {
    const file = join(folder, "rooms.csv");
    await writeFile(
      file,
      `rooms,kind\n${Array.from({ length: 24 }, (_, i) => `${i},${i % 2 ? "flat" : "house"}`).join("\n")}\n`,
    );
    const table = ["data", "table", "--file", file, "--target", "kind", "--out"];
    const svg = join(folder, "rooms.svg");
    const refused = await heaviside(...table, svg);
    expect([refused.code, refused.out]).toEqual([1, ""]);
    expect(refused.err).toContain("table holds none: npx heaviside explore FILE --out page.html draws a table");
    expect((await heaviside(...table, "rooms.gif")).err).toContain(
      "--out must end in .svg, .html or .png, received rooms.gif",
    );
    const png = await heaviside("data", "adding:length=20", "--out", join(folder, "adding.png"));
    expect(png.err).toContain("--out must end in .svg or .html for adding: a .png holds images or strokes");
    await heaviside("data", "adding:length=20", "--out", svg);
    expect(await readFile(svg, "utf8")).toContain("adding: the first training example, 20 steps");
  });

  it("warns of a file that is sorted by class, and of classes that no split has", async () => {
    const sorted = join(folder, "sorted");
    await mkdir(sorted);
    for (const part of ["train", "t10k"]) {
      const labels = Uint8Array.from({ length: 120 }, (_, i) => Math.floor(i / 15));
      const images = Uint8Array.from({ length: 480 }, (_, i) => (i * 7919) % 251);
      await writeFile(join(sorted, `${part}-labels-idx1-ubyte`), encodeIdx({ shape: [120], data: labels }));
      await writeFile(join(sorted, `${part}-images-idx2-ubyte`), encodeIdx({ shape: [120, 4], data: images }));
    }
    const { code, out } = await heaviside("data", "folder", "--data-dir", sorted);
    expect(code).toBe(0);
    const said = out.slice(out.indexOf("warning: ")).trim().replaceAll("\n", " ");
    expect(said.split(/ (?=warning: )/)).toEqual([
      "warning: train-labels-idx1-ubyte: examples are sorted or grouped by class (8 runs of one class, about 106 in random order); the splits are drawn by seed",
      "warning: test split: examples are sorted or grouped by class (8 runs of one class, about 106 in random order)",
    ]);
    const json = await heaviside("data", "folder", "--data-dir", sorted, "--json");
    expect(JSON.parse(json.out).warnings).toHaveLength(2);
    // A folder that is not the published MNIST is drawn under its name too, and a limit has all classes.
    const { out: mnist } = await heaviside("data", "mnist", "--data-dir", sorted, "--limit", "16", "--json");
    const { splits } = JSON.parse(mnist);
    const [train, valid] = [splits.train.fields.label.perClass, splits.valid.fields.label.perClass];
    expect([train.slice(0, 8), valid.slice(0, 8).sort()]).toEqual([new Array(8).fill(2), [2, 2, 2, 2, 3, 3, 3, 3]]);
  });
});

describe("backends", () => {
  it("lists each with a self-test that compares it with the reference", async () => {
    const { code, out } = await heaviside("backends");
    expect(code).toBe(0);
    expect(out).toMatch(/^reference +plain TypeScript +1 +passed/m);
    expect(out).toMatch(/^wasm .*passed/m);
    const checks = JSON.parse((await heaviside("backends", "--threads", "1", "--json")).out);
    expect(checks.map((check: { name: string }) => check.name)).toEqual(["reference", "wasm", "native"]);
    expect(checks[1]).toMatchObject({ passed: true, info: { threads: 1 } });
    expect(checks[1].difference).toBeLessThan(1e-5);
  });
});

describe("experiment", () => {
  it("lists every experiment of the table with its question, and prints the options of each", async () => {
    const { code, out } = await heaviside("experiment");
    expect(code).toBe(0);
    const names = Object.keys(experiments) as (keyof typeof experiments)[];
    expect(out.match(/^[a-z0-9-]+(?= \(about )/gm)).toEqual(names);
    for (const name of names) {
      const { name: own, question, options, duration } = await experiments[name]();
      expect(own).toBe(name);
      expect(out.replaceAll(/\s+/g, " ")).toContain(`${name} (about ${duration}) ${question}`);
      const help = (await heaviside("experiment", name, "--help")).out;
      for (const flag of [...Object.keys(options).map(flagName), "--out", "--json"])
        expect(help).toContain(`  ${flag} `);
      for (const option of Object.values(options)) expect(option.help.length).toBeLessThanOrEqual(60);
    }
  });

  it("start has the options of the first look", async () => {
    const options = (text: string) => text.slice(text.indexOf("Options:"));
    expect(options((await heaviside("start", "--help")).out)).toBe(
      options((await heaviside("experiment", "first-look", "--help")).out),
    );
  });

  it.each([
    ["slowness --quick", "slowness is now: heaviside experiment slowness"],
    ["slowness --help", "slowness is now: heaviside experiment slowness"],
    ["benchmark toys --steps 30", "benchmark toys is now: heaviside experiment toys"],
    ["reproduce figure-2", "reproduce figure-2 is now: heaviside experiment figure-2"],
    ["benchmark", "benchmark is now: heaviside experiment"],
    ["benchmark --help", "benchmark is now: heaviside experiment"],
    ["experiment figure2", "unknown experiment 'figure2' (did you mean figure-2?): heaviside experiment lists them"],
    ["experiment toys 3", "too many arguments for 'toys'. Expected 0 arguments but got 1."],
  ])("%s is refused, and says what there is", async (line, message) => {
    expect(await heaviside(...line.split(" "))).toEqual({ code: 2, out: "", err: `heaviside: ${message}\n` });
  });
});
