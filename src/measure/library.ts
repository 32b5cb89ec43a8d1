import { borrowBackend } from "../backends/select.ts";
import { checkSplit } from "../data/check.ts";
import { batches, type Dataset, shuffled } from "../data/index.ts";
import type { NdArray } from "../graph/index.ts";
import { fed, needsOf } from "../models/feed.ts";
import type { Model, Params } from "../models/model.ts";
import { checkKeys } from "../rules.ts";
import { type Measurement, type MeasureOptions, measureProblem } from "./measure.ts";
import { type Examples, networkProblem } from "./network.ts";
import type { Problem } from "./problem.ts";

/** What is measured: a hidden layer of a model on a batch of its training examples, or a problem of your own. */
export type MeasureInput =
  | {
      /** The network. */
      readonly model: Model;
      /** Its data: the batch is drawn from the training examples. */
      readonly data: Pick<Dataset, "train">;
      /** Default: fresh ones from the seed. */
      readonly params?: Params<NdArray> | undefined;
      /** The estimators' states, one a layer. */
      readonly states?: readonly { readonly [name: string]: NdArray }[] | undefined;
      /** Which hidden layer, from 0 (default: 0). */
      readonly layer?: number | undefined;
      /** Examples in the batch (default: 100). */
      readonly batch?: number | undefined;
    }
  | {
      /** A layer and the network behind it, of your own. */
      readonly problem: Problem;
    };

/**
 * Which gradient estimator suits a network, in numbers: each one's bias, variance and cost on one layer and one batch.
 *
 *     const { rows } = await measure({ model, data, estimators: ["straight-through-slope", myOwn] });
 *
 * Throws UserError for data with a value that isn't finite or a label outside of the classes, and as `measureProblem` and
 * `networkProblem` do.
 */
export async function measure(input: MeasureInput & MeasureOptions): Promise<Measurement> {
  if ("problem" in input) {
    const { problem, ...options } = input;
    return measureProblem(problem, options);
  }
  const { model, data, params, states, layer = 0, batch = 100, ...options } = input;
  checkKeys("measure", options, optionKeys);
  const { seed = 1 } = options;
  checkSplit("measure", data.train, needsOf(model));
  const fresh = params && states ? undefined : model.init(seed);
  const { backend, end } = await borrowBackend(options.backend);
  try {
    const problem = networkProblem({
      model,
      params: params ?? fresh!.params,
      states: states ?? fresh!.states,
      layer,
      batch: trainingBatches(model, data, { size: batch, seed }),
      seed,
      backend,
    });
    return await measureProblem(problem, { ...options, backend });
  } finally {
    await end();
  }
}

const optionKeys = [
  "estimators",
  "backend",
  "seed",
  "precision",
  "seconds",
  "replicates",
  "warmup",
  "known",
  "signal",
  "onProgress",
  "onRow",
] as const satisfies readonly (keyof MeasureOptions)[];

/** The batches that a training with this seed meets, from its `from`th on, whole ones only. */
export function trainingBatches(
  model: Pick<Model, "input" | "inputShape" | "head" | "fields">,
  { train }: Pick<Dataset, "train">,
  { size, seed, from = 0 }: { size: number; seed: number; from?: number },
): (index: number) => Examples {
  const inEpoch = Math.max(1, Math.floor(train.size / size));
  let order: { epoch: number; examples: Int32Array } = { epoch: 0, examples: new Int32Array() };
  return (index) => {
    const at = from + index;
    const epoch = 1 + Math.floor(at / inEpoch);
    if (order.epoch !== epoch) order = { epoch, examples: shuffled(train.size, seed, epoch) };
    const start = (at % inEpoch) * size;
    const [found] = batches(train, size, order.examples.subarray(start, start + size));
    const names = Object.keys(needsOf(model));
    return Object.fromEntries(fed(model, found!.fields).map((array, i) => [names[i]!, array]));
  };
}
