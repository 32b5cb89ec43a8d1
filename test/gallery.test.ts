import { readFileSync, statSync } from "node:fs";
import { parseHTML } from "linkedom";
import { expect, test } from "vitest";
import { page, shownOf } from "../scripts/gallery.ts";
import { pictureOf } from "../scripts/html-picture.ts";
import { faultsOf, textsOf } from "../src/plots/testing.ts";
import { blocks } from "../src/report/blocks/index.ts";
import { read, root } from "./support/repository.ts";

test("docs/gallery.md shows every block, and is what the blocks say", () => {
  expect(read("docs/gallery.md")).toBe(page());
  expect(Object.keys(shownOf).sort()).toEqual(blocks.map(({ name }) => name).sort());
});

test.each(blocks)("the picture of $name is light, stands alone and has a title", ({ name }) => {
  const path = `${root}docs/pictures/gallery-${name}.svg`;
  expect(statSync(path).size).toBeLessThanOrEqual(60_000);
  const svg = readFileSync(path, "utf8");
  expect(svg).toMatch(/<title>[^<]{4,}<\/title>/);
  expect(svg.match(/(?:href|src)="(?!data:image\/png)/g)).toBeNull();
  expect(parseHTML(`<html><body>${svg}</body></html>`).document.querySelectorAll("svg")).toHaveLength(1);
});

test("a table becomes a drawing with its texts at their places, as many columns as have room", () => {
  const head = Array.from({ length: 30 }, (_, i) => `<th>c${i}</th>`).join("");
  const row = (name: string) => `<tr><td>${name}</td>${Array.from({ length: 29 }, (_, i) => `<td${i === 0 ? ' style="background:color-mix(in srgb,#d97706 30%,transparent)"' : ""}>${100 * i}</td>`).join("")}</tr>`; // biome-ignore format: one line
  const svg = pictureOf(`<p>Most often a < b.</p><table><tr>${head}</tr>${row("a")}${row("b")}</table>`, "Table");
  const said = textsOf(svg).map(({ text }) => text);
  expect(said[0]).toBe("Most often a < b.");
  expect(said).toContain("c5");
  expect(said).not.toContain("c29");
  expect(svg).toContain('fill-opacity="0.3"');
  expect(faultsOf(svg)).toEqual([]);
});
