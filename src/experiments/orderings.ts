/** An estimator, by its name and those of its options that matter here. */
export interface Named {
  readonly name: string;
  readonly samples?: number;
}

/** Two estimators of which a paper reports that the first one's gradient varies less. */
export interface Ordering {
  readonly lower: Named;
  readonly higher: Named;
  readonly source: string;
}

const k = (name: string, samples: number): Named => ({ name, samples });
const disarm = "Dong, Mnih and Tucker 2020, https://arxiv.org/abs/2006.10680";
const arms = "Dimitriev and Zhou 2021, https://arxiv.org/abs/2105.14141";
const double = "Titsias and Shi 2022, https://arxiv.org/abs/2111.05300";

/** The orders that papers report for the autoencoder, and those of them that hold for any function. */
export const orderings: readonly Ordering[] = [
  { lower: { name: "disarm" }, higher: { name: "arm" }, source: disarm },
  { lower: { name: "disarm" }, higher: k("leave-one-out", 2), source: disarm },
  { lower: k("arms", 4), higher: k("leave-one-out", 4), source: arms },
  { lower: k("double-control-variate", 2), higher: k("leave-one-out", 2), source: double },
  { lower: k("double-control-variate", 4), higher: k("leave-one-out", 4), source: double },
  { lower: k("double-control-variate", 2), higher: { name: "disarm" }, source: double },
  {
    lower: k("rodeo", 2),
    higher: k("double-control-variate", 2),
    source: "Shi et al. 2022, https://arxiv.org/abs/2202.09497",
  },
  {
    lower: { name: "relax" },
    higher: { name: "rebar" },
    source: "Grathwohl et al. 2018, https://arxiv.org/abs/1711.00123",
  },
  {
    lower: { name: "muprop" },
    higher: { name: "score-function" },
    source: "Gu et al. 2016, https://arxiv.org/abs/1511.05176",
  },
];

/** A variance and its standard error. */
export interface Measured {
  readonly variance: number;
  readonly error: number;
}

export interface Verdict extends Ordering {
  /** How many times the second's variance is the first's; infinite where the first has none. */
  readonly ratio: number;
  /** "undecided" where the two are less than two standard errors of their difference apart. */
  readonly verdict: "seen" | "contradicted" | "undecided";
}

/** How many times as large; "∞" against nothing. */
export const times = (ratio: number): string => (ratio < 1e6 ? ratio.toFixed(2) : "∞");

/** An estimator with its number of samples. */
export const nameOf = ({ name, samples }: Named): string => (samples === undefined ? name : `${name} (${samples})`);

/** Which of the orders these measurements show; those with an estimator that was not measured are omitted. */
export function verdicts<T extends Measured>(
  measured: readonly { readonly config: object; readonly at: T }[],
  known: readonly Ordering[] = orderings,
): Verdict[] {
  const find = (named: Named): T | undefined =>
    measured.find(({ config }) =>
      Object.entries(named).every(([key, value]) => (config as Readonly<Record<string, unknown>>)[key] === value),
    )?.at;
  return known.flatMap((ordering) => {
    const [lower, higher] = [find(ordering.lower), find(ordering.higher)];
    if (!lower || !higher) return [];
    const difference = higher.variance - lower.variance;
    const decided = Math.abs(difference) > 2 * Math.hypot(lower.error, higher.error);
    const verdict = !decided ? "undecided" : difference > 0 ? "seen" : "contradicted";
    return [{ ...ordering, ratio: higher.variance / lower.variance, verdict }];
  });
}
