// Every rule of the house can fail: each checker meets a small made-up repository that breaks its rule.
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { UserError } from "../../src/errors.ts";
import { browserViolations } from "./browser.ts";
import { cycles } from "./cycles.ts";
import { equalNumbers } from "./equal.ts";
import { edgesOf, importsOf, packagesLoadedBy } from "./imports.ts";
import { layerViolations, unitOf, unknownUnits } from "./layers.ts";
import { closingLine, count } from "./reporter.ts";
import { isTest } from "./repository.ts";
import { functionViolations, lines, sizeViolations } from "./sizes.ts";
import { folderForAllTests, folderForEachTest, refusal } from "./temporary.ts";
import { foldersOf, readTree, treeViolations } from "./tree.ts";
import { resolvedInLock, wordingViolations } from "./wording.ts";

const module = (path: string, text: string) => ({ path, text });

describe("importsOf", () => {
  const kinds = (text: string) =>
    importsOf(module("src/a.ts", text)).map(({ specifier, kind }) => `${kind} ${specifier}`);

  test("tells what is there at run time from what the compiler erases", () => {
    expect(kinds('import { a } from "./a.ts";')).toEqual(["static ./a.ts"]);
    expect(kinds('import "./a.ts";')).toEqual(["static ./a.ts"]);
    expect(kinds('import * as a from "./a.ts";')).toEqual(["static ./a.ts"]);
    expect(kinds('export { a } from "./a.ts";')).toEqual(["static ./a.ts"]);
    expect(kinds('export * from "./a.ts";')).toEqual(["static ./a.ts"]);
    expect(kinds('import { type A } from "./a.ts";')).toEqual(["static ./a.ts"]);
    expect(kinds('import type { A } from "./a.ts";')).toEqual(["type ./a.ts"]);
    expect(kinds('export type { A } from "./a.ts";')).toEqual(["type ./a.ts"]);
    expect(kinds('type A = import("./a.ts").A;')).toEqual(["type ./a.ts"]);
    expect(kinds('const a = async () => await import("./a.ts");')).toEqual(["dynamic ./a.ts"]);
  });

  test("reads code, not text", () => {
    expect(kinds('// import { a } from "./a.ts";\nconst s = `import "./b.ts"`;')).toEqual([]);
  });

  test("knows the line", () => {
    expect(importsOf(module("src/a.ts", '\n\nimport {\n  a,\n} from "./a.ts";'))[0]?.line).toBe(3);
  });
});

describe("packages loaded at the start", () => {
  const loaded = (...more: string[]) =>
    packagesLoadedBy("src/index.ts", [
      module("src/index.ts", 'export * from "./a/a.ts";'),
      module("src/a/a.ts", ['import "../b.ts";', ...more].join("\n")),
      module("src/b.ts", 'import "./index.ts";'),
      module("src/cli.ts", 'import "commander";'),
    ]);

  test("are found through all that the entry reaches, and nowhere else", () => {
    expect(loaded()).toEqual([]);
    expect(loaded('import { z } from "zod";')).toEqual(["src/a/a.ts:2 loads zod"]);
  });

  test("are not those that a type or a later call asks for", () => {
    expect(loaded('import type { Z } from "zod";', 'const z = () => import("zod");')).toEqual([]);
  });
});

