import { describe, expect, test } from "vitest";
import { anchorsOf, linksOf, linkViolations } from "./support/links.ts";
import { listFiles, read } from "./support/repository.ts";

const files = new Set(listFiles());
const pages = [...files].filter((path) => path.endsWith(".md"));

test("every relative link of every page points to a file, and its anchor to a heading", () => {
  expect(pages.flatMap((page) => linkViolations(page, files, read))).toEqual([]);
});

test("the index of docs/ names every page of docs/", () => {
  const listed = linksOf(read("docs/README.md")).map(({ path }) => `docs/${path}`);
  const here = pages.filter((path) => path.startsWith("docs/") && path !== "docs/README.md");
  expect(here.filter((path) => !listed.includes(path))).toEqual([]);
});

test("every picture of docs/pictures is shown by a page", () => {
  const shown = new Set(
    pages.flatMap((page) => linksOf(read(page)).map(({ path }) => path.split("/").slice(-2).join("/"))),
  );
  const pictures = [...files].filter((path) => path.startsWith("docs/pictures/")).map((path) => path.slice(5));
  expect(pictures.filter((path) => !shown.has(path))).toEqual([]);
});

describe("a link", () => {
  const page = [
    "# A page: of `code`, and more",
    "[web](https://example.com/a.md) [here](#a-page-of-code-and-more) ![drawn](p/x.svg)",
    "```md",
    "[not](a-link.md)",
    "# Nor a heading",
    "```",
    '`[nor](this.md)` <img src="p/y.svg"> [named]',
    "## Twice",
    "## Twice",
    "[named]: b.md#twice-1",
  ].join("\n");

  test("is found outside of code, with its line", () => {
    expect(linksOf(page)).toEqual([
      { line: 2, path: "", anchor: "a-page-of-code-and-more" },
      { line: 2, path: "p/x.svg", anchor: undefined },
      { line: 7, path: "p/y.svg", anchor: undefined },
      { line: 10, path: "b.md", anchor: "twice-1" },
    ]);
  });

  test("is to a heading as GitHub names it, a second of the same name with a number", () => {
    expect([...anchorsOf(page)]).toEqual(["a-page-of-code-and-more", "twice", "twice-1"]);
    expect([...anchorsOf("# K = 3, × σ′ of [a link](b.md)")]).toEqual(["k--3--σ-of-a-link"]);
  });

  test("to nothing is reported", () => {
    const texts: Record<string, string> = {
      "docs/a.md": "[x](../README.md#no)\n[y](b.md)\n[z](c.md) [ok](../README.md#yes) [folder](../docs) [no](d/#e)",
      "docs/b.md": "",
      "README.md": "# Yes",
    };
    expect(linkViolations("docs/a.md", new Set(Object.keys(texts)), (path) => texts[path]!)).toEqual([
      "docs/a.md:1 links to README.md#no: there is no such heading",
      "docs/a.md:3 links to docs/c.md: there is no such file",
      "docs/a.md:3 links to docs/d#e: there is no such file",
    ]);
  });
});
