import { expect, test } from "vitest";
import { page } from "../scripts/configuration.ts";
import { read } from "./support/repository.ts";

test("docs/reference/configuration.md is what the option tables say", () =>
  expect(read("docs/reference/configuration.md")).toBe(page()));
