import { expect, test } from "vitest";
import { page } from "../scripts/estimators.ts";
import { read } from "./support/repository.ts";

test("docs/reference/estimators.md is what the cards say", () =>
  expect(read("docs/reference/estimators.md")).toBe(page()));
