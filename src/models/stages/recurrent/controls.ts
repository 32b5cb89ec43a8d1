/** What acts on a recurrent stage's decisions beside the loss, and what is reported of them. */
import type { Cell, Decision, Named } from "../../../cells/cell.ts";
import { canBeSilent, readsZero } from "../../../cells/decide.ts";
import type { Decided } from "../../../cells/run.ts";
import { UserError } from "../../../errors.ts";
import type { EstimatorState, Mode } from "../../../estimators/estimator.ts";
import { type Gates, type Sparsity, type SparsityConfig, sparsityFor } from "../../../gating/sparsity/index.ts";
import {
  add,
  arange,
  cast,
  concat,
  div,
  exp,
  expandDims,
  less,
  log,
  maximum,
  mean,
  mul,
  type NdArray,
  notEqual,
  reshape,
  sigmoid,
  stopGradient,
  sub,
  sum,
  type Tensor,
} from "../../../graph/index.ts";
import { tile } from "../../../random/index.ts";
import type { Observation, Running } from "../../stage.ts";
import { checkControls, rateOf } from "../gated/units.ts";

/**
 * The controls of a config. Throws UserError, naming `subject`, where a cell decides nothing, where its decisions lack what a control needs, and for
 * controls that act on the decisions of single examples and not through the loss.
 */
export function controlsFor(
  given: SparsityConfig | readonly SparsityConfig[] | undefined,
  { config, decisions }: Cell,
  subject: string,
): readonly Sparsity[] {
  const configs = given === undefined ? [] : [given].flat();
  const controls = configs.map((each) => sparsityFor(each));
  if (controls.length > 0 && decisions.length === 0)
    throw new UserError(`${subject}: needs units that decide, such as those of lif; received the cell ${config.name}`);
  for (const { card, penalty } of controls)
    if (!penalty)
      throw new UserError(
        `${subject}: a recurrent stage takes controls that add to the loss: kl, quadratic, adaptive-l1; received ${card.name}`,
      );
  for (const { estimator, units } of decisions) checkControls(controls, estimator, units, subject);
  return controls;
}

/** What the controls of one cell's decisions keep before the first step. */
export function controlStates(
  controls: readonly Sparsity[],
  { decisions }: Cell,
): { readonly [name: string]: NdArray } {
  const units = decisions.reduce((total, decision) => total + decision.units, 0);
  return Object.assign({}, ...controls.map(({ init }) => init?.(units) ?? {}));
}

/** What a recurrent stage's decisions are called in scores. */
export type FiringName = "spikes" | "stepsTaken" | "decisions" | "outputs";

/** A cell's run as its controls see it. */
interface Watched {
  readonly decided: Named<Decided>;
  /** int32 [R] */
  readonly lengths: Tensor | undefined;
}

/** [R, T, 1] of 0 and 1: the steps that count; undefined where all do. */
function countedIn(rows: Tensor, lengths: Tensor | undefined): Tensor | undefined {
  if (lengths === undefined) return undefined;
  const [batch, steps] = rows.shape as [number, number];
  const inside = less(reshape(arange(steps), [1, steps]), expandDims(lengths, 1));
  const counted = reshape(cast(inside, rows.dtype), [lengths.shape[0]!, steps, 1]);
  return tile(counted, batch / lengths.shape[0]!);
}

/** [R, T, K] → [R·T, K]: every step of every example is an example of its own. */
const flat = (rows: Tensor): Tensor => reshape(rows, [rows.shape[0]! * rows.shape[1]!, rows.shape[2]!]);

