import { UserError } from "../errors.ts";
import {
  type Estimator,
  type EstimatorConfig,
  type EstimatorName,
  estimatorFor,
  estimatorNames,
  estimatorRow,
  resolveEstimator,
} from "../estimators/index.ts";
import { isBinary, isOneHot } from "./binary.ts";
import { patternsOf } from "./truth.ts";

/** An estimator to measure, and how it is called in tables. */
export interface Candidate {
  /** Its name in tables. */
  readonly label: string;
  /** The estimator to measure. */
  readonly estimator: Estimator;
  /** Whether its units are the binary (or one-hot) ones whose gradient is the truth; otherwise it estimates another network's. */
  readonly sameUnits: boolean;
}

/** An estimator that isn't measured, and why. */
export interface Skipped {
  /** Its name in tables. */
  readonly label: string;
  /** Why it is not measured, in a sentence. */
  readonly reason: string;
}

/** Most patterns that an estimator may enumerate in every step. */
const MOST_PATTERNS = 2 ** 8;

/** `name` or `name:option=value,…`, with the options that were given. */
export const labelOf = (given: EstimatorConfig | Estimator): string => {
  if (typeof given === "string") return given;
  if ("estimate" in given) return (given as Estimator).card.name;
  const { name, ...options } = given as { name: string };
  const pairs = Object.entries(options).map(([option, value]) => `${option}=${value}`);
  return pairs.length === 0 ? name : `${name}:${pairs.join(",")}`;
};

/** A row of the table that has the option `classes`, with those of the layer where nothing else was said. */
function withClasses(config: EstimatorConfig | Estimator, classes: number | undefined): EstimatorConfig | Estimator {
  if (classes === undefined || (typeof config === "object" && "estimate" in config)) return config;
  const given = typeof config === "string" ? { name: config } : config;
  const known = estimatorNames.includes(given.name) && "classes" in estimatorRow(given.name).options;
  return known ? ({ classes, ...given } as EstimatorConfig) : config;
}

/** Why an estimator can't be measured on a layer of `units` units, one-hot ones with `classes`; undefined where it can. */
export function reasonAgainst({ card, unit }: Estimator, units: number, classes?: number): string | undefined {
  if (unit.classes !== classes) {
    if (classes === undefined) return "its units are one-hot, these are binary";
    if (unit.classes === undefined) return "its units are binary, these are one-hot";
    return `its variables have ${unit.classes} classes, these ${classes}`;
  }
  if (!unit.stochastic)
    return "its units draw nothing: no noise to measure, and no gradient of the binary units' expected loss";
  if (card.objective !== undefined) return "its objective isn't the expected loss";
  const patterns = patternsOf(units, classes);
  if (card.family === "exact" && patterns > MOST_PATTERNS)
    return `would take ${classes === undefined ? `2^${units}` : `${classes}^${units / classes}`} passes a step; without noise it is the truth that the others are compared with`;
  return undefined;
}

/**
 * The estimators to measure: those given, or every one of the table that applies, and which don't, with reasons. Names of one-hot
 * estimators mean the layer's own `classes` unless others are given. Throws UserError for a name or an option that doesn't exist, and where none is left.
 */
export function candidatesFor(
  given: readonly (EstimatorConfig | Estimator)[] | undefined,
  units: number,
  classes?: number,
): { candidates: Candidate[]; skipped: Skipped[] } {
  const candidates: Candidate[] = [];
  const skipped: Skipped[] = [];
  for (const config of given ?? (estimatorNames as readonly EstimatorName[])) {
    const estimator = estimatorFor(withClasses(config, classes), "measure: estimators");
    if (typeof config === "object" && !("estimate" in config)) resolveEstimator(config, "measure: estimators");
    const label = labelOf(config);
    const reason = reasonAgainst(estimator, units, classes);
    if (reason !== undefined) skipped.push({ label, reason });
    else if (candidates.some((other) => other.label === label))
      throw new UserError(`measure: estimators must differ, received ${label} twice`);
    else candidates.push({ label, estimator, sameUnits: isBinary(estimator.unit) || isOneHot(estimator.unit) });
  }
  if (candidates.length === 0)
    throw new UserError(
      `measure: none of the estimators applies: ${skipped.map(({ label, reason }) => `${label} (${reason})`).join("; ")}`,
    );
  return { candidates, skipped };
}
