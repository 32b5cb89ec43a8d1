import { expect, test } from "vitest";
import { page } from "../scripts/sparsity.ts";
import { read } from "./support/repository.ts";

test("docs/sparsity.md is what the cards say", () => expect(read("docs/sparsity.md")).toBe(page()));
