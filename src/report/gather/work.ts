import type { Backend } from "../../backends/backend.ts";
import type { Account } from "../../cost/account.ts";
import { accountsOf, freshState, type Phase } from "../../cost/timings.ts";
import type { Dataset } from "../../data/dataset.ts";
import type { NdArray } from "../../graph/index.ts";
import type { Model, Params } from "../../models/model.ts";
import type { Score, TrainingConfig } from "../../train/index.ts";

/** Multiply-adds of one example that a network does and skips. */
export interface SkippedWork {
  /** Of a training step and of inference. */
  readonly accounts: Readonly<Record<Phase, Account>>;
  /** Of inference, by layer, first to last: what it does with the test set's gates, and what it would with all of them open. */
  readonly layers: readonly { readonly name: string; readonly done: number; readonly dense: number }[];
}

interface Options {
  readonly backend: Backend;
  readonly training: TrainingConfig;
  /** The score on the test set, with the shares of open gates. */
  readonly test: Score<string>;
}

/** What a trained network's multiply-adds come to: counted in its program, and by layer from the shares of open gates. */
export function workOf(
  model: Model,
  params: Params<NdArray>,
  data: Dataset,
  { backend, training, test }: Options,
): SkippedWork {
  const subject = { model, training, state: { ...freshState(model, training), params } };
  let layer = 0;
  const layers = model.layers.map(({ name, multiplyAdds: dense, gates }) => {
    const open = gates ? (test.gates?.[layer++]?.open ?? 1) : 1;
    return { name, done: open * dense, dense };
  });
  return { accounts: accountsOf(subject, data, backend), layers };
}
