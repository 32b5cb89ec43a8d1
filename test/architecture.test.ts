import { describe, expect, test, vi } from "vitest";
import { median } from "../src/statistics/sample.ts";
import { browserViolations } from "./support/browser.ts";
import { cycles, mutual } from "./support/cycles.ts";
import { edgesOf, packagesLoadedBy } from "./support/imports.ts";
import { layerViolations, unknownUnits } from "./support/layers.ts";
import { isTest, listFiles, read, root, sources } from "./support/repository.ts";
import { functionViolations, lines, sizeViolations } from "./support/sizes.ts";
import { readTree, treeViolations } from "./support/tree.ts";
import { phraseViolations, resolvedInLock, wordingViolations } from "./support/wording.ts";

const files = listFiles();
const library = sources("src").filter(({ path }) => !isTest(path));

describe("the library", () => {
  const edges = edgesOf(library);

  test("has a place for every folder of src in the table of layers", () => {
    expect(unknownUnits(library.map(({ path }) => path))).toEqual([]);
  });

  test("imports from high to low only", () => {
    expect(layerViolations(edges)).toEqual([]);
  });

  test("does not lean on its tests", () => {
    expect(edges.filter(({ to }) => isTest(to)).map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
  });

  test("has small functions", () => {
    expect(functionViolations(library)).toEqual([]);
  });

  test("has no circle of modules at run time", () => {
    expect(cycles(edges)).toEqual([]);
  });

  test("can be entered at any of the modules that ask for each other", async () => {
    const modules = library.filter(({ path }) => Object.keys(mutual).some((folder) => path.startsWith(folder)));
    for (const { path } of modules) {
      vi.resetModules();
      await expect(import(root + path), `${path} loaded first`).resolves.toBeDefined();
    }
  });

  test("loads no package until something needs it: the index starts fast", () => {
    // What run folders need of Node takes no time to load.
    const light = /node:(fs\/promises|path|os)$/;
    expect(packagesLoadedBy("src/index.ts", library).filter((line) => !light.test(line))).toEqual([]);
  });

  test("loads in browsers, and bundlers drop what a program does not use", () => {
    expect(browserViolations(library)).toEqual([]);
  });
});

describe("the repository", () => {
  test("is laid out as the tree in architecture.md says", () => {
    expect(treeViolations(readTree(read("docs/explanation/architecture.md")), files)).toEqual([]);
  });

  test("has small files", () => {
    const code = files.filter((path) => /^(src|kernels|bench|scripts|test|bin)\/.*\.(ts|js|mjs|c|h)$/.test(path));
    expect(sizeViolations(code.map((path) => ({ path, text: read(path) })))).toEqual([]);
  });

  test("has files of about 100 lines in src, by the median", () => {
    const middle = median(library.map(lines));
    expect(middle, `the median of ${library.length} files is ${middle} lines`).toBeLessThanOrEqual(130);
  });

  test("names no machine and no registry", () => {
    const text = files.filter((path) =>
      /(^|\/)[^.]*$|\.(ts|js|mjs|c|h|json|md|yml|html|css|svg|gitignore)$/.test(path),
    );
    expect(text.flatMap((path) => wordingViolations({ path, text: read(path) }))).toEqual([]);
  });

  test("says in plain words, in messages and docstrings, what other words hide", () => {
    expect(library.flatMap(phraseViolations)).toEqual([]);
  });

  test("has lock files that any registry can serve", () => {
    const locks = files.filter((path) => path.endsWith("package-lock.json"));
    expect(locks).toContain("package-lock.json");
    expect(locks.flatMap((path) => resolvedInLock({ path, text: read(path) }))).toEqual([]);
  });
});
