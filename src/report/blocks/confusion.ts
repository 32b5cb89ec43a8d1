import { escapeXml } from "../../plots/index.ts";
import type { Confusion } from "../gather/mistakes.ts";
import { fixed } from "../score-text.ts";
import { type Block, sectionOf } from "./block.ts";

/** Classes of the largest table: more columns are too many to look at. */
const MOST = 20;

/** Which class is taken for which: a table for each run that tells a few classes, the error by class beside. */
export const confusion: Block = {
  name: "confusion",
  title: "Which class is taken for which",
  reads:
    "A row for each class, with the number of its test examples that the network takes for the class of the column. Those in bold are right; the darker another cell, the larger its share of the row. Deterministic readout.",
  async draw({ runs }) {
    const tables = runs.flatMap(({ name, mistakes }) => {
      const found = mistakes?.confusion;
      if (!found || found.names.length > MOST) return [];
      const said = escapeXml(inWords(found));
      const drawn = table(found);
      return runs.length > 1
        ? `<details><summary>${escapeXml(name)}: ${said}</summary>${drawn}</details>`
        : `<p>${said}</p>${drawn}`;
    });
    return sectionOf(confusion, tables);
  },
};

const examplesIn = (row: readonly number[]): number => row.reduce((sum, count) => sum + count, 0);

/** The share of a class's examples that is taken for another one, in per cent; NaN for a class without examples. */
const errorOf = (row: readonly number[], truth: number): number => 100 * (1 - row[truth]! / examplesIn(row));

/** What is seen at a glance: the most frequent mistake, and the class with the largest error. */
function inWords({ names, counts }: Confusion): string {
  const pairs = counts.flatMap((row, truth) =>
    row.flatMap((count, predicted) => (predicted === truth || count === 0 ? [] : [{ truth, predicted, count }])),
  );
  if (pairs.length === 0) return "No class is taken for another one.";
  const { truth, predicted, count } = pairs.reduce((a, b) => (b.count > a.count ? b : a));
  const errors = counts.map(errorOf);
  const worst = errors.reduce((at, error, i) => (error > (errors[at] || 0) ? i : at), 0);
  return `Most often ${names[truth]} is taken for ${names[predicted]}, ${count === 1 ? "once" : `${fixed(count, 0)} times`}. ${names[worst]} has the largest error, ${fixed(errors[worst]!, 2)} %.`;
}

function table({ names, counts }: Confusion): string {
  const heads = ["class", ...names, "error %", "examples"].map((name) => `<th>${escapeXml(name)}</th>`);
  const rows = counts.map((row, truth) => {
    const all = examplesIn(row);
    const cells = row.map((count, predicted) => {
      if (count === 0) return `<td class="none">·</td>`;
      if (predicted === truth) return `<td><b>${fixed(count, 0)}</b></td>`;
      // A fifth of a class taken for another one is as dark as it gets.
      const shade = Math.max(6, Math.round(60 * Math.min(1, (5 * count) / all)));
      return `<td style="background:color-mix(in srgb,#d97706 ${shade}%,transparent)">${fixed(count, 0)}</td>`;
    });
    const ends = [fixed(errorOf(row, truth), 2), fixed(all, 0)].map((text) => `<td>${text}</td>`);
    return `<tr><td>${escapeXml(names[truth]!)}</td>${cells.join("")}${ends.join("")}</tr>`;
  });
  return `<div class="scroll"><table class="confusion"><thead><tr>${heads.join("")}</tr></thead><tbody>${rows.join("")}</tbody></table></div>`;
}
