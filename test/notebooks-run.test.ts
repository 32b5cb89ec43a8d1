import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { folder, type RanCell, runNotebook } from "../scripts/notebooks/run.ts";
import { areInstalled } from "../scripts/side-folder.ts";
import { listFiles, read, root } from "./support/repository.ts";

const names = listFiles("notebooks").flatMap((path) => /^notebooks\/(\d-.*)\.md$/.exec(path)?.[1] ?? []);
const isHere = areInstalled(folder) && spawnSync("jupyter", ["nbconvert", "--version"]).status === 0;

const PICTURE = /<(svg|img)\b/g;

/** The formulas of a page, counted by their dollars: code may have dollars of its own. */
function formulasIn(page: string): number {
  const text = page.replace(/^```.*?^```/gms, "").replace(/`[^`]*`/g, "");
  return (text.replaceAll("$$", "$").split("$").length - 1) / 2;
}

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
      // nbconvert 7 writes the attributes of a picture in an order of its own.
      const pictures = code.flatMap(shown);
      expect(html.match(PICTURE)).toEqual(pictures.join("").match(PICTURE));
      for (const picture of pictures) expect(html).toContain(/>[^<>&]{5,}/.exec(picture)?.[0] ?? picture);
      expect(html.match(/<math\b/g)?.length).toBe(formulasIn(read(`notebooks/${name}.md`)));
      const text = html.replace(/<(style|pre|code|svg)\b.*?<\/\1>/gs, "");
      for (const unset of ["$", "\\\\", "\uE000"]) expect(text).not.toContain(unset);
      // Nothing is fetched from anywhere.
      expect(html).not.toMatch(/<script|<link|<iframe|@import/);
      expect(html.match(/\ssrc="(?!data:)[^"]*"|url\(["']?(?!["']?(data:|#))[^)]*\)/g)).toBeNull();
      expect(html).toContain(`<title>${name}</title>`);
      for (const unwanted of ["allPrinted", "```"]) expect(html).not.toContain(unwanted);
      expect(html.match(/<pre>right\n<\/pre>/g)).toBeNull();
    },
  );
});

test.each([
  [["--html", "1-mlp"], "nbconvert"],
  [[], "notebook"],
])("npm run notebooks %j says what to install where Jupyter is not", (args, command) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", "scripts/notebooks.ts", ...args], {
    cwd: root,
    env: { ...process.env, PATH: "" },
    encoding: "utf8",
  });
  expect({ status, stdout, stderr }).toEqual({
    ...{ status: 1, stdout: "" },
    stderr: `notebooks: "jupyter ${command}" doesn't run: install it by "pip install notebook", on Debian by "apt install jupyter-${command}"\n`,
  });
});
