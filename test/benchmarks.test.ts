import { expect, test } from "vitest";
import { withTables } from "../scripts/benchmarks.ts";
import { read } from "./support/repository.ts";

const page = read("docs/explanation/benchmarks.md");

test("docs/explanation/benchmarks.md has the figures of bench/results", () => expect(withTables(page)).toBe(page));

test("another figure is noticed, and a table without a place", () => {
  const changed = page.replace(/\| -1\d\d\.\d\d \|/, "| -1.00 |");
  expect(changed).not.toBe(page);
  expect(withTables(changed)).toBe(page);
  expect(() => withTables(page.replace("<!-- orders -->", ""))).toThrow("no text between <!-- orders -->");
});
