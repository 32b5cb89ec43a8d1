import { expect, test } from "vitest";
import { drawn, page, pictures } from "../scripts/cells.ts";
import { cellNames, cells } from "../src/cells/index.ts";
import { read } from "./support/repository.ts";

test("docs/reference/cells.md is what the cards say", () => expect(read("docs/reference/cells.md")).toBe(page()));

test.each(pictures)("docs/pictures/$file is what the script draws", (picture) =>
  expect(read(`docs/pictures/${picture.file}`)).toBe(drawn(picture)),
);

test("every cell's card carries its name in the table, says all there is to say, and names a year", () => {
  for (const name of cellNames) {
    const { card, options } = cells[name];
    expect(card.name).toBe(name);
    const described = Object.values(options).map(({ description }) => description);
    for (const text of [card.title, card.summary, ...card.equations, ...described]) expect(text.trim()).not.toBe("");
    expect(card.equations.length).toBeGreaterThan(0);
    expect(card.source).toMatch(/\d{4}.*https:\/\//);
  }
});
