import { type Extras, family, resolveSpec, type SpecOf, type SpecOption, spec } from "../options/index.ts";
import { aliases, hints } from "./aliases.ts";
import { arm } from "./arm.ts";
import { arms } from "./arms.ts";
import { asIfDeterministic } from "./as-if-deterministic.ts";
import { bitflip } from "./bitflip.ts";
import { categoricalExact } from "./categorical/exact.ts";
import { categoricalGappedStraightThrough } from "./categorical/gapped-straight-through.ts";
import { categoricalGumbelRao } from "./categorical/gumbel-rao.ts";
import { gumbelSoftmax } from "./categorical/gumbel-softmax.ts";
import { categoricalLeaveOneOut } from "./categorical/leave-one-out.ts";
import { categoricalReinmax } from "./categorical/reinmax.ts";
import { categoricalScoreFunction } from "./categorical/score-function.ts";
import { categoricalStraightThrough } from "./categorical/straight-through.ts";
import { categoricalStraightThroughGumbel } from "./categorical/straight-through-gumbel.ts";
import { concrete } from "./concrete.ts";
import { disarm } from "./disarm.ts";
import { doubleControlVariate } from "./double-control-variate.ts";
import type { Estimator } from "./estimator.ts";
import { exact } from "./exact.ts";
import { gappedStraightThrough } from "./gapped-straight-through.ts";
import { gumbelRao } from "./gumbel-rao.ts";
import { hardConcrete } from "./hard-concrete.ts";
import { leaveOneOut } from "./leave-one-out.ts";
import { localExpectation } from "./local-expectation.ts";
import { muprop } from "./muprop.ts";
import { noisyRectifier } from "./noisy-rectifier.ts";
import { noisySigmoid } from "./noisy-sigmoid.ts";
import { nvil } from "./nvil.ts";
import { type Configurable, fixed } from "./options/configurable.ts";
import type { Options } from "./options/option.ts";
import { rebar } from "./rebar.ts";
import { rectifierUnits } from "./rectifier.ts";
import { reinmax } from "./reinmax.ts";
import { relax } from "./relax.ts";
import { rodeo } from "./rodeo.ts";
import { scoreFunction } from "./score-function.ts";
import { scoreFunctionMinimumVariance } from "./score-function-minimum-variance.ts";
import { scoreFunctionMovingAverage } from "./score-function-moving-average.ts";
import { sigmoidUnits } from "./sigmoid.ts";
import { smoothTimesStochastic } from "./smooth-times-stochastic.ts";
import { straightThrough } from "./straight-through.ts";
import { straightThroughGumbel } from "./straight-through-gumbel.ts";
import { straightThroughOpen } from "./straight-through-open.ts";
import { straightThroughSlope } from "./straight-through-slope.ts";
import { tanhUnits } from "./tanh.ts";
import { threshold } from "./threshold.ts";
import { topK } from "./top-k.ts";
import { ugc } from "./ugc.ts";
import { vimco } from "./vimco.ts";

/** Every estimator by the name that a config uses. Adding a file means adding a line here. */
export const estimators = {
  sigmoid: fixed(sigmoidUnits),
  tanh: fixed(tanhUnits),
  rectifier: fixed(rectifierUnits),
  "noisy-sigmoid": noisySigmoid,
  "noisy-rectifier": noisyRectifier,
  "score-function": fixed(scoreFunction),
  "score-function-minimum-variance": scoreFunctionMinimumVariance,
  "score-function-moving-average": scoreFunctionMovingAverage,
  nvil,
  "leave-one-out": leaveOneOut,
  "local-expectation": fixed(localExpectation),
  vimco,
  arm: fixed(arm),
  disarm: fixed(disarm),
  arms,
  bitflip: fixed(bitflip),
  ugc: fixed(ugc),
  "straight-through": fixed(straightThrough),
  "straight-through-slope": straightThroughSlope,
  "straight-through-open": straightThroughOpen,
  "as-if-deterministic": fixed(asIfDeterministic),
  threshold,
  "smooth-times-stochastic": smoothTimesStochastic,
  concrete,
  "hard-concrete": hardConcrete,
  "straight-through-gumbel": straightThroughGumbel,
  "gumbel-rao": gumbelRao,
  "gapped-straight-through": gappedStraightThrough,
  reinmax,
  muprop,
  rebar,
  relax,
  "double-control-variate": doubleControlVariate,
  rodeo,
  "top-k": topK,
  exact: fixed(exact),
  "categorical-score-function": categoricalScoreFunction,
  "categorical-leave-one-out": categoricalLeaveOneOut,
  "categorical-straight-through": categoricalStraightThrough,
  "gumbel-softmax": gumbelSoftmax,
  "categorical-straight-through-gumbel": categoricalStraightThroughGumbel,
  "categorical-gumbel-rao": categoricalGumbelRao,
  "categorical-reinmax": categoricalReinmax,
  "categorical-gapped-straight-through": categoricalGappedStraightThrough,
  "categorical-exact": categoricalExact,
};

/** An estimator by name, such as "straight-through-slope". */
export type EstimatorName = keyof typeof estimators;
/** The names of all estimators. */
export const estimatorNames = Object.keys(estimators) as EstimatorName[];

/** The estimators as a config names them: by their names alone, or with options. */
export const estimatorFamily = family("estimator", estimators, {
  ...{ bare: true, aliases, hints, lister: "npx heaviside estimators" },
});

/** Which estimator, as JSON: its name, or `{ name, ...options }`. */
export type EstimatorConfig = SpecOf<typeof estimatorFamily>;

/** An option whose value is an estimator. It has a name, so that declarations of what has such options needn't list all estimators. */
export interface EstimatorSpec extends SpecOption<EstimatorConfig> {}

/** Declares such an option. */
export const estimatorOption = <const E extends Extras>(description: string, extras: E = {} as E): EstimatorSpec & E =>
  spec(estimatorFamily, description, extras);

/** A row of the table, whatever its options are: card, options with their rules and descriptions, defaults. */
export const estimatorRow = (name: EstimatorName): Configurable<Options> => estimators[name] as Configurable<Options>;

/**
 * The estimator that a config names; an estimator of the user's own is given back as it is.
 * Throws UserError for a name or an option that doesn't exist, and for a value that breaks an option's rule.
 * @param subject what an error says first, such as a path in a config file
 */
export function estimatorFor(config: EstimatorConfig | Estimator, subject = "estimator"): Estimator {
  if (isEstimator(config)) return config;
  const { name, ...options } = resolveEstimator(config, subject);
  return estimatorRow(name)(options);
}

/** A config in full: its name and the value of every option. Throws as `estimatorFor` does. */
export function resolveEstimator(
  config: EstimatorConfig,
  subject = "estimator",
): { readonly name: EstimatorName; readonly [option: string]: string | number } {
  return resolveSpec(subject, estimatorFamily, config, { fill: true }) as ReturnType<typeof resolveEstimator>;
}

const isRecord = (value: unknown): value is { name: unknown } => typeof value === "object" && value !== null;
const isEstimator = (config: unknown): config is Estimator => isRecord(config) && "estimate" in config;

export type { Card, Downstream, Estimator, EstimatorState, EstimatorStateArrays, Unit } from "./estimator.ts";
export type { Configurable } from "./options/configurable.ts";
export type { Option as EstimatorOption } from "./options/option.ts";
export { bernoulli } from "./units/bernoulli.ts";
