/** What acts on a recurrent stage's decisions beside the loss, and what is reported of them. */
import type { Cell, Named } from "../../../cells/cell.ts";
import type { Decided } from "../../../cells/run.ts";
import { UserError } from "../../../errors.ts";
import type { EstimatorState } from "../../../estimators/estimator.ts";
import { type Gates, type Sparsity, type SparsityConfig, sparsityFor } from "../../../gating/sparsity/index.ts";
import {
  add,
  arange,
  cast,
  concat,
  div,
  expandDims,
  less,
  maximum,
  mean,
  mul,
  type NdArray,
  notEqual,
  reshape,
  stopGradient,
  sum,
  type Tensor,
} from "../../../graph/index.ts";
import { tile } from "../../../random/index.ts";
import type { Observation } from "../../stage.ts";
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

/** The penalty of a step and the controls' next states. Every step of every example is an example of its own. */
export function controlled(
  controls: readonly Sparsity[],
  { decisions }: Cell,
  states: EstimatorState,
  { decided, lengths }: Watched,
): { readonly penalty: Tensor; readonly states: EstimatorState } {
  const first = decided[decisions[0]!.name]!.a;
  const flat = (rows: Tensor): Tensor => reshape(rows, [first.shape[0]! * first.shape[1]!, rows.shape[2]!]);
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

/** [R, K]: of each decision, the share of an example's steps at which it was not 0. */
export function sharesOf({ decisions }: Cell, { decided, lengths }: Watched): Tensor {
  const open = decisions.map(({ name }) => {
    const fired = notEqual(stopGradient(decided[name]!.output), 0);
    const counted = countedIn(decided[name]!.output, lengths);
    return counted ? div(sum(mul(fired, counted), 1), maximum(sum(counted, 1), 1)) : mean(fired, 1);
  });
  return open.length === 1 ? open[0]! : concat(open, -1);
}

/** How often a stage's units decide for something: of cells that spike, spikes per unit and step. */
export const firing = (cell: Cell): Observation | undefined =>
  cell.decisions.length === 0
    ? undefined
    : {
        name: cell.spikes ? "spikes" : "decisions",
        training: (shares) => ({ rate: mean(shares) }),
        sums: (shares, counted) => sum(mul(shares, counted), 0),
        summary: (sums, examples) => ({
          rate: sums.reduce((total, share) => total + share, 0) / (sums.length * examples),
          silent: sums.reduce((silent, share) => silent + Number(share === 0), 0),
        }),
      };
