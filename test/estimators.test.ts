import { expect, test } from "vitest";
import { page, withTable } from "../scripts/estimators.ts";
import { read } from "./support/repository.ts";

test("docs/reference/estimators.md is what the cards say", () =>
  expect(read("docs/reference/estimators.md")).toBe(page()));

test("README's table of estimators is what the cards say", () =>
  expect(withTable(read("README.md"))).toBe(read("README.md")));
