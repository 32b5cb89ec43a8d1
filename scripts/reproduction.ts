// The tables and the picture of docs/explanation/reproduction.md, from files in bench/results: node --conditions=@heaviside/source --import tsx
// scripts/reproduction.ts [--write] prints or writes them; a test holds them to the files. `<!-- name -->` begins a table.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { markdownTable } from "../src/describe/table.ts";
import type { Results } from "../src/experiments/figure-2/results.ts";
import { claimsInWords, plusMinus, table } from "../src/experiments/figure-2/words.ts";
import { intervalChart } from "../src/plots/index.ts";
import { withSections } from "./sections.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const PAGE = "docs/explanation/reproduction.md";
export const PICTURE = "docs/pictures/reproduction-errors.svg";

type Made = Results & { readonly command: string; readonly made: Readonly<Record<string, string>> };
const read = (file: string): Made => JSON.parse(readFileSync(`${root}bench/results/${file}.json`, "utf8"));

/** The table with the command that made it. */
function rows(file: string): string {
  const { command, rows, made } = read(file);
  const said = `\`${command}\`; ${made.backend}; ${made.machine}.`;
  return `${said}\n\n${markdownTable(table(rows).cells)}`;
}

/** Test errors of the rows, each with the paper's in its name. */
export async function picture(): Promise<string> {
  const items = read("figure-2").rows.map(({ title, test, published, row }) => ({
    ...{ name: `${title} (paper: ${published!.test.toFixed(2)})`, value: test.value, low: test.low, high: test.high },
    colour: row === "straight-through" || row === "stochastic-binary" ? "#d97706" : "#4269d0",
  }));
  const title = "Five of seven rows come near the paper’s errors";
  return `${await intervalChart(items, { title, x: "test error, %", width: 440 })}\n`;
}

const claims = (): string => claimsInWords(read("figure-2")).join("\n");

/** What each row chose, and its validation errors with the others. */
function settings(): string {
  const lines = read("figure-2").rows.map(({ title, setting, tried }) => [
    title,
    setting.label,
    ...tried.map(({ label, valid }) => `${valid === null ? "diverged" : valid.toFixed(2)} (${label})`),
  ]);
  return markdownTable([["gates", "chosen", "valid % of the first", "of the second", "of the third"], ...lines]);
}

/** Cost of an example beside the error, for rows of equal cost. */
function costs(): string {
  const lines = read("figure-2-beat").rows.map(({ title, multiplyAdds, test, sampled, open }) => [
    title,
    multiplyAdds.dense.toLocaleString("en-US"),
    Math.round(multiplyAdds.done).toLocaleString("en-US"),
    open.value.toFixed(1),
    plusMinus(test),
    plusMinus(sampled),
  ]);
  return markdownTable([
    ["network", "multiply-adds", "of open gates alone", "open %", "test %", "sampled %"],
    ...lines,
  ]);
}

const sections: Readonly<Record<string, () => string>> = {
  "figure 2": () => rows("figure-2"),
  claims,
  settings,
  beat: () => rows("figure-2-beat"),
  costs,
};

/** The page with every table as the files have it. Throws where a table has no place. */
export function withTables(page: string): string {
  return withSections(PAGE, page, sections);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const page = withTables(readFileSync(`${root}${PAGE}`, "utf8"));
  if (process.argv.includes("--write")) {
    writeFileSync(`${root}${PAGE}`, page);
    writeFileSync(root + PICTURE, await picture());
  } else console.log(page);
}
