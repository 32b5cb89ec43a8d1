/** What the results say, in words and tables: every sentence follows from the figures by a rule. */
import type { Figure } from "../../statistics/figure.ts";
import type { Judged } from "./claims.ts";
import type { Results, RowResult, Spread } from "./results.ts";

/** 1.42 ± 0.08 */
export const plusMinus = ({ value, sd, values }: Spread, digits = 2): string =>
  `${value.toFixed(digits)}${values.length > 1 ? ` ± ${sd.toFixed(digits)}` : ""}`;

const exponent = (x: number): string => x.toExponential(1).replace("e+", "e");

/** The published value, where there is one, as the paper prints it. */
const published = (x: number | undefined, show: (x: number) => string): string => (x === undefined ? "" : show(x));
const two = (x: number): string => x.toFixed(2);

/** Head and rows of the paper's table, ours beside it; and the columns that are numbers. */
export function table(rows: readonly RowResult[]): { cells: string[][]; numbers: number[] } {
  const head = [
    "gates",
    "seeds",
    "train NLL",
    "paper",
    "valid %",
    "paper",
    "test %",
    "paper",
    "sampled %",
    "on %, noise",
    "on %, test",
    "epoch",
  ];
  const cells = rows.map((row) => [
    row.title,
    String(row.seeds.length),
    exponent(row.nll.value),
    published(row.published?.nll, exponent),
    plusMinus(row.valid),
    published(row.published?.valid, two),
    plusMinus(row.test),
    published(row.published?.test, two),
    plusMinus(row.sampled),
    row.on.value.toFixed(1),
    row.open.value.toFixed(1),
    row.epoch.value.toFixed(0),
  ]);
  return { cells: [head, ...cells], numbers: head.map((_, i) => i).slice(1) };
}

const signed = (x: number, digits: number): string =>
  Number.isFinite(x) ? `${x < 0 ? "−" : "+"}${Math.abs(x).toFixed(digits)}` : x < 0 ? "−∞" : "∞";

/** −0.12 [−0.20, −0.04] */
export const difference = ({ value, low, high }: Figure, digits = 2): string =>
  `${signed(value, digits)} [${signed(low, digits)}, ${signed(high, digits)}]`;

const pValue = (p: number): string => (p < 0.001 ? "< 0.001" : p.toFixed(p < 0.1 ? 3 : 2));

/** The claims, numbered, with their verdicts; none where no row is among those that they compare. */
export function claimsInWords({ claims, rows }: Results): string[] {
  const compared = new Set<unknown>(claims.flatMap(({ comparisons }) => comparisons.map(({ row }) => row)));
  if (!rows.some(({ row }) => compared.has(row))) return [];
  return claims.map((claim, i) => `${i + 1}. ${claimInWords(claim, rows)}`);
}

/** A claim with its verdict and the comparison that decides. */
function claimInWords(claim: Judged, rows: readonly RowResult[]): string {
  const { text, verdict, p, seeds, differences, comparisons, decisive } = claim;
  if (seeds < 2) return `${text}: not judged; it takes at least 2 seeds of every row that it compares.`;
  const titles = new Map(rows.map(({ row, title }) => [row, title]));
  const { row, against, measure } = comparisons[decisive]!;
  const other = typeof against === "number" ? `${against} %` : titles.get(against);
  const which = comparisons.length > 1 ? `of ${comparisons.length} comparisons the least in its favour` : "difference";
  const unit = measure === "test error" ? "points" : "in log NLL";
  return `${text}: ${verdict.toUpperCase()} at ${seeds} seeds (p ${p < 0.001 ? "" : "= "}${pValue(p)} after Holm's correction; ${which}, ${titles.get(row)} − ${other}: ${difference(differences[decisive]!)} ${unit}).`;
}

/** The answer in a sentence or two. */
export function inBrief({ rows, claims, plan }: Results): string {
  const best = rows.reduce((a, b) => (b.test.value < a.test.value ? b : a));
  const paper = rows.find(({ row }) => row === "straight-through");
  const count = (verdict: Judged["verdict"]): number =>
    claims.filter((claim) => claim.verdict === verdict && claim.seeds > 1).length;
  const judged = claims.filter(({ seeds }) => seeds > 1).length;
  return [
    `Lowest mean test error: ${best.title}, ${plusMinus(best.test)} % over ${best.seeds.length} ${best.seeds.length === 1 ? "seed" : "seeds"}, with ${best.open.value.toFixed(1)} % of its gates open.`,
    ...(paper?.published
      ? [
          `Straight-through: ${plusMinus(paper.test)} %, the paper's single run ${two(paper.published.test)} %${paper.test.value <= paper.published.test ? ": reached" : ": not reached"}.`,
        ]
      : []),
    ...(claimsInWords({ rows, claims, plan }).length === 0
      ? []
      : [
          judged === 0
            ? "No claim can be judged: that takes at least 2 seeds of the rows compared."
            : `Of the paper's ${judged} claims that can be judged, these seeds support ${count("supported")}, contradict ${count("contradicted")} and leave ${count("undecided")} undecided.`,
        ]),
  ].join(" ");
}
