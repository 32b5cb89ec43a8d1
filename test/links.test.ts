import { describe, expect, test } from "vitest";
import { resolve } from "../scripts/api-exports.ts";
import { addressesIn, addressViolations, hosts } from "./support/addresses.ts";
import { anchorsOf, linksOf, linkViolations, pathsIn, placesOf, undefinedNames } from "./support/links.ts";
import { isTest, listFiles, read } from "./support/repository.ts";

const files = new Set(listFiles());
const pages = [...files].filter((path) => path.endsWith(".md"));

test("every relative link of every page points to a file, and its anchor to a heading", () => {
  expect(pages.flatMap((page) => linkViolations(page, files, read))).toEqual([]);
});

/** What people read: pages whole, and the comments of code. */
const texts = [...files].flatMap((path) => {
  if (path.endsWith(".md")) return [{ path, text: read(path) }];
  if (!/\.(ts|js|[ch])$/.test(path)) return [];
  return Array.from(read(path).matchAll(/\/\*[\s\S]*?\*\/|^\s*\/\/ .*/gm), ([text]) => ({ path, text }));
});

test("every path that a page or a comment names in backticks is there", () => {
  const places = placesOf(files);
  // What is built or installed.
  const made = /(^|\/)(node_modules|build)(\/|$)/;
  const dead = texts.flatMap(({ path, text }) =>
    pathsIn(text, places).flatMap((named) => (places.has(named) || made.test(named) ? [] : [`${path}: ${named}`])),
  );
  // A test's own words.
  expect(dead.filter((line) => !line.startsWith("test/support/"))).toEqual([]);
});

test("every address on the web is encrypted, of a host that was looked at, and in that host's form", () => {
  const all = [...pages, ...[...files].filter((path) => /^src\/.*\.ts$/.test(path) && !isTest(path))].map((path) => ({
    path,
    text: read(path),
  }));
  expect(all.flatMap(({ path, text }) => addressViolations(text).map((wrong) => `${path}: ${wrong}`))).toEqual([]);
  const named = new Set(all.flatMap(({ text }) => addressesIn(text)).map((address) => new URL(address).hostname));
  expect(hosts.filter((host) => !named.has(host))).toEqual([]);
});

test("every {@link} of a comment is to a name of its module", () => {
  const links = texts.flatMap(({ path, text }) =>
    path.startsWith("src/")
      ? Array.from(text.matchAll(/\{@link (\w+)[^}]*\}/g), ([, name]) => ({ path, name: name! }))
      : [],
  );
  expect(links.filter(({ path, name }) => !resolve(path, name))).toEqual([]);
  expect(resolve("src/graph/op.ts", "nobody")).toBeUndefined();
});

test("every name in brackets behind a link's text is explained", () => {
  expect(pages.flatMap((page) => undefinedNames(read(page)).map((name) => `${page}: ${name}`))).toEqual([]);
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

  test("by a name, a path in backticks and an address are found", () => {
    expect(undefinedNames("[a][one] [two][] [three][x]\n\n[ONE]: a.md\n[three]: b.md\n`[no][code]`")).toEqual([
      "two",
      "x",
    ]);
    const places = placesOf(["src/a.ts", "README.md", "docs/e/f.md"]);
    expect([...places]).toEqual(["src/a.ts", "src", "README.md", "docs/e/f.md", "docs/e", "docs"]);
    const named = pathsIn("`src/a.ts` `src/my-a.ts` `b/c.ts` src/d.ts `docs/e/` `docs/g.md`", places);
    expect(named).toEqual(["src/a.ts", "docs/e", "docs/g.md"]);
    const text =
      "(https://arxiv.org/abs/1308.3432), https://doi.org/10.1/x; http://arxiv.org/pdf/1 https://nobody.org/.";
    expect(addressesIn(text)).toEqual(["https://arxiv.org/abs/1308.3432", "https://doi.org/10.1/x", "http://arxiv.org/pdf/1", "https://nobody.org/"]); // biome-ignore format: one line
    expect(addressViolations(text)).toEqual([
      "https://doi.org/10.1/x hasn't the form of doi.org",
      "http://arxiv.org/pdf/1 begins with http",
      "https://nobody.org/: test/support/addresses.ts doesn't list its host",
    ]);
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
