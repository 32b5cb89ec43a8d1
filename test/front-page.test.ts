import { expect, test } from "vitest";
import { drawn, PICTURE, withClaims } from "../scripts/readme.ts";
import { proseOf } from "./support/links.ts";
import { listFiles, read } from "./support/repository.ts";

const readme = read("README.md");

test("README's numbers and its picture are those of bench/results", () => {
  expect(withClaims(readme)).toBe(readme);
  expect(read(PICTURE)).toBe(drawn());
  expect(readme).toContain(`](${PICTURE})`);
});

test("README is short, and begins with commands that run on a fresh clone", () => {
  expect(readme.split("\n").length).toBeLessThanOrEqual(150);
  for (const command of ["npm i heaviside", "npm ci && npm start", "npm ci && npm test"])
    expect(readme).toMatch(new RegExp(`^${command}( +#.*)?$`, "m"));
});

test("README counts the estimators that there are", async () => {
  const { estimatorNames } = await import("../src/estimators/index.ts");
  expect(readme).toMatch(new RegExp(`\\b${estimatorNames.length}\\s+estimators of its\\s+gradient`));
});

test("the picture has text of 11 px where it is shown 390 px wide, and colours for dark pages", () => {
  const svg = drawn();
  const width = Number(/viewBox="0 0 (\d+)/.exec(svg)![1]);
  for (const [, size] of svg.matchAll(/font(?:-size)?: (\d+)px/g))
    expect((Number(size) * 390) / width).toBeGreaterThan(11);
  expect(svg).toContain("@media (prefers-color-scheme: dark)");
});

test("no page says how a run was disturbed, or how the work was done", () => {
  const pages = listFiles("docs", "README.md").filter((path) => path.endsWith(".md"));
  const stories = /other processes|in turns|disturbed|this evening|quiet machine|that others used/;
  expect(pages.filter((page) => stories.test(read(page)))).toEqual([]);
});

test("prose has lines of at most 100 characters", () => {
  const pages = listFiles("README.md", "docs/README.md", "docs/glossary.md", "docs/tutorial", "docs/how-to");
  const long = pages.flatMap((page) =>
    proseOf(read(page))
      .split("\n")
      .flatMap((line, i) => (line.length > 100 && !/^(\||!\[)/.test(line) ? [`${page}:${i + 1}`] : [])),
  );
  expect(long).toEqual([]);
});
