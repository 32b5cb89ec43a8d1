import { expect, test } from "vitest";
import { pictures, withTables } from "../scripts/benchmarks.ts";
import { read } from "./support/repository.ts";

const page = read("docs/explanation/benchmarks.md");

test("docs/explanation/benchmarks.md has the figures of bench/results", () => expect(withTables(page)).toBe(page));

test("the pictures of docs/explanation/benchmarks.md are those of bench/results", async () => {
  for (const [file, svg] of await pictures()) {
    expect(read(file)).toBe(svg);
    expect(page).toContain(file.replace("docs/", "../"));
  }
});

test("another figure is noticed, and a table without a place", () => {
  const changed = page.replace(/\| -1\d\d\.\d\d \|/, "| -1.00 |");
  expect(changed).not.toBe(page);
  expect(withTables(changed)).toBe(page);
  expect(() => withTables(page.replace("<!-- orders -->", ""))).toThrow("no text between <!-- orders -->");
});
