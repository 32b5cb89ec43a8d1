import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { folderForAllTests } from "../../test/support/temporary.ts";
import { parseCsv } from "../data/csv.ts";
import { encodeIdx } from "../data/idx.ts";
import { tableFrom } from "../data/table.ts";
import { mlp, train } from "../index.ts";
import { predictor } from "../predict/predictor.ts";
import { examplesIn } from "./examples-file.ts";
import { heaviside, tooLong } from "./testing.ts";

let folder: string;
const at = (...names: string[]): string => join(folder, ...names);
const rows = Array.from({ length: 36 }, (_, i) => [Math.sin(i), Math.cos(3 * i), ["low", "high, really"][i % 2]]);
const csv = ["a,b,kind", ...rows.map(([a, b, kind]) => `${a},${b},"${kind}"`)].join("\n");

folderForAllTests(async (path) => {
  folder = path;
  await writeFile(at("data.csv"), csv);
  const small = ["--backend", "reference", "--hidden", "6", "--batch", "8", "--epochs", "2", "--estimator", "disarm"];
  const data = ["--data", "table", "--file", at("data.csv"), "--target", "kind"];
  const { code, err } = await heaviside("train", ...data, ...small, "--out", at("run"));
  expect(code, err).toBe(0);
});

const predict = (...argv: string[]) => heaviside("predict", ...argv, "--backend", "reference");

describe("predict", () => {
  test("takes a run's columns by their names, whatever their order, and says the same as the library", async () => {
    await writeFile(at("turned.csv"), ["b,kind,a", ...rows.map(([a, b]) => `${b},?,${a}`)].join("\n"));
    const { code, out } = await predict(at("run"), at("turned.csv"), "--csv");
    expect(code).toBe(0);
    const { columns, lines } = parseCsv(out.trimEnd(), "out");
    expect(columns).toEqual(["example", "name", "p(high, really)", "p(low)", "label"]);
    const own = await predictor(at("run"), { backend: "reference" });
    const wanted = own.batch(rows.map(([a, b]) => [a as number, b as number]));
    expect(lines.map(({ cells }) => cells)).toEqual(
      wanted.map(({ name, probabilities, label }, i) => [`${i}`, name, ...[...probabilities].map(String), `${label}`]),
    );
    await own.close();
  });

  test("prints a table of the first, in 80 columns, and all of it as JSON", async () => {
    const table = await predict(at("run"), at("data.csv"), "--passes", "9", "--seed", "4");
    expect(table.out.split("\n")).toHaveLength(23);
    expect(table.out).toMatch(/^example +class +probability +second +entropy, nats +votes\n/);
    expect(table.out).toContain("the first 20 of 36; --csv and --json print all");
    expect(tooLong(table.out)).toEqual([]);
    const { out } = await predict(at("run"), at("data.csv"), "--passes", "9", "--seed", "4", "--json");
    const { predictions } = JSON.parse(out);
    expect(predictions).toHaveLength(36);
    expect(predictions[0].uncertainty).toMatchObject({ passes: 9, votes: [expect.any(Number), expect.any(Number)] });
  });

  test("reads JSON, and images in IDX scaled as in training", async () => {
    await writeFile(at("one.json"), "[[0.5, 0.25]]");
    await writeFile(at("two-idx2-ubyte"), encodeIdx({ shape: [1, 2], data: Uint8Array.of(51, 255) }));
    await writeFile(at("two.json"), "[[0.2, 1]]");
    const said = async (file: string) => JSON.parse((await predict(at("run"), at(file), "--json")).out).predictions;
    expect(await said("two-idx2-ubyte")).toEqual(await said("two.json"));
    expect(await said("one.json")).not.toEqual(await said("two.json"));
  });

  test("a saved model predicts as its run does", async () => {
    const { code, out } = await heaviside("save", at("run"), at("kind.safetensors"));
    expect(code).toBe(0);
    expect(out).toMatch(/kind\.safetensors: \d+ kB; predict with it: npx heaviside predict/);
    const [run, saved] = await Promise.all(
      [at("run"), at("kind.safetensors")].map(async (source) => (await predict(source, at("data.csv"), "--csv")).out),
    );
    expect(saved).toBe(run);
  });

  test.each<[string, string[], string]>([
    ["a column that isn't there", ["run", "lacks.csv"], 'lacks the column "b"; its columns are a, c'],
    ["a cell that is no number", ["run", "text.csv"], 'line 3, column b: the cell must be a number, received "x"'],
    ["a decimal comma", ["run", "comma.csv"], 'line 2, column a: the cell must be a number, received "1,5": a decimal comma must be a point'], // biome-ignore format: one line
    [
      "examples of another width",
      ["run", "wide.json"],
      "x must be an example [2], or a list of examples, received [1, 3]",
    ],
    ["what is no JSON", ["run", "broken.json"], "broken.json must be JSON"],
    [
      "another kind of file",
      ["run", "notes.txt"],
      "must be a table (.csv, .tsv), JSON (.json), an image (.png, .jpg) or images in IDX",
    ],
    ["a file that isn't there", ["run", "nothing.json"], "nothing.json does not exist"],
    ["a folder that is no run", ["empty", "data.csv"], "is not the folder of a run, it has no checkpoint.safetensors"],
    ["a model that isn't there", ["nothing", "data.csv"], "doesn't exist"],
    ["two forms of output", ["run", "data.csv", "--csv", "--json"], "output is either CSV or JSON"],
    [
      "a seed without passes",
      ["run", "data.csv", "--seed", "1"],
      "--seed is of the passes' noise, received it without --passes",
    ],
    [
      "no passes",
      ["run", "data.csv", "--passes", "0"],
      "predict: passes must be a whole number at least 1 and at most 1000000, received 0",
    ],
  ])("refuses %s in a line, with nothing on standard output", async (_, [source, file, ...flags], message) => {
    await mkdir(at("empty"), { recursive: true });
    await writeFile(at("lacks.csv"), "a,c\n1,2\n");
    await writeFile(at("text.csv"), "a,b\n1,2\n1,x\n");
    await writeFile(at("comma.csv"), 'a,b\n"1,5",2\n');
    await writeFile(at("wide.json"), "[[1, 2, 3]]");
    await writeFile(at("broken.json"), "[[1,");
    await writeFile(at("notes.txt"), "1");
    const { code, out, err } = await predict(at(source!), at(file!), ...flags);
    expect([code, out]).toEqual([1, ""]);
    expect(err).toContain(message);
    expect(err.trimEnd().split("\n")).toHaveLength(1);
  });
});

