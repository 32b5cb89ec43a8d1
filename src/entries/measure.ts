// heaviside/measure: bias, variance and cost of estimators on a layer of a network.
export type { Skipped } from "../measure/applicable.ts";
export { type Budget, type Choice, choose, type Ranked } from "../measure/choose.ts";
export { type MeasureInput, measure } from "../measure/library.ts";
export {
  type Measurement,
  type MeasureOptions,
  type MeasureProgress,
  measureProblem,
  type Truth,
} from "../measure/measure.ts";
export { type Examples, type NetworkProblemOptions, networkProblem } from "../measure/network.ts";
export type { Problem, ProblemInputs } from "../measure/problem.ts";
export type { Row as MeasuredRow } from "../measure/row.ts";
export { type Bias, biasThroughTime, type SpikingProblem } from "../measure/through-time.ts";
export { type ToyOptions, toyProblem } from "../measure/toy.ts";
export { exactGradient } from "../measure/truth.ts";
export type { Figure } from "../statistics/figure.ts";
