import { expect, test } from "vitest";
import { page } from "../scripts/gaters.ts";
import { gaterFor, gaterNames, gaters } from "../src/layers/gaters/index.ts";
import { read } from "./support/repository.ts";

test("docs/reference/gaters.md is what the cards say", () => expect(read("docs/reference/gaters.md")).toBe(page()));

test("every gater's card carries its name in the table, says all there is to say, and names a year", () => {
  for (const name of gaterNames) {
    const { card, options } = gaters[name];
    expect(card.name).toBe(name);
    for (const text of [
      card.title,
      card.summary,
      card.formula,
      card.cost,
      ...Object.values(options).map(({ description }) => description),
    ])
      expect(text.trim()).not.toBe("");
    expect(card.source).toMatch(/\d{4}.*https:\/\//);
  }
});

test("a card's options are those that the gater takes", () => {
  const given = {
    dense: { hidden: 3, activation: "tanh", gain: 1, sparse: 2 },
    "low-rank": { rank: 2, gain: 1 },
    tree: { trees: 2, gain: 1 },
  } as const;
  for (const name of gaterNames) {
    expect(Object.keys(gaters[name].options).sort()).toEqual(Object.keys(given[name]).sort());
    expect(() => gaterFor({ name, ...given[name] } as never, { input: 8, blocks: 8 })).not.toThrow();
  }
});
