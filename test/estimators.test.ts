import { expect, test } from "vitest";
import { page } from "../scripts/estimators.ts";
import { estimatorRow } from "../src/estimators/index.ts";
import { read } from "./support/repository.ts";

test("docs/reference/estimators.md is what the cards say", () =>
  expect(read("docs/reference/estimators.md")).toBe(page()));

test("three cards and the glossary say which straight-through Hinton's lecture 9 means", () => {
  for (const name of ["straight-through", "straight-through-slope", "as-if-deterministic"] as const) {
    const { source } = estimatorRow(name).card;
    expect(source).toContain("lecture 9");
    const other = name === "straight-through-slope" ? "as-if-deterministic" : "straight-through-slope";
    expect(source).toContain(other);
  }
  expect(read("docs/glossary.md")).toMatch(
    /`straight-through-slope`[^*]*\*\*Hinton's lecture 9\s+\(2012\) means this one\*\*/,
  );
});
