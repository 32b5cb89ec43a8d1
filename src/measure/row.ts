import type { Card } from "../estimators/index.ts";
import { type Figure, product, root, within } from "../statistics/figure.ts";
import {
  bestScale,
  cosine,
  figure,
  type Jackknife,
  type Moments,
  positiveFigure,
  relativeVariance,
  signalToNoise,
  squaredBias,
  squaredResidual,
} from "../statistics/jackknife.ts";
import type { Candidate } from "./applicable.ts";
import type { Passes } from "./replicates.ts";

/** What was measured of one estimator. All figures have 95 % confidence intervals; plain JSON throughout. */
export interface Row {
  /** Its name, with the options that were given. */
  readonly estimator: string;
  /** The estimator's name in words. */
  readonly title: string;
  /** The idea that it belongs to. */
  readonly family: Card["family"];
  /** What its card says. */
  readonly unbiased: Card["unbiased"];
  /** False where its units aren't the binary (or one-hot) ones whose gradient is the truth: it is then biased by being of another network. */
  readonly sameUnits: boolean;
  /** Estimates of the gradient that were made. */
  readonly replicates: number;
  /** Steps that its averages or its learned parts were given before. */
  readonly warmup: number;
  /** ‖E ĝ − g‖ / ‖g‖ */
  readonly bias: Figure;
  /**
   * Probability of a bias as large as measured where there is none; 1 where the bias may be rounding. Units so certain that their rarer
   * value is drawn fewer than a hundred times have no part in it: their bias can't be distinguished from what wasn't drawn.
   */
  readonly biasP: number;
  /** Σ Var ĝᵢ over examples and units. */
  readonly variance: Figure;
  /** The same as a share of ‖g‖². */
  readonly relativeVariance: Figure;
  /** Between E ĝ and g. */
  readonly cosine: Figure;
  /** The c that brings c E ĝ nearest to g. */
  readonly scale: Figure;
  /** min over c of ‖c E ĝ − g‖ / ‖g‖ */
  readonly residual: Figure;
  /** ‖E ĝ‖ / √variance */
  readonly signalToNoise: Figure;
  /** Passes through the downstream network in a step, of one example. */
  readonly forward: number;
  /** Forward passes that are differentiated. */
  readonly backward: number;
  /** Of a whole training step. */
  readonly seconds: Figure;
  /** Variance × seconds: of c ĝ, as a share of ‖g‖²: the seconds after which the averaged estimate has as much noise as signal. */
  readonly cost: Figure;
  /** Sums over groups of estimates, from which the intervals were computed. */
  readonly jackknife: Jackknife;
}

/** Whether the table's column of unbiased estimators is its place: its mean is the gradient itself, at scale 1. */
export const isUnbiased = ({ unbiased, sameUnits }: Pick<Row, "unbiased" | "sameUnits">): boolean =>
  unbiased === true && sameUnits;

type Members = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Members =>
  typeof value === "object" && value !== null && !Array.isArray(value);
/** NaN is one: what can't be computed. */
const hasNumbers = (value: unknown, ...names: readonly string[]): boolean =>
  isObject(value) && names.every((name) => typeof value[name] === "number");
const isCount = (value: unknown): boolean => Number.isFinite(value) && Number(value) >= 0;
const areMoments = (value: unknown): boolean => hasNumbers(value, "mm", "mg", "gg", "variance");

const figures = "bias variance relativeVariance cosine scale residual signalToNoise seconds cost".split(" ");

/** Whether a value of JSON is what was measured of an estimator. */
export function isRow(value: unknown): value is Row {
  if (!isObject(value)) return false;
  const { unbiased, jackknife } = value;
  const without = isObject(jackknife) ? jackknife.without : undefined;
  return (
    ["estimator", "title", "family"].every((name) => typeof value[name] === "string") &&
    (typeof unbiased === "boolean" || unbiased === "up to scale") &&
    typeof value.sameUnits === "boolean" &&
    ["replicates", "warmup", "forward", "backward"].every((name) => isCount(value[name])) &&
    hasNumbers(value, "biasP") &&
    figures.every((name) => hasNumbers(value[name], "value", "low", "high")) &&
    isObject(jackknife) &&
    hasNumbers(jackknife, "p") &&
    areMoments(jackknife.all) &&
    Array.isArray(without) &&
    without.length > 1 &&
    without.every(areMoments)
  );
}

/** The scale at which an estimator is judged: 1 where it is unbiased, otherwise the best one. */
export const judgedScale = (row: Pick<Row, "unbiased" | "sameUnits">, moments: Moments): number =>
  isUnbiased(row) ? 1 : bestScale(moments);

/** Works a row out from the moments of the estimates. */
export function rowOf(
  { label, estimator: { card }, sameUnits }: Candidate,
  measured: {
    jackknife: Jackknife;
    allowance: number;
    replicates: number;
    warmup: number;
    passes: Passes;
    seconds: Figure;
  },
): Row {
  const { jackknife: jack, allowance, seconds, passes, replicates, warmup } = measured;
  const kind = { unbiased: card.unbiased, sameUnits };
  const scaled = positiveFigure(jack, (m) => relativeVariance(m, judgedScale(kind, m)));
  const bias = root(figure(jack, squaredBias));
  return {
    estimator: label,
    title: card.title,
    family: card.family,
    ...kind,
    replicates,
    warmup,
    bias,
    biasP: bias.high < allowance ? 1 : jack.p,
    variance: positiveFigure(jack, (m) => m.variance),
    relativeVariance: positiveFigure(jack, (m) => relativeVariance(m)),
    cosine: within(figure(jack, cosine), -1, 1),
    scale: figure(jack, bestScale),
    residual: root(within(figure(jack, squaredResidual), 0, 1)),
    signalToNoise: positiveFigure(jack, (m) => signalToNoise(isUnbiased(kind) ? { ...m, mm: m.gg } : m)),
    ...passes,
    seconds,
    cost: product(scaled, seconds),
    jackknife: jack,
  };
}
