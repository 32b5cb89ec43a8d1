import { describe, expect, test } from "vitest";
import { type Formula, markFormulas, setFormulas } from "../scripts/notebooks/formulas.ts";
import { standAlone } from "../scripts/notebooks/page.ts";
import { checkedNotebook, notebookFrom, piecesOf } from "../scripts/notebooks/source.ts";
import { listFiles, read } from "./support/repository.ts";

const pages = listFiles("notebooks").filter((path) => /\/\d-[^/]*\.md$/.test(path));
const joined = (cells: readonly { readonly source: readonly string[] }[]) => cells.map(({ source }) => source.join(""));

test("there is a notebook beside each page, as scripts/notebooks.ts --write makes it, without outputs", () => {
  expect(pages.length).toBeGreaterThanOrEqual(6);
  const notebooks = listFiles("notebooks").filter((path) => path.endsWith(".ipynb"));
  expect(notebooks).toEqual(pages.map((path) => path.replace(/\.md$/, ".ipynb")));
  for (const page of pages)
    expect(JSON.parse(read(page.replace(/\.md$/, ".ipynb"))), page).toEqual(notebookFrom(read(page)));
});

test("each page has pictures, two to four exercises with a solution each, and lines of at most 100 characters", () => {
  for (const page of pages) {
    const text = read(page);
    const kinds = piecesOf(text).map(({ kind }) => kind);
    expect(text.match(/await show\(/g)?.length, page).toBeGreaterThanOrEqual(3);
    const exercises = kinds.filter((kind) => kind === "check").length;
    expect(exercises, page).toBeGreaterThanOrEqual(2);
    expect(exercises, page).toBeLessThanOrEqual(4);
    expect(text.match(/^### \d\. /gm)?.length, page).toBe(exercises);
    const claims = kinds.filter((kind) => kind === "claim").length;
    expect(claims, page).toBeGreaterThan(0);
    const added = checkedNotebook(text).cells.filter(({ metadata }) => metadata.tags?.includes("added"));
    expect(added.length, page).toBe(2 * exercises + claims);
    expect(
      text.split("\n").filter((line) => line.length > 100),
      page,
    ).toEqual([]);
  }
});

test("the index names every notebook", () => {
  const index = read("notebooks/README.md");
  for (const page of pages) expect(index).toContain(`](${page.slice("notebooks/".length, -3)}.ipynb)`);
});

test("heaviside is imported by the names that an installed package has, from the sources", () => {
  const { exports } = JSON.parse(read("package.json")) as { exports: Record<string, Record<string, string>> };
  const entries = Object.entries(exports).filter(([, entry]) => entry["@heaviside/source"]);
  const imports = entries.map(([name, entry]) => [
    `heaviside${name.slice(1)}`,
    entry["@heaviside/source"]!.replace("./", "../"),
  ]);
  expect(JSON.parse(read("notebooks/deno.json")).imports).toEqual(Object.fromEntries(imports));
});

test("no heading has a formula: it would be a part of the heading's address", () => {
  for (const page of pages) expect(read(page), page).not.toMatch(/^#+ .*\$/m);
});

describe("the formulas of a page of HTML", () => {
  const marked = (text: string): { text: string; formulas: Formula[] } => {
    const formulas: Formula[] = [];
    return { text: markFormulas(text, formulas), formulas };
  };

  test("are taken out of the Markdown, where they stand in text and not in code", () => {
    const code = "`$a $b$` and ``a ` $b$`` and <pre><code>`$x` $c$</code></pre>";
    expect(marked(code)).toEqual({ text: code, formulas: [] });
    expect(marked("with $a_1*b$ and\n\n$$ x\n= y_2 $$\n\n`$`, $c$.")).toEqual({
      text: "with \uE0000\uE001 and\n\n\uE0001\uE001\n\n`$`, \uE0002\uE001.",
      formulas: [
        { tex: "a_1*b", isDisplayed: false },
        { tex: "x\n= y_2", isDisplayed: true },
        { tex: "c", isDisplayed: false },
      ],
    });
  });

  test("are set at their marks", () => {
    const { text, formulas } = marked("$a$ and $$b$$");
    const set = setFormulas(text, formulas, (tex, { displayMode }) => `<math>${tex} ${displayMode}</math>`);
    expect(set).toBe('<math>a false</math> and <span class="formula"><math>b true</math></span>');
    const refuse = (): string => {
      throw new Error("expected }");
    };
    expect(() => setFormulas(text, formulas, refuse)).toThrow("the formula a can't be read: expected }");
  });

  test("need no script: none is left", () => {
    const head = '<head><title>Notebook</title><script src="https://a.b/c.js"></script><script>\nf();</script></head>';
    const html = standAlone(`${head}<body>&lt;script&gt;</body>`, "1-mlp", Buffer.from("abc"));
    expect(html).toMatch(
      /^<head><title>1-mlp<\/title><style>[^<]*base64,YWJj[^<]*<\/style><\/head><body>&lt;script&gt;<\/body>$/,
    );
  });
});

describe("a page", () => {
  const exercise = ["Try.", "```ts answer", "const x = 0;", "```", "```ts check", "console.log(x);", "```"];
  const solution = ["<details>", "", "```ts solution", "const x = 1 < 2;", "```", "", "</details>"];
  const page = ["# Title", "", "```ts", "f();", "", "g();", "```", ...exercise, ...solution, "End."].join("\n");

  test("is text, code and exercises, each with its line", () => {
    expect(piecesOf(page)).toEqual([
      { kind: "text", text: "# Title", line: 1 },
      { kind: "code", text: "f();\n\ng();", line: 4 },
      { kind: "text", text: "Try.", line: 8 },
      { kind: "answer", text: "const x = 0;", line: 10 },
      { kind: "check", text: "console.log(x);", line: 13 },
      { kind: "text", text: "<details>", line: 15 },
      { kind: "solution", text: "const x = 1 < 2;", line: 18 },
      { kind: "text", text: "</details>\nEnd.", line: 20 },
    ]);
  });

  test("becomes cells: a solution is part of the text, and doesn't run", () => {
    const { cells } = notebookFrom(page);
    expect(cells.map(({ cell_type }) => cell_type)).toEqual([
      "markdown",
      "code",
      "markdown",
      "code",
      "code",
      "markdown",
    ]);
    expect(joined(cells).at(-1)).toBe("<details>\n\n<pre><code>const x = 1 &#60; 2;</code></pre>\n\n</details>\nEnd.");
    expect(cells[1]!.source).toEqual(["f();\n", "\n", "g();"]);
    expect(cells[3]!.metadata).toEqual({ tags: ["answer"] });
  });

  test("is checked with the solution and the check once more behind each check", () => {
    const { cells } = checkedNotebook(page);
    expect(joined(cells.slice(3, 7))).toEqual([
      "const x = 0;",
      "console.log(x);",
      "const x = 1 < 2;",
      "console.log(x);",
    ]);
    expect(cells.slice(3, 7).map(({ metadata }) => metadata.tags)).toEqual([
      ["answer"],
      ["check"],
      ["added"],
      ["added"],
    ]);
  });

  test("has claims that are only checked", () => {
    const claimed = ["```ts", "f();", "```", "```ts claim", "g();", "```", "Text."].join("\n");
    expect(joined(notebookFrom(claimed).cells)).toEqual(["f();", "Text."]);
    expect(joined(checkedNotebook(claimed).cells)).toEqual(["f();", "g();", "Text."]);
    expect(checkedNotebook(claimed).cells[1]!.metadata.tags).toEqual(["added"]);
  });

  test("is refused with a block of another kind, without an end, or with an exercise without a solution", () => {
    expect(() => piecesOf("```ts quiz\nf();\n```")).toThrow(
      "line 1: a block is ts, or ts with one of answer, check, solution, claim, received quiz",
    );
    expect(() => piecesOf("Text\n```ts\nf();")).toThrow("line 2: the block has no end");
    expect(() => checkedNotebook(exercise.join("\n"))).toThrow('the check "console.log(x);" has no solution behind it');
    expect(() => checkedNotebook("```ts check\nf();\n```\n```ts solution\nf();\n```")).toThrow(
      'line 5: a solution follows a block "ts answer" and a block "ts check"',
    );
  });
});