describe("the direction of imports", () => {
  const violations = (path: string, specifier: string) =>
    layerViolations(edgesOf([module(path, `import type { X } from "${specifier}";`)]));

  test.each([
    ["src/graph/grad.ts", "../plan/plan.ts", "graph may not use plan"],
    ["src/graph/ops/add.ts", "../../backends/backend.ts", "graph may not use backends"],
    ["src/estimators/exact.ts", "../backends/backend.ts", "estimators may not use backends"],
    ["src/estimators/exact.ts", "../compile/compile.ts", "estimators may not use compile"],
    ["src/optimizers/index.ts", "../layers/affine.ts", "optimizers may not use layers"],
    ["src/models/mlp.ts", "../train/train.ts", "models may not use train"],
    ["src/plan/plan.ts", "../backends/backend.ts", "plan may not use backends"],
    ["src/train/train.ts", "../cli/main.ts", "train may not use cli"],
    ["src/data/mnist.ts", "../train/train.ts", "data may not use train"],
  ])("%s may not import %s", (path, specifier, why) => {
    expect(violations(path, specifier)).toEqual([expect.stringContaining(why)]);
    expect(violations(path, specifier)[0]).toContain(`${path}:1 imports src/`);
  });

  test.each([
    ["src/plan/plan.ts", "../graph/tensor.ts"],
    ["src/graph/grad.ts", "./tensor.ts"],
    ["src/estimators/exact.ts", "../optimizers/adam.ts"],
    ["src/compile/resident.ts", "./compile.ts"],
    ["src/cli/main.ts", "../report/report.ts"],
  ])("%s may import %s", (path, specifier) => {
    expect(violations(path, specifier)).toEqual([]);
  });

  test("ends at the edge of src", () => {
    expect(violations("src/cli/main.ts", "../../bench/main.ts")).toEqual([
      "src/cli/main.ts:1 imports bench/main.ts, which is outside of src",
    ]);
  });

  test("asks for a place for a new folder, and says where", () => {
    expect(unknownUnits(["src/graph/a.ts", "src/novel/a.ts"])).toEqual([
      "src/novel has no place in the table of test/support/layers.ts: say there what it may import",
    ]);
  });

  test("knows the unit of a path", () => {
    expect(["src/graph/ops/add.ts", "src/compile/compile.ts", "src/nearest.ts"].map(unitOf)).toEqual([
      "graph",
      "compile",
      "rules",
    ]);
  });
});

describe("cycles", () => {
  const among = (imports: Record<string, string>) =>
    cycles(edgesOf(Object.entries(imports).map(([path, text]) => module(path, text))));

  test("finds a circle of any length", () => {
    expect(
      among({ "src/a.ts": 'import "./b.ts"', "src/b.ts": 'import "./c.ts"', "src/c.ts": 'import "./a.ts"' }),
    ).toEqual(["src/a.ts → src/b.ts → src/c.ts → src/a.ts"]);
    expect(among({ "src/a.ts": 'import "./a.ts"' })).toEqual(["src/a.ts → src/a.ts"]);
  });

  test("finds a circle behind a way that leads into it", () => {
    expect(
      among({ "src/0.ts": 'import "./a.ts"', "src/a.ts": 'import "./b.ts"', "src/b.ts": 'import "./a.ts"' }),
    ).toEqual(["src/a.ts → src/b.ts → src/a.ts"]);
  });

  test("lets types and calls of import() go in circles, and diamonds be", () => {
    expect(among({ "src/a.ts": 'import "./b.ts"', "src/b.ts": 'import type { A } from "./a.ts"' })).toEqual([]);
    expect(among({ "src/a.ts": 'import "./b.ts"', "src/b.ts": 'await import("./a.ts")' })).toEqual([]);
    expect(
      among({ "src/a.ts": 'import "./b.ts"; import "./c.ts"', "src/b.ts": 'import "./c.ts"', "src/c.ts": "" }),
    ).toEqual([]);
  });

  test("tolerates a circle within the ops, not one that leaves them", () => {
    const sine = 'import "./cos.ts"';
    expect(among({ "src/graph/ops/sin.ts": sine, "src/graph/ops/cos.ts": 'import "./sin.ts"' })).toEqual([]);
    expect(
      among({
        "src/graph/ops/sin.ts": sine,
        "src/graph/ops/cos.ts": 'import "../tensor.ts"',
        "src/graph/tensor.ts": 'import "./ops/sin.ts"',
      }),
    ).toHaveLength(1);
  });
});

describe("the rule for browsers", () => {
  const table = { "src/cli/": "a command", "src/data/disk.ts": "a reader" };
  const violations = (path: string, text: string) => browserViolations([module(path, text)], table);

  test("finds Node's modules, and modules of the library that are loaded lazily", () => {
    expect(violations("src/data/mnist.ts", 'import { readFile } from "node:fs/promises";')).toHaveLength(1);
    expect(violations("src/data/index.ts", 'const disk = await import("./disk.ts");')).toHaveLength(1);
    expect(violations("src/data/index.ts", 'import { disk } from "./disk.ts";')).toEqual([]);
  });

  test("allows them where the table says so, as types, and behind import()", () => {
    expect(violations("src/cli/main.ts", 'import "node:fs";')).toEqual([]);
    expect(violations("src/data/disk.ts", 'import "node:fs";')).toEqual([]);
    expect(violations("src/data/mnist.ts", 'import type { Stats } from "node:fs";')).toEqual([]);
    expect(violations("src/data/mnist.ts", 'const fs = await import("node:fs");')).toEqual([]);
  });
});

