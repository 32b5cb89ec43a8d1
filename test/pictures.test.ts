import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { coloursOf, faultsOf } from "../src/plots/testing.ts";

const folder = new URL("../docs/pictures/", import.meta.url);
const drawings = readdirSync(folder).filter((file) => file.endsWith(".svg"));
const read = (file: string): string => readFileSync(new URL(file, folder), "utf8");
const charts = drawings.filter((file) => read(file).includes('aria-label="title"'));

it("docs/pictures has charts", () => expect(charts.length).toBeGreaterThan(10));

describe.each(charts)("docs/pictures/%s", (file) => {
  it("has texts of 11 pixels or more at a width of 400, none over another one or outside, at most eight colours, and colours of its own for a dark page", () => {
    expect(faultsOf(read(file))).toEqual([]);
    expect(coloursOf(read(file)).size).toBeLessThanOrEqual(8);
    expect(read(file)).toContain("@media (prefers-color-scheme:dark)");
  });
});
