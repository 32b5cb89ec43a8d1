import { UserError } from "../errors.ts";
import type { Estimator } from "../estimators/estimator.ts";
import { type EstimatorConfig, type EstimatorName, estimatorFor, estimatorOption } from "../estimators/index.ts";
import { number } from "../options/index.ts";
import type { FirstBias, Squash } from "./neuron.ts";

/** Estimators that neither draw nor decide: as gates they are the function of the same name. */
const smooth = { sigmoid: "sigmoid", tanh: "tanh", rectifier: "rectifier" } as const satisfies Partial<
  Record<EstimatorName, Squash>
>;

/** The option that names the estimator of all gates. */
export const gatesOption = estimatorOption("estimator of all gates", { default: "sigmoid" });

/** The option that names the estimator of one gate. */
export const gateOption = (which: string) =>
  estimatorOption(`estimator of the ${which} gate`, { usual: "that of all gates" });

/** What units do with their pre-activation: a function where their estimator is one, the estimator where they decide. */
export function squashOf(config: EstimatorConfig, subject: string): Squash | Estimator {
  const estimator = estimatorFor(config, subject);
  const { name } = estimator.card;
  return Object.hasOwn(smooth, name) ? smooth[name as keyof typeof smooth] : estimator;
}

/** What a gate does, by the estimator of all gates and, where it is given, by its own. */
export const gateSquash = (
  cell: string,
  gate: string,
  all: EstimatorConfig,
  own: EstimatorConfig | undefined,
): Squash | Estimator => squashOf(own ?? all, `cell ${cell}: ${own === undefined ? "gates" : `${gate}Estimator`}`);

export const forgetBiasOption = number({}, "first bias of the gate that keeps the state", { usual: "1" });
export const longestOption = number({ above: 2 }, "steps: chrono first biases, for memories up to these", {
  usual: "no chrono biases",
});

/** The first bias of a gate that keeps the state where it is 1. Throws UserError where it is given in two ways. */
export function keepingBias(
  cell: string,
  { bias, longest }: { readonly bias: number | undefined; readonly longest: number | undefined },
  standard = 1,
): FirstBias {
  if (longest === undefined) return bias ?? standard;
  if (bias === undefined) return { longest, sign: 1 };
  throw new UserError(
    `cell ${cell}: longest=${longest} draws the first biases that a bias of ${bias} would set: give one of the two`,
  );
}