/** The penalty of a step and the controls' next states. Every step of every example is an example of its own. */
export function controlled(
  controls: readonly Sparsity[],
  { decisions }: Cell,
  states: EstimatorState,
  { decided, lengths }: Watched,
): { readonly penalty: Tensor; readonly states: EstimatorState } {
  const first = decided[decisions[0]!.name]!.a;
  const beside = (parts: readonly Tensor[]): Tensor => (parts.length === 1 ? parts[0]! : concat(parts, -1));
  const counted = countedIn(first, lengths);
  const now: Gates = {
    rate: beside(decisions.map(({ name, estimator }) => rateOf(estimator)(flat(decided[name]!.a)))),
    sent: beside(decisions.map(({ name }) => flat(decided[name]!.output))),
    counted: counted && flat(counted),
  };
  return {
    penalty: controls.map(({ penalty }) => penalty!(now, states)).reduce((x, y) => add(x, y)),
    states: Object.assign({}, ...controls.map(({ next }) => next?.(now, states) ?? {})),
  };
}

/** The decisions that are reported: of a cell that skips steps whether it took them, of others all. */
const toldOf = ({ decisions, taken }: Cell): readonly Decision[] => (taken ? [taken] : decisions);

/**
 * For each step how often a unit decides for something, [R, T, units]: 1 where what it outputs isn't 0. Where a random unit outputs its mean, which never is 0, the
 * probability of that; of units that always output something, what they output.
 */
function firedIn({ estimator }: Decision, { a, output }: Decided, mode: Mode): Tensor {
  const { unit } = estimator;
  if (!canBeSilent(estimator)) return stopGradient(output);
  if (mode === "mean" && unit.rate && !readsZero(estimator)) return stopGradient(reshape(unit.rate(flat(a)), a.shape));
  return notEqual(stopGradient(output), 0);
}

/** [R, K]: of each decision that is reported, the share of an example's steps at which it was for something. */
export function sharesOf(
  cell: Cell,
  { decided, lengths }: Watched,
  { mode, rows }: Pick<Running, "mode" | "rows">,
): Tensor {
  const shares = toldOf(cell).map((decision) => {
    const own = decided[decision.name]!;
    const fired = firedIn(decision, own, mode);
    const counted = countedIn(own.output, lengths);
    return counted ? div(sum(mul(fired, counted), 1), maximum(sum(counted, 1), 1)) : mean(fired, 1);
  });
  const all = shares.length === 1 ? shares[0]! : concat(shares, -1);
  const exact = cell.decisions.filter(({ estimator: { card, unit } }) => card.family === "exact" && !unit.classes);
  if (mode !== "live" || exact.length === 0) return all;
  return mul(
    all,
    exact.map(({ name }) => likelihood(decided[name]!, rows)).reduce((x, y) => mul(x, y)),
  );
}

/** [K·R, 1]: of rows that are K outcomes of R examples, how many times as likely each is as if all were equal. */
function likelihood({ a, output }: Decided, rows: number): Tensor {
  const p = sigmoid(stopGradient(a));
  const each = add(mul(output, p), mul(sub(1, output), sub(1, p)));
  return mul(expandDims(exp(sum(log(each), [1, 2])), 1), a.shape[0]! / rows);
}

/** What the decisions of a cell are called. */
function nameOf({ spikes, taken, decisions }: Cell): FiringName {
  if (spikes) return "spikes";
  if (taken) return "stepsTaken";
  return decisions.some(({ estimator }) => canBeSilent(estimator)) ? "decisions" : "outputs";
}

/**
 * How often a stage's units decide for something: of cells that spike, spikes per unit and step; of cells that skip, steps taken. A unit is silent that is
 * likelier to have fired at none of all examples' steps than at one of them: of units that don't draw, one that fired at none.
 */
export const firing = (cell: Cell, steps: number): Observation | undefined =>
  cell.decisions.length === 0
    ? undefined
    : {
        name: nameOf(cell),
        training: (shares) => ({ rate: mean(shares) }),
        sums: (shares, counted) => sum(mul(shares, counted), 0),
        summary: (sums, examples) => ({
          rate: sums.reduce((total, share) => total + share, 0) / (sums.length * examples),
          // P(no spike) is about e^(−expected spikes).
          silent: sums.reduce((silent, share) => silent + Number(share * steps < Math.LN2), 0),
        }),
      };
