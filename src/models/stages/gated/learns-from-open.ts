import { continuation } from "../../../estimators/continuation.ts";
import { type Estimator, readsClosedGates } from "../../../estimators/estimator.ts";
import type { Sparsity, SparsityState } from "../../../gating/sparsity/index.ts";
import {
  add,
  constant,
  gradients,
  input,
  mapTree,
  type NdArray,
  openPart,
  sum,
  type Tensor,
} from "../../../graph/index.ts";
import { gatedBlocks } from "../../../layers/gated-blocks.ts";
import { key, tile } from "../../../random/index.ts";
import { rateOf } from "./units.ts";

/** Examples of the step that is looked at. */
const BATCH = 2;

/**
 * Whether the scores of closed gates get no gradient in a training step, from the loss and from what controls add to it: their
 * graph says so, for scores [2, K] and blocks of one unit.
 */
export function learnsFromOpen(estimator: Estimator, controls: readonly Sparsity[], blocks: number): boolean {
  const mayClose = estimator.unit.rate !== undefined;
  if (!mayClose || readsClosedGates(estimator)) return false;
  const scores = input("scores", { shape: [BATCH, blocks], dtype: "float32" });
  const x = input("x", { shape: [BATCH, 1], dtype: "float32" });
  const weight = input("weight", { shape: [blocks, 1, 1], dtype: "float32" });
  const bias = input("bias", { shape: [blocks, 1], dtype: "float32" });
  const sent: Tensor[] = [];
  const behind = (gates: Tensor): Tensor => {
    sent.push(gates);
    const copies = gates.shape[0]! / BATCH;
    return sum(gatedBlocks({ weight, bias, out: weight }, tile(x, copies), gates), 1);
  };
  const own = estimator.init?.([blocks], key(0)) ?? {};
  const { loss } = estimator.estimate(scores, key(0), continuation(behind, "live"), constants(own));
  const state: SparsityState = Object.assign({}, ...controls.map(({ init }) => constants(init?.(blocks) ?? {})));
  const gates = { rate: rateOf(estimator)(scores), sent: sent[0]! };
  const total = controls.reduce((all, { penalty }) => (penalty ? add(all, penalty(gates, state)) : all), sum(loss));
  return openPart(gradients(total, [scores])[0]!) !== undefined;
}

const constants = (state: { readonly [name: string]: NdArray }): { readonly [name: string]: Tensor } =>
  mapTree<NdArray, Tensor>(state, (value) => constant(value)) as { readonly [name: string]: Tensor };
