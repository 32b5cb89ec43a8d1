import type { Backend } from "../backends/backend.ts";
import { compile } from "../compile/compile.ts";
import type { Resident } from "../compile/resident.ts";
import { mapFields, rowsOf, type Split, type StreamedSplit } from "../data/dataset.ts";
import { batchesOf } from "../data/stream.ts";
import { fitThreshold } from "../gating/threshold.ts";
import { NdArray, type Tensor } from "../graph/index.ts";
import { stageFields } from "../models/feed.ts";
import type { Batch } from "../models/head.ts";
import type { FittedThreshold, Model, Params } from "../models/model.ts";
import type { TrainingConfig } from "./config.ts";
import { allFinite } from "./finite.ts";
import { totalMoments } from "./moments.ts";

/** What the deterministic readout needs is fitted to this many training examples, the first ones, or to all where there are fewer. */
export const FITTED_EXAMPLES = 5000;
/** Most examples in one call. */
const BATCH = 500;

/** Training examples that something is fitted to. */
type Examples = Pick<Split, "size" | "fields">;

/** Fits to examples, in place. Gives what isn't finite, in words, where it can't. */
type Fitter = (params: Resident<Params<Tensor>>, train: Examples) => string | undefined;

/** Whether a model has something to be fitted. */
export const isFitted = ({ thresholds, moments }: Model): boolean => thresholds.length + moments.length > 0;

/**
 * Fits to a model's parameters on a backend, in place, what its deterministic readout alone needs: the moments of its batch normalisations, and
 * thresholds, for each layer of gates in turn, so that the later ones see the earlier ones' new thresholds. Moments depend on which gates are open, so
 * they are fitted before and after. Gives what isn't finite, in words, where something can't be fitted.
 */
export function readoutFitter(model: Model, backend: Backend): Fitter {
  const moments = model.moments.length > 0 ? momentsFitter(model, backend) : () => undefined;
  const thresholds = model.thresholds.map((threshold) => thresholdFitter(model, threshold, backend));
  const fits = thresholds.length > 0 ? [moments, ...thresholds, moments] : [moments];
  return (params, train) => {
    for (const fitted of fits) {
      const unfitted = fitted(params, train);
      if (unfitted !== undefined) return unfitted;
    }
    return undefined;
  };
}

/** Whole batches of the examples; the last one begins early enough to be whole, and has `fresh` rows that the others have not. */
function* batchesIn(model: Model, train: Examples) {
  const size = Math.min(FITTED_EXAMPLES, train.size);
  const batch = Math.min(BATCH, size);
  for (let from = 0; from < size; from += batch) {
    const start = Math.min(from, size - batch);
    const rows = mapFields(train.fields, (field) => rowsOf(field, start, start + batch));
    const x = new NdArray(rows[model.input]!.data, [batch, ...model.inputShape]);
    yield {
      x,
      fields: stageFields(model, rows),
      batch,
      fresh: batch - (from - start),
      share: (batch - (from - start)) / size,
    };
  }
}

function thresholdFitter(model: Model, threshold: FittedThreshold, backend: Backend): Fitter {
  const values = compile(
    (params: Params<Tensor>, x: Tensor, fields: Batch<Tensor>) => threshold.values(params, x, fields),
    { backend },
  );
  return (params, train) => {
    const found: Float32Array[] = [];
    let rate = 0;
    for (const { x, fields, batch, fresh, share } of batchesIn(model, train)) {
      const result = values(params, x, fields);
      const units = result.a.data.length / batch;
      found.push(Float32Array.from(result.a.data.subarray((batch - fresh) * units)));
      rate += result.rate.item() * share;
    }
    const all = new Float32Array(found.reduce((length, part) => length + part.length, 0));
    found.reduce((at, part) => {
      all.set(part, at);
      return at + part.length;
    }, 0);
    if (!allFinite({ data: all })) return `the pre-activations of ${model.layers[threshold.row]!.name}`;
    const fitted = fitThreshold(all, threshold.share === "rate" ? Math.min(1, rate) : threshold.share);
    params
      .part(threshold.row)
      .part(threshold.name)
      .write(new NdArray(Float32Array.of(fitted), []));
    return undefined;
  };
}

function momentsFitter(model: Model, backend: Backend): Fitter {
  const find = compile(
    (params: Params<Tensor>, x: Tensor, fields: Batch<Tensor>) => model.batchMoments(params, x, fields),
    { backend },
  );
  return (params, train) => {
    const batches = [...batchesIn(model, train)].map(({ x, fields }) => find(params, x, fields));
    for (const [i, { row, mean, variance }] of model.moments.entries()) {
      const layer = params.part(row);
      const before = layer.read();
      const total = totalMoments(
        batches.map((found) => found[i]!),
        { mean: before[mean]!, variance: before[variance]! },
      );
      if (!allFinite(total.mean) || !allFinite(total.variance)) return `what ${model.layers[row]!.name} reads`;
      layer.part(mean).write(total.mean);
      layer.part(variance).write(total.variance);
    }
    return undefined;
  };
}
/** The first examples of a stream's first epoch, as many as thresholds are fitted to: these fields of them. */
export async function firstExamples(
  train: StreamedSplit,
  names: readonly string[],
  { batch, seed }: TrainingConfig,
): Promise<Pick<Split, "size" | "fields">> {
  const parts = names.map((): NdArray[] => []);
  let size = 0;
  for await (const { fields, size: rows } of batchesOf("train", train, { epoch: 1, size: batch, seed })) {
    names.forEach((name, i) => parts[i]!.push(new NdArray(fields[name]!.data.slice(), fields[name]!.shape)));
    size += rows;
    if (size >= FITTED_EXAMPLES) break;
  }
  return { size, fields: Object.fromEntries(names.map((name, i) => [name, joined(parts[i]!, size)])) };
}

/** Arrays one after the other along their first axis, `size` rows in all. */
function joined(parts: readonly NdArray[], size: number): NdArray {
  const all = NdArray.zeros([size, ...parts[0]!.shape.slice(1)], parts[0]!.dtype);
  parts.reduce((at, { data }) => {
    all.data.set(data, at);
    return at + data.length;
  }, 0);
  return all;
}
