import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { folder, type RanCell, runNotebook } from "../scripts/notebooks/run.ts";
import { listFiles } from "./support/repository.ts";

const names = listFiles("notebooks").flatMap((path) => /^notebooks\/(\d-.*)\.md$/.exec(path)?.[1] ?? []);
const isHere =
  existsSync(join(folder, "node_modules/deno")) && spawnSync("jupyter", ["nbconvert", "--version"]).status === 0;

const printed = ({ outputs = [] }: RanCell): string => outputs.flatMap(({ text = [] }) => text).join("");
const shown = ({ outputs = [] }: RanCell): string[] =>
  outputs.flatMap(({ data }) => (data?.["text/html"] ? [data["text/html"].join("")] : []));

describe.skipIf(!isHere)("a notebook [needs npm ci --prefix notebooks, and Jupyter's nbconvert]", () => {
  test.each(names)(
    "%s runs, shows its pictures, and its exercises can be solved",
    { timeout: 600_000 },
    async (name) => {
      const { cells, html } = await runNotebook(name);
      const code = cells.filter(({ cell_type }) => cell_type === "code");
      for (const cell of code) {
        const source = cell.source.join("");
        const calls = source.match(/await show\(/g)?.length ?? 0;
        expect(shown(cell).length, source).toBe(calls);
        for (const picture of shown(cell)) expect(picture).toMatch(/^(<figure>)?<(svg|img) /);
      }
      const checks = code.filter(({ metadata }) => metadata.tags?.includes("check"));
      for (const check of checks) {
        const [before, after] = code.filter(({ source }) => source.join("") === check.source.join("")).map(printed);
        expect({ before, after }, check.source.join("")).toEqual({ before: "not yet\n", after: "right\n" });
      }

      // The page that a student reads: all pictures and formulas, and nothing of the solutions' runs.
      for (const picture of code.flatMap(shown)) expect(html).toContain(picture.slice(0, 200));
      expect(html).toContain("MathJax.js");
      expect(html).toContain(`<title>${name}</title>`);
      for (const unwanted of ["allPrinted", "```"]) expect(html).not.toContain(unwanted);
      expect(html.match(/<pre>right\n<\/pre>/g)).toBeNull();
    },
  );
});
