import { expect, test } from "vitest";
import { page } from "../scripts/configuration.ts";
import { read } from "./support/repository.ts";

test("docs/configuration.md is what the option tables say", () => expect(read("docs/configuration.md")).toBe(page()));
