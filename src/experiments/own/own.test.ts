/** Experiments of a user's file: what is trained, what is left behind, what resumes, and mistakes. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { heaviside, tinyData, tooLong } from "../../cli/testing.ts";
import { pngHeader } from "../../data/images/png.ts";
import { plainName } from "./file.ts";
import { planOf } from "./index.ts";
import { sourcesOf } from "./sources.ts";

let folder: string;
let data: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "heaviside-own-"));
  data = await tinyData();
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await rm(data, { recursive: true });
});

const base = () => ({ data: "folder", dataDir: data, hidden: "3", epochs: 1, batch: 20 });
const varies = { estimator: ["straight-through", "disarm"] };
const write = async (name: string, experiment: object): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, name.endsWith(".json") ? JSON.stringify(experiment) : `export default ${JSON.stringify(experiment)};`); // biome-ignore format: one line
  return path;
};
const run = (path: string, ...more: string[]) => heaviside("experiment", path, "--out", `${path}.out`, "--backend", "wasm", "--threads", "1", ...more); // biome-ignore format: one line

test("trains each network with each seed, and leaves tables, a picture and the sentence; more seeds add to what is there", async () => {
  const path = await write("question.json", { question: "Which?", base: base(), varies, seeds: 2 });
  const first = await run(path, "--json");
  expect(first.code).toBe(0);
  expect(tooLong(first.err)).toEqual([]);
  const results = JSON.parse(first.out);
  expect(results.groups.map(({ name }: { name: string }) => name).sort()).toEqual(["estimator disarm", "estimator straight-through"]); // biome-ignore format: one line
  expect(results.sentences[0]).toContain("a conclusion would rest on 2 seeds");
  const left = await readdir(`${path}.out`);
  for (const file of [
    "figure.pdf",
    "figure.png",
    "figure.svg",
    "report.html",
    "results.csv",
    "results.json",
    "results.md",
    "results.tex",
  ])
    expect(left).toContain(file);
  const report = await readFile(join(`${path}.out`, "report.html"), "utf8");
  expect(report).toContain("<h2>Learning curves</h2>");
  expect(report).toContain("Means over seeds of the validation error");
  const png = await readFile(join(`${path}.out`, "figure.png"));
  const [, width] = /width="(\d+)"/.exec(await readFile(join(`${path}.out`, "figure.svg"), "utf8"))!;
  expect(pngHeader(png).width).toBe(2 * Number(width));
  const csv = (await readFile(join(`${path}.out`, "results.csv"), "utf8")).trim().split("\n");
  expect(csv.length).toBe(5);

  const more = await run(path, "--seeds", "3");
  expect(more.code).toBe(0);
  expect(more.out.match(/^\d\/6 .*$/gm)!.map((line) => line.slice(0, 4).trim())).toEqual(["5/6", "6/6"]);

  // A record is that of its config: with other options the same names are trained anew.
  await write("question.json", { question: "Which?", base: { ...base(), batch: 10, epochs: 2 }, varies, seeds: 1 });
  expect((await run(path)).out).toMatch(/^1\/2 /m);
  expect(await readFile(join(`${path}.out`, "report.html"), "utf8")).toMatch(
    /<title>estimator disarm: [^<]* at epoch 2</,
  );
  expect((await heaviside("experiment", path, "--help")).out).toContain("Which?");
});

describe("a plan", () => {
  const names = (varies: object) => planOf({ question: "?", base: base(), varies }, "x.mjs").networks.map(({ name }) => name); // biome-ignore format: one line

  test("has each value with each, or the networks of a list", () => {
    expect(names({ estimator: ["disarm", "arm"], rate: [0.1, 0.2] })).toEqual([
      ...["estimator disarm, rate 0.1", "estimator disarm, rate 0.2"],
      ...["estimator arm, rate 0.1", "estimator arm, rate 0.2"],
    ]);
    expect(names([{}, { maxNorm: 2 }])).toEqual(["base", "max-norm 2"]);
  });

  test("is that of the same flags of train", () => {
    const [one] = planOf({ question: "?", base: base(), varies: [{ optimizer: "adam" }, {}], seeds: [7, 9] }, "x.mjs").networks; // biome-ignore format: one line
    expect(one!.config.training).toMatchObject({ batch: 20, epochs: 1, optimizer: { name: "adam", rate: 0.001 } });
    expect(one!.config.model).toMatchObject({ name: "mlp", hidden: [{ units: 3 }] });
  });

  test.each([
    [{ varies }, /^x\.mjs: question must be a text, received undefined$/],
    [
      { question: "?", varies: {}, seeds: 1 },
      /^x\.mjs: networks times seeds must be 2 to 10,000 trainings, received 1 × 1$/,
    ],
    [{ question: "?", varies: [] }, /^x\.mjs: varies must name at least one network, received \[\]$/],
    [
      { question: "?", varies: { estimator: "arm" } },
      /^x\.mjs: varies\.estimator must be a list of values, received "arm"$/,
    ],
    [{ question: "?", varies: { units: [5] } }, /^x\.mjs, units 5: --units: needs --model recurrent, received "mlp"$/],
    [{ question: "?", varies: { estimator: ["arm", "arm"] } }, /networks must differ, estimator arm comes twice$/],
    [{ question: "?", varies, base: { esti: 3 } }, /^x\.mjs: base: train has no option --esti/],
    [{ question: "?", varies, base: { backend: "wasm" } }, /^x\.mjs: base\.backend: is an option of the command/],
    [
      { question: "?", varies, base: { hidden: [3] } },
      /^x\.mjs: base\.hidden must be a text, a number, true or false, received \[3\]$/,
    ],
    [{ question: "?", varies: { estimator: ["arm", "armm"] } }, /^x\.mjs, estimator armm:/],
    [{ question: "?", varies, seeds: [1, 1] }, /^x\.mjs: seeds must differ, received 1, 1$/],
    [{ question: "?", varies, seeds: 0 }, /^x\.mjs: seeds must be a whole number at least 1/],
    [
      { question: "?", varies, seed: 3 },
      /^x\.mjs: there is no option seed; did you mean seeds\? The options are question, base, varies, seeds, metric, against$/,
    ],
    ["text", /^x\.mjs: must be an object of question, base, varies, seeds, metric, against, received "text"$/],
  ])("%j is refused", (given, message) => {
    expect(() => planOf(given, "x.mjs")).toThrow(message);
  });
});

test.each([
  ["throw null;", "threw null, which is no Error"],
  ["throw undefined;", "threw undefined, which is no Error"],
  ['throw "text";', 'threw "text", which is no Error'],
  ["throw Symbol('s');", "threw Symbol(s), which is no Error"],
  ["\nnosuch();", "ReferenceError: nosuch is not defined (load.mjs:2)"],
  ["export default {\n  base: a b };", "(load.mjs:2)"],
  ["export default { get base() {\n throw Error('no'); } };", "what it exports can't be read: Error: no (load.mjs:2)"],
  ["export default new Proxy({}, { ownKeys() { throw 3; } });", "what it exports can't be read: load.mjs threw 3"],
  ["const a = {}; a.a = a;\nexport default a;", "must not be nested deeper than 100 levels, or contain itself"],
])("a file that throws while it is read is named: %j", async (code, why) => {
  const load = join(await mkdtemp(join(folder, "load-")), "load.mjs");
  await writeFile(load, code);
  const { code: exit, err } = await run(load);
  expect([exit, err]).toEqual([1, expect.stringContaining(why)]);
  expect(err).toContain(load);
  expect(err.trimEnd()).not.toContain("\n");
});

test.each([".mjs", "..mjs", "...mjs", "dir/.json", "dir/ .mjs"])("a file without a name is refused: %s", (file) => {
  expect(() => plainName(file)).toThrow(`${file}: needs a name before its ending, such as rates.mjs`);
});

test.each([["a/rates.mjs", "rates"], [".rates.mjs", "rates"], ["...rates.v2.json", "rates.v2"], ["a\\b.ts", "b"]])("a file's name is that of a folder: %s", (file, name) => expect(plainName(file)).toBe(name)); // biome-ignore format: one line

test("a file's sources are those that it imports, and those that these import", async () => {
  const at = await mkdtemp(join(folder, "sources-"));
  const put = async (name: string, text: string): Promise<void> => {
    await mkdir(join(at, name, ".."), { recursive: true });
    await writeFile(join(at, name), text);
  };
  await put(
    "dir/s.mjs",
    'import a from "../a.js";\nimport "pkg/part";\nimport { readFile } from "node:fs";\nnew URL("data.bin", import.meta.url);',
  );
  await put("a.ts", 'export * from "./b";\nrequire("./dir/s.mjs");\nawait import(`./c.json`);');
  await put("b/index.js", "");
  await put("c.json", "{}");
  await put("dir/data.bin", "1");
  await put("node_modules/pkg/package.json", '{"version":"1.2.3"}');
  const before = await sourcesOf(join(at, "dir/s.mjs"));
  expect(Object.keys(before).sort()).toEqual(["../a.ts", "../b/index.js", "../c.json", "data.bin", "pkg", "s.mjs"]);
  expect(before.pkg).toBe("1.2.3");
  const sums: (string | undefined)[] = [];
  for (const text of [
    "points: 3",
    "points: 40",
    "points:[1, 2]",
    "points: 3, y: 1",
    "points: 3, points: 4",
    "points: 3, points: 5",
  ]) {
    // biome-ignore format: one line
    await put("n.mjs", `export default { ${text} };`);
    sums.push((await sourcesOf(join(at, "n.mjs"), ["points"]))["n.mjs"]);
  }
  expect(sums.map((sum) => sums.indexOf(sum))).toEqual([0, 0, 0, 3, 4, 5]);
  await put("c.json", "[]");
  const now = await sourcesOf(join(at, "dir/s.mjs"));
  expect(Object.keys(before).filter((name) => before[name] !== now[name])).toEqual(["../c.json"]);
});

test("a file that can't be read is named, without a stack trace or a folder", async () => {
  const missing = await run(join(folder, "none.mjs"));
  expect(missing).toMatchObject({ code: 1, err: expect.stringMatching(/^heaviside: experiment: cannot read .*none\.mjs: it doesn't exist\n$/) }); // biome-ignore format: one line
  await writeFile(join(folder, "bad.mjs"), "export default {");
  expect((await run(join(folder, "bad.mjs"))).err).toMatch(/^heaviside: experiment: cannot load .*bad\.mjs: [^\n]+\n$/);
  await writeFile(join(folder, "empty.mjs"), "export const question = 1;");
  expect((await run(join(folder, "empty.mjs"))).err).toMatch(/must export an object as its default/);
  const wrong = await write("wrong.mjs", { question: "?", base: base(), varies: { estimator: ["armm", "arm"] } });
  const { code, err } = await run(wrong);
  expect([code, err]).toEqual([1, expect.stringMatching(/^heaviside: .*wrong\.mjs, estimator armm: model\.hidden.*did you mean "arm"\?\n$/)]); // biome-ignore format: one line
  expect(await readdir(folder)).not.toContain("wrong.mjs.out");
});

test("more networks than can be trained are refused before they are made, and a long name is cut", () => {
  const many = Array.from({ length: 1000 }, (_, i) => i + 1);
  const planned = (varies: object) => () => planOf({ question: "?", varies }, "x.mjs");
  expect(planned({ rate: many, batch: many, epochs: many, limit: many })).toThrow(
    "x.mjs: varies: there may be at most 10,000 networks, received 1,000,000,000,000",
  );
  expect(planned({ estimator: ["x".repeat(9000)] })).toThrow(/^x\.mjs, estimator x{67}\.\.\.:?[^x].{1,900}$/s);
});
