import { expect, test } from "vitest";
import { PICTURE, picture, withTables } from "../scripts/reproduction.ts";
import { read } from "./support/repository.ts";

const page = read("docs/explanation/reproduction.md");

test("docs/explanation/reproduction.md has the figures of bench/results", () => expect(withTables(page)).toBe(page));

test("its picture has the figures of bench/results", async () => expect(await picture()).toBe(read(PICTURE)));

test("another figure is noticed, and a table without a place", () => {
  const changed = page.replace(/\| \d\.\d\d ± \d\.\d\d \|/, "| 0.00 ± 0.00 |");
  expect(changed).not.toBe(page);
  expect(withTables(changed)).toBe(page);
  expect(() => withTables(page.replace("<!-- claims -->", ""))).toThrow("no text between <!-- claims -->");
});