describe("the tree of a page", () => {
  const tree =
    "<!-- tree -->\n```\nREADME.md       the front\nsrc/\n  index.ts      exports\n  graph/        maths\n  graph/ops/\nbin/\n```\n<!-- /tree -->";
  const files = ["README.md", "bin/run.js", "src/graph/ops/add.ts", "src/index.ts"];

  test("is read with its indentation", () => {
    expect(readTree(tree).map(({ path }) => path)).toEqual([
      "README.md",
      "src",
      "src/index.ts",
      "src/graph",
      "src/graph/ops",
      "bin",
    ]);
  });

  test("is true where it is", () => {
    expect(treeViolations(readTree(tree), files)).toEqual([]);
  });

  test("lists nothing that isn't there", () => {
    expect(treeViolations(readTree(tree), files.slice(1))).toEqual(["the tree lists README.md, there is no such file"]);
    expect(treeViolations(readTree(tree), [...files.slice(0, 2), "src/index.ts", "src/graph/tensor.ts"])).toEqual([
      "the tree lists src/graph/ops, there is no such folder",
    ]);
  });

  test("leaves out no folder of the root or of src", () => {
    expect(treeViolations(readTree(tree), [...files, "docs/a.md", "src/plan/a.ts", "src/graph/deep/a.ts"])).toEqual([
      "the tree leaves out docs/",
      "the tree leaves out src/plan/",
    ]);
  });

  test("has to be there and to be readable", () => {
    expect(() => readTree("# Heaviside")).toThrow("no code block between");
    expect(() => readTree(tree.replace("  index", "   index"))).toThrow("can't be read");
    expect(() => readTree(tree.replace("bin/", "      bin/"))).toThrow("can't be read");
  });

  test("knows the folders of a list of files", () => {
    expect(foldersOf(["a/b/c.ts", "a/d.ts", "e.ts"])).toEqual(["a", "a/b"]);
  });
});

describe("sizes", () => {
  const long = module("src/long.ts", "x\n".repeat(401));

  test("are counted in lines, with or without a last line break", () => {
    expect([lines(long), lines(module("a", "x\ny")), lines(module("a", "x\ny\n"))]).toEqual([401, 2, 2]);
  });

  test("are limited, unless there is a reason", () => {
    expect(sizeViolations([long], {})).toEqual([expect.stringContaining("src/long.ts has 401 lines")]);
    expect(sizeViolations([long], { "src/long.ts": "a table" })).toEqual([]);
    expect(sizeViolations([module("src/a.ts", "x\n".repeat(400))], {})).toEqual([]);
  });

  test("are limited for functions of every kind, which are told by their names", () => {
    const body = (lines: number) => `{\n${"  x();\n".repeat(lines - 2)}}`;
    const found = (text: string) => functionViolations([module("src/a.ts", text)]);
    expect(found(`function f() ${body(80)}`)).toEqual([]);
    expect(found(`\n/** Its docstring\n * is none of it. */\nfunction f() ${body(81)}`)).toEqual([
      "src/a.ts:4 f has 81 lines, more than 80: split it",
    ]);
    expect(found(`const g = () => ${body(81)};`)).toEqual([expect.stringContaining("src/a.ts:1 g has 81 lines")]);
    expect(found(`class A { m() ${body(81)} }`)).toEqual([expect.stringContaining("m has 81 lines")]);
    expect(found(`run(() => ${body(81)});`)).toEqual([expect.stringContaining("a function has 81 lines")]);
    expect(found(`function outer() {\n  function inner() ${body(81)}\n}`)).toHaveLength(2);
  });

  test("have no exception that has outlived its file", () => {
    expect(sizeViolations([], { "src/gone.ts": "a table" })).toEqual([expect.stringContaining("src/gone.ts")]);
  });
});

