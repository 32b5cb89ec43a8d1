import { expect, test } from "vitest";
import { PAGE, pictures, withTables } from "../scripts/findings.ts";
import { read } from "./support/repository.ts";

const page = read(PAGE);

test("docs/explanation/findings.md has the figures of bench/results", () => expect(withTables(page)).toBe(page));

test("its pictures are what the script draws, and it shows them", async () => {
  for (const [file, svg] of await pictures()) {
    expect(read(file)).toBe(svg);
    expect(page).toContain(`](../${file.slice("docs/".length)})`);
  }
});
