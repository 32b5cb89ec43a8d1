import { expect, it } from "vitest";
import { PAGE, pageOf, pictures, RESULTS, resultsIn } from "../scripts/neurons.ts";
import { read, root } from "./support/repository.ts";

it("the page on neurons and its pictures are what the results of the study say", async () => {
  const results = resultsIn(root + RESULTS);
  const shown = await pictures(results);
  expect(pageOf(results, shown)).toBe(read(PAGE));
  expect(shown.length).toBeGreaterThan(2);
  for (const [file, , svg] of shown) expect(read(`docs/pictures/${file}.svg`)).toBe(`${svg}\n`);
});
