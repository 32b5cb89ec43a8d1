import { expect, test } from "vitest";
import { page } from "../scripts/sparsity.ts";
import { read } from "./support/repository.ts";

test("docs/reference/sparsity.md is what the cards say", () => expect(read("docs/reference/sparsity.md")).toBe(page()));
