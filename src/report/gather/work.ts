import type { Backend } from "../../backends/backend.ts";
import type { Account } from "../../cost/account.ts";
import { accountsOf, freshState, type Phase } from "../../cost/timings.ts";
import type { Dataset } from "../../data/dataset.ts";
import type { NdArray } from "../../graph/index.ts";
import type { Model, Params } from "../../models/model.ts";
import type { TrainingConfig } from "../../train/index.ts";

/** Multiply-adds of one example that a network does and skips. */
export interface SkippedWork {
  /** Of a training step, and of inference on validation examples. */
  readonly accounts: Readonly<Record<Phase, Account>>;
  /** Of inference, by layer, first to last. */
  readonly layers: readonly LayerWork[];
}

/** Multiply-adds of one layer for one example. */
export interface LayerWork {
  /** The layer's name in tables. */
  readonly name: string;
  /** With nothing skipped. */
  readonly dense: number;
  /** Those that are done; undefined where what is skipped isn't known by layer, as in products with spikes. */
  readonly done: number | undefined;
}

/** What a trained network's multiply-adds come to, counted in its program. */
export function workOf(
  model: Model,
  params: Params<NdArray>,
  data: Dataset,
  { backend, training }: { readonly backend: Backend; readonly training: TrainingConfig },
): SkippedWork {
  const accounts = accountsOf({ model, training, state: { ...freshState(model, training), params } }, data, backend);
  return { accounts, layers: layersOf(model, accounts.inference) };
}

/** An account by layer: gates come in the order of their layers. What doesn't add up to the account isn't told. */
function layersOf({ layers }: Pick<Model, "layers">, { open, done }: Account): LayerWork[] {
  let gates = 0;
  const found = layers.map(({ name, multiplyAdds: dense, gates: own }) => ({
    ...{ name, dense },
    done: dense * (own ? (open[gates++] ?? Number.NaN) : 1),
  }));
  const total = found.reduce((sum, layer) => sum + layer.done, 0);
  const isTold = gates === open.length && Math.abs(total - done) <= 1e-6 * done;
  return isTold ? found : found.map((layer) => ({ ...layer, done: undefined }));
}