test("a regression's numbers are called as the column that was predicted, in the table, as CSV and as JSON", async () => {
  const numbers = ["pH,a,b", ...rows.map(([a, b], i) => `${i},${a},${b}`)].join("\n");
  await writeFile(at("numbers.csv"), numbers);
  const data = ["--data", "table", "--file", at("numbers.csv"), "--target", "pH", "--out", at("regression")];
  const small = ["--backend", "reference", "--hidden", "6", "--epochs", "1"];
  expect((await heaviside("train", ...data, ...small)).code).toBe(0);
  const args = [at("regression"), at("numbers.csv")];
  expect((await predict(...args)).out).toMatch(/^example +pH\n +0 +-?\d/);
  expect((await predict(...args, "--csv")).out).toMatch(/^example,pH\n0,/);
  expect((await predict(...args, "--csv", "--passes", "4")).out).toMatch(/^example,pH,deviation\(pH\)\n0,/);
  const { predictions } = JSON.parse((await predict(...args, "--json")).out);
  expect(predictions[3]).toEqual({ value: [expect.any(Number)], targets: { pH: predictions[3].value[0] } });
  const [a, b] = rows[3] as [number, number];
  await writeFile(at("row.json"), JSON.stringify({ b, a }));
  const row = await predict(args[0]!, at("row.json"), "--json");
  expect(JSON.parse(row.out).predictions[0].value[0]).toBeCloseTo(predictions[3].value[0], 5);
});

