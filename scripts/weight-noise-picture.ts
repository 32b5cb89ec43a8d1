// The picture of docs/explanation/weight-noise.md, of the table there: node --conditions=@heaviside/source --import tsx
// scripts/weight-noise-picture.ts draws it without training anything; a test holds it to the table.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { intervalChart } from "../src/plots/index.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
export const PAGE = "docs/explanation/weight-noise.md";
export const PICTURE = "docs/pictures/weight-noise.svg";

/** The test errors of the table, each with its smallest and largest value. */
export async function picture(page: string): Promise<string> {
  const table = page.slice(page.indexOf("<!-- errors -->"), page.indexOf("<!-- /errors -->"));
  const items = Array.from(table.matchAll(/^\| ([^|]+) \| ([\d.]+) \(([\d.]+)–([\d.]+)\) \|/gm), (row) => {
    const [value, low, high] = row.slice(2, 5).map(Number) as [number, number, number];
    return { name: row[1]!, value, low, high, colour: row[1]!.startsWith("learned") ? "#d97706" : "#4269d0" };
  });
  const title = "Learned noise costs accuracy on 2,000 digits";
  return `${await intervalChart(items, { title, x: "test error, %", width: 440 })}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(root + PICTURE, await picture(readFileSync(root + PAGE, "utf8")));