describe("a refusal", () => {
  test("is the message of an error for users", async () => {
    expect(await refusal(Promise.reject(new UserError("x: must be 1, received 2")))).toBe("x: must be 1, received 2");
  });

  test("isn't another error, nor a promise that keeps", async () => {
    await expect(refusal(Promise.reject(new TypeError("x is not a function")))).rejects.toThrow(
      /instance of UserError/,
    );
    await expect(refusal(Promise.resolve())).rejects.toThrow(/instance of UserError/);
  });
});

describe("temporary folders", () => {
  const seen: string[] = [];
  let [each, all] = ["", ""];
  folderForAllTests((folder) => {
    all = folder;
  });
  folderForEachTest((folder) => {
    each = folder;
  });

  test.each(["one", "another"])("are fresh for %s test, or stay for all", (name) => {
    expect(readdirSync(each)).toEqual([]);
    expect(existsSync(join(all, "another"))).toBe(false);
    writeFileSync(join(each, name), "");
    writeFileSync(join(all, name), "");
    seen.push(each);
  });

  test("are gone after the test that they were for", () => {
    expect(seen.filter((folder) => existsSync(folder))).toEqual([]);
    expect(new Set(seen).size).toBe(2);
    expect(readdirSync(all).sort()).toEqual(["another", "one"]);
  });
});

describe("wording", () => {
  const at = (...parts: string[]) => ["", ...parts].join("/");

  test("finds paths of one machine and registries", () => {
    for (const text of [
      `"${at("home", "me", "x")}"`,
      `see ${at("tmp", "out")}`,
      `(${at("work", "main")})`,
      at("root", ".npm"),
    ]) {
      expect(wordingViolations(module("a.md", text)).length, text).toBe(1);
    }
    expect(wordingViolations(module("a.md", ["https://registry", "npmjs", "org"].join(".")))).toHaveLength(1);
  });

  test("leaves other paths and addresses alone", () => {
    const fine = [
      "https://example.org/home/page",
      "./work/a",
      "src/tmp/b",
      `${at("usr", "share", "datasets")}`,
      "a /temporary b",
    ];
    expect(wordingViolations(module("a.md", fine.join("\n")))).toEqual([]);
  });

  test("finds addresses in a lock file, and leaves links within the repository", () => {
    const lock = {
      packages: { "": {}, a: { resolved: "https://example.org/a.tgz" }, b: { resolved: "b", link: true } },
    };
    expect(resolvedInLock(module("package-lock.json", JSON.stringify(lock)))).toEqual([
      expect.stringContaining(": a was"),
    ]);
  });
});

describe("the closing line", () => {
  const outcomes = (["passed", "passed", "failed", "skipped", "pending"] as const).map((state, i) => ({
    name: `t${i}`,
    state,
  }));

  test("counts what ran and what didn't", () => {
    expect(closingLine(count(outcomes, false))).toBe("2 passed, 1 failed, 2 skipped");
    expect(closingLine(count(outcomes.slice(0, 2), false))).toBe("2 passed, 0 failed");
  });

  test("takes a skipped test for a failure where everything is required, and names it", () => {
    const total = count(outcomes, true);
    expect(closingLine(total)).toBe("2 passed, 3 failed");
    expect(total.missing).toEqual(["t3", "t4"]);
  });
});

describe("isTest", () => {
  test("knows tests and what is there for tests", () => {
    expect(["src/a.test.ts", "src/a/testing/run.ts", "src/a/testing.ts", "test/a.ts"].every(isTest)).toBe(true);
    expect(["src/a.ts", "src/latest.ts", "src/attestation/a.ts"].some(isTest)).toBe(false);
  });
});

test("typed arrays are equal at once where they have one type and the same numbers, as in any other comparison", () => {
  const [a, b] = [Float32Array.of(1, Number.NaN, -0), Float32Array.of(1, Number.NaN, -0)];
  expect(equalNumbers(a, b)).toBe(true);
  for (const other of [
    Float32Array.of(1, Number.NaN, 0),
    Float32Array.of(1, 2, -0),
    Float64Array.from(a),
    a.subarray(1),
  ]) {
    expect(equalNumbers(a, other)).toBeUndefined();
    expect(a).not.toEqual(other);
  }
  expect(a).toEqual(b);
});
