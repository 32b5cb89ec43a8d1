import { UserError } from "../errors.ts";
import {
  type Estimator,
  type EstimatorConfig,
  type EstimatorName,
  estimatorFor,
  estimatorNames,
  resolveEstimator,
} from "../estimators/index.ts";
import { isBinary } from "./binary.ts";

/** An estimator to measure, and how it is called in tables. */
export interface Candidate {
  readonly label: string;
  readonly estimator: Estimator;
  /** Whether its units are the binary ones whose gradient is the truth; otherwise it estimates another network's. */
  readonly sameUnits: boolean;
}

/** An estimator that isn't measured, and why. */
export interface Skipped {
  readonly label: string;
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

/** Why an estimator can't be measured on a layer of `units` binary units; undefined where it can. */
export function reasonAgainst({ card, unit }: Estimator, units: number): string | undefined {
  if (card.categorical) return "its units are one-hot, these are binary";
  if (!unit.stochastic)
    return "its units draw nothing: no noise to measure, and no gradient of the binary units' expected loss";
  if (card.objective !== undefined) return "its objective isn't the expected loss";
  if (card.passes === "2^H" && 2 ** units > MOST_PATTERNS)
    return `would take 2^${units} passes a step; without noise it is the truth that the others are compared with`;
  return undefined;
}

/**
 * The estimators to measure: those given, or every one of the table that applies, and which don't, with reasons. Throws UserError for
 * a name or an option that doesn't exist, and where none is left.
 */
export function candidatesFor(
  given: readonly (EstimatorConfig | Estimator)[] | undefined,
  units: number,
): { candidates: Candidate[]; skipped: Skipped[] } {
  const candidates: Candidate[] = [];
  const skipped: Skipped[] = [];
  for (const config of given ?? (estimatorNames as readonly EstimatorName[])) {
    const estimator = estimatorFor(config, "measure: estimators");
    if (typeof config === "object" && !("estimate" in config)) resolveEstimator(config, "measure: estimators");
    const label = labelOf(config);
    const reason = reasonAgainst(estimator, units);
    if (reason !== undefined) skipped.push({ label, reason });
    else if (candidates.some((other) => other.label === label))
      throw new UserError(`measure: estimators must differ, received ${label} twice`);
    else candidates.push({ label, estimator, sameUnits: isBinary(estimator.unit) });
  }
  if (candidates.length === 0)
    throw new UserError(
      `measure: none of the estimators applies: ${skipped.map(({ label, reason }) => `${label} (${reason})`).join("; ")}`,
    );
  return { candidates, skipped };
}
