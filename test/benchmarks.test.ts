import { expect, test } from "vitest";
import { withTables } from "../scripts/benchmarks.ts";
import { read } from "./support/repository.ts";

const page = read("docs/benchmarks.md");

test("docs/benchmarks.md has the figures of bench/results", () => expect(withTables(page)).toBe(page));

test("another figure is noticed, and a table without a place", () => {
  expect(withTables(page.replace(/-1\d\d\.\d\d/, "-1.00"))).toBe(page);
  expect(() => withTables(page.replace("<!-- orders -->", ""))).toThrow("no text between <!-- orders -->");
});
