import type { Figure } from "../../statistics/figure.ts";
import { holm } from "../../statistics/holm.ts";
import { type BySeed, paired } from "../../statistics/paired.ts";
import { meanBelowTest, meanInterval } from "../../statistics/student.ts";
import type { RowName } from "./rows.ts";

/** What a claim compares, for every seed: lower is better. */
type Measure = "test error" | "log training NLL";

/** One paired comparison: a claim holds there if the mean of `row` − `against` is below the margin. */
interface Comparison {
  readonly row: RowName;
  /** Another row, seed by seed; or a number, the same for all. */
  readonly against: RowName | number;
  readonly measure: Measure;
}

/** A claim of the paper's text, as comparisons that must all hold. */
export interface Claim {
  readonly text: string;
  readonly comparisons: readonly Comparison[];
  /** What a difference has to stay below; 0: better, above 0: as good, to so much. */
  readonly margin: number;
}

const minus = (row: RowName, against: RowName | number, measure: Measure = "test error"): Comparison => ({
  row,
  against,
  measure,
});

const rows: readonly RowName[] = [
  "noisy-rectifier",
  "straight-through",
  "smooth-times-stochastic",
  "stochastic-binary",
  "rectifier",
  "noisy-sigmoid",
  "sigmoid",
];

/** Test error, in per cent, of a linear classifier on the raw pixels: LeCun, Bottou, Bengio and Haffner 1998, "Gradient-based learning applied to document recognition", figure 9. */
const LINEAR = 12;

/** The binomial standard error of one run's test error at 1.8 %, on 10,000 examples: what "as good as" allows. */
const MARGIN = 0.13;

/**
 * The claims of Bengio, Léonard and Courville 2013 about their table: what the text says of it, and (last) what conditional
 * computation rests on, which the table only shows.
 */
export const claims: readonly Claim[] = [
  {
    text: `All methods train: each ends below a linear classifier's ${LINEAR} % of test errors`,
    comparisons: rows.map((row) => minus(row, LINEAR)),
    margin: 0,
  },
  {
    text: "Noise helps rectifiers: noisy ones have a lower test error than plain ones",
    comparisons: [minus("noisy-rectifier", "rectifier")],
    margin: 0,
  },
  {
    text: "Noise helps sigmoids: with noise they have a lower test error than without",
    comparisons: [minus("noisy-sigmoid", "sigmoid")],
    margin: 0,
  },
  {
    text: "Straight-through is best: a lower test error than each of the others",
    comparisons: rows.filter((row) => row !== "straight-through").map((row) => minus("straight-through", row)),
    margin: 0,
  },
  {
    text: "Noise helps to fit the training objective: a lower training NLL, for rectifiers and for sigmoids",
    comparisons: [
      minus("noisy-rectifier", "rectifier", "log training NLL"),
      minus("noisy-sigmoid", "sigmoid", "log training NLL"),
    ],
    margin: 0,
  },
  {
    text: `Sparse stochastic gates do as well as dense units: each to ${MARGIN} points of the sigmoid baseline's test error, or better`,
    comparisons: rows.slice(0, 4).map((row) => minus(row, "sigmoid")),
    margin: MARGIN,
  },
];

type Verdict = "supported" | "contradicted" | "undecided";

export interface Judged extends Claim {
  readonly verdict: Verdict;
  /** Two-sided, after Holm's correction for all claims together. */
  readonly p: number;
  /** Of each comparison the mean difference with its 95 % interval (not corrected), in the order of the claim. */
  readonly differences: readonly Figure[];
  /** Index of the comparison that decides: the one whose p-value is the worst for the claim. */
  readonly decisive: number;
  /** Seeds that the comparisons have in common; 0: one of the rows is missing. */
  readonly seeds: number;
}

interface Tested {
  /** Two-sided. */
  readonly p: number;
  readonly holds: boolean;
  readonly decisive: number;
}

/**
 * One claim before correction. All its comparisons must hold, so that the largest p-value is the claim's (an intersection-union test);
 * it is contradicted where the smallest p-value of the opposite, times their number (Bonferroni), says so.
 * @param differences a list of paired differences for each comparison
 */
function test(differences: readonly (readonly number[])[], margin: number): Tested {
  const ps = differences.map((values) => meanBelowTest(values, margin));
  const worst = ps.indexOf(Math.max(...ps));
  const opposite = Math.min(1, ps.length * (1 - ps[worst]!));
  const holds = ps[worst]! <= opposite;
  return { p: Math.min(1, 2 * Math.min(ps[worst]!, opposite)), holds, decisive: worst };
}

/** What a row measured, by seed. */
export type Values = (row: RowName, measure: Measure) => BySeed;

/**
 * A verdict for every claim, by paired t-tests over the seeds that both sides have, at `level` after Holm's correction for all claims.
 * Undecided is not "no difference": these seeds can't tell.
 */
export function judge(values: Values, level = 0.05, all: readonly Claim[] = claims): Judged[] {
  const sides = all.map(({ comparisons }) =>
    comparisons.map(({ row, against, measure }) =>
      paired(values(row, measure), typeof against === "number" ? against : values(against, measure)),
    ),
  );
  const tested = sides.map((differences, i) => test(differences, all[i]!.margin));
  const corrected = holm(tested.map(({ p }) => p));
  return all.map((claim, i) => ({
    ...claim,
    verdict: corrected[i]! >= level ? "undecided" : tested[i]!.holds ? "supported" : "contradicted",
    p: corrected[i]!,
    differences: sides[i]!.map((values) => meanInterval(values)),
    decisive: tested[i]!.decisive,
    seeds: Math.min(...sides[i]!.map(({ length }) => length)),
  }));
}
