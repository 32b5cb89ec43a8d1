import { UserError } from "../errors.ts";
import { type EstimatorConfig, resolveEstimator } from "../estimators/index.ts";
import { parseSpecs } from "../options/text.ts";
import type { Option } from "./engine/options.ts";

/** One estimator of a comparison: how it was asked for, which is its name in tables and folders, and what that means. */
export interface Contestant {
  readonly label: string;
  readonly config: EstimatorConfig;
}

/** Estimators as an option: names with commas between, with their options after a colon. */
export const estimators = (help: string): Option<readonly Contestant[] | undefined> => ({
  ...{ value: "names", help, usual: undefined },
  read: (typed, subject) => contestants(subject, String(typed)),
});

/** Reads `disarm,leave-one-out:samples=4`. Throws UserError for a name or an option that doesn't exist, and for one that comes twice. */
export function contestants(subject: string, text: string): Contestant[] {
  const found = parseSpecs(text).map((spec): Contestant => {
    const config = spec as EstimatorConfig;
    resolveEstimator(config, subject);
    if (typeof spec === "string") return { label: spec, config };
    const { name, ...options } = spec;
    const given = Object.entries(options).map(([key, value]) => `${key}=${value}`);
    return { label: `${name}:${given.join(",")}`, config };
  });
  const twice = found.find(({ label }, i) => found.findIndex((other) => other.label === label) !== i);
  if (twice) throw new UserError(`${subject} names each once, received ${twice.label} twice`);
  return found;
}