describe("save", () => {
  test.each([
    ["kind.onnx", [], /kind\.onnx: \d+(\.\d+)? kB; ONNX Runtime predicts with it/],
    ["drawn.onnx", ["--sample"], /drawn\.onnx: /],
    ["kind.ts", [], /kind\.ts: \d+(\.\d+)? kB; import \{ predict \} from it/],
    ["kind.js", [], /kind\.js: /],
  ] as const)("writes %s", async (name, flags, said) => {
    const { code, out, err } = await heaviside("save", at("run"), at(name), ...flags);
    expect(code, err).toBe(0);
    expect(out).toMatch(said);
  });

  test("the script predicts by class names, the file for ONNX Runtime has them", async () => {
    await heaviside("save", at("run"), at("named.mjs.js"));
    const script = await readFile(at("named.mjs.js"), "utf8");
    const { predict: own } = await import(`data:text/javascript,${encodeURIComponent(script)}`);
    const wanted = await predictor(at("run"), { backend: "reference" });
    expect(own([0.5, 0.25]).name).toBe(wanted([0.5, 0.25]).name);
    await wanted.close();
    await heaviside("save", at("run"), at("named.onnx"));
    expect(await readFile(at("named.onnx"), "latin1")).toContain('["high, really","low"]');
  });

  test.each([
    ["kind.h5", [], "save: the file must end in .safetensors, .onnx, .ts, .js, .npz, .mat, received"],
    ["kind.ts", ["--sample"], "save: --sample is of .onnx files, received"],
  ] as const)("refuses %s with %j", async (name, flags, said) => {
    const { code, err } = await heaviside("save", at("run"), at("none", name), ...flags);
    expect([code, err]).toEqual([1, expect.stringContaining(said)]);
    expect(err).not.toContain("    at ");
  });
});

test("save writes over no checkpoint, which a training resumes from", async () => {
  const before = await readFile(at("run", "checkpoint.safetensors"));
  const { code, err } = await heaviside("save", at("run"), at("run", "checkpoint.safetensors"));
  expect([code, err]).toEqual([1, expect.stringContaining("is the name of a run's checkpoint")]);
  expect(await readFile(at("run", "checkpoint.safetensors"))).toEqual(before);
});

test("report draws a run again, and says what a run lacks", async () => {
  await Promise.all(["report.html", "curves.svg"].map((name) => rm(at("run", name))));
  expect((await heaviside("report", at("run"))).code).toBe(0);
  expect(await readdir(at("run"))).toEqual(expect.arrayContaining(["report.html", "curves.svg"]));
  const result = await readFile(at("run", "result.json"));
  await rm(at("run", "result.json"));
  const { code, err } = await heaviside("report", at("run"));
  for (const wrong of ["{}", '{"train":{},"valid":{},"test":{"deterministic":{},"stochastic":{}}}']) {
    await writeFile(at("run", "result.json"), wrong);
    const broken = await heaviside("report", at("run"));
    expect([broken.code, broken.err]).toEqual([1, expect.stringContaining("isn't what a training writes")]);
  }
  await writeFile(at("run", "result.json"), result);
  expect([code, err]).toEqual([
    1,
    expect.stringContaining("has no result.json: its training isn't done, resume it first"),
  ]);
});

test("a run folder that the library wrote has the numbers that the command line leaves, and predicts", async () => {
  const data = tableFrom(csv, "data.csv", ["kind"], {});
  const model = mlp({ input: 2, hidden: [{ units: 3, estimator: "disarm" }], classes: 2 });
  const options = { epochs: 1, batch: 8, backend: "reference", runFolder: at("own") } as const;
  const trained = await train(model, data as never, options);
  expect((await readdir(at("own"))).sort()).toEqual([
    "checkpoint.safetensors",
    "config.json",
    "metrics.jsonl",
    "result.json",
  ]);
  expect(JSON.parse(await readFile(at("own", "result.json"), "utf8"))).toEqual(JSON.parse(JSON.stringify(trained)));
  expect((await predict(at("own"), at("data.csv"), "--csv")).out).toContain("p(high, really)");
});

test("an empty cell of a network that knows no columns is refused by line and column: nothing stands for it", async () => {
  const spec = {
    inputs: [{ name: "x", shape: [2], dtype: "float32" as const }],
    outputs: [],
    gates: [],
    deterministic: true,
  };
  await writeFile(at("gap.csv"), "p,q\n1,2\n3,\n");
  await expect(examplesIn(at("gap.csv"), spec, () => {})).rejects.toThrow('gap.csv, line 3, column q: the cell must be a number, received ""'); // biome-ignore format: one line
});
