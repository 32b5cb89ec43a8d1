import { UserError } from "../../../errors.ts";
import type { Estimator } from "../../../estimators/estimator.ts";
import type { Sparsity } from "../../../gating/sparsity/index.ts";
import {
  array,
  constant,
  equal,
  evaluate,
  gradients,
  max,
  NdArray,
  reshape,
  type Tensor,
} from "../../../graph/index.ts";
import { trainsBinaryUnits } from "../../binary-units.ts";

/** 1 for the likeliest class of each variable, the first of equals, and 0 for the others. p [B, H] → [B, H] */
export function likeliest(p: Tensor, classes: number): Tensor {
  const [rows, units] = p.shape as [number, number];
  const each = reshape(p, [rows, units / classes, classes]);
  return reshape(equal(each, max(each, 2, { keep: true })), [rows, units]);
}

/** Pre-activations of all kinds, one for each of a layer's units: far from 0 and near it, on both sides. [1, K] */
const spread = (units: number): Tensor => {
  const kinds = [-30, 0.1, -1, 1, -0.1, 30];
  const all = NdArray.zeros([1, units]);
  all.data.forEach((_, i) => {
    all.data[i] = kinds[i % kinds.length]!;
  });
  return constant(all);
};

/** Whether gates are 0 or 1, or are trained in place of such. */
export function sendsBits(estimator: Estimator, blocks: number): boolean {
  const { unit } = estimator;
  if (unit.classes !== undefined || trainsBinaryUnits(estimator)) return true;
  if (unit.stochastic) return false;
  return evaluate([unit.readout(spread(blocks))])[0]!.data.every((h) => h === 0 || h === 1);
}

/** The pre-activation from which on a rising readout is not 0, to a rounding; −∞ where it never is 0 from -40 on. */
export function lowestSent(readout: (a: Tensor) => Tensor): number {
  const isZero = (a: number): boolean => evaluate([readout(constant(array([[a]])))])[0]!.item() === 0;
  let [low, high] = [-40, 40];
  if (!isZero(low)) return Number.NEGATIVE_INFINITY;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (isZero(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/** P(gate ≠ 0) where the unit says it, the readout where it is always something. a [B, K] → [B, K] */
export const rateOf = ({ unit }: Estimator): ((a: Tensor) => Tensor) => unit.rate ?? unit.readout;

/** Throws UserError where a control needs of the gates what they don't have. */
export function checkControls(controls: readonly Sparsity[], estimator: Estimator, blocks: number, at: string): void {
  const has: Readonly<Record<Sparsity["card"]["needs"], () => boolean>> = {
    nothing: () => true,
    "a rate with a derivative": () => {
      const a = spread(blocks);
      const p = rateOf(estimator)(a);
      const [values, slopes] = evaluate([p, gradients(p.sum(), [a])[0]!]);
      return values!.data.every((v) => v >= 0 && v <= 1) && slopes!.data.some((s) => s !== 0);
    },
    "derivatives through what gates send": () => estimator.card.readsPath,
    "a decision apart from its value": () => sendsBits(estimator, blocks) || estimator.unit.biased !== undefined,
  };
  for (const { card } of controls)
    if (!has[card.needs]())
      throw new UserError(`${at}: ${card.name} needs ${card.needs}, received gates of ${estimator.card.name}`);
}
