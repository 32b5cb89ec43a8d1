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

/** Thresholds are fitted to this many training examples, the first ones, or to all where there are fewer. */
export const FITTED_EXAMPLES = 5000;
/** Most examples in one call. */
const BATCH = 500;

/**
 * Fits a model's thresholds to its parameters on a backend, in place: for each layer of gates in turn, so that the later ones see the
 * earlier ones' new thresholds. Returns at once for a model that has none. Gives what isn't finite, in words, where no threshold can be
 * fitted.
 */
export function thresholdFitter(
  model: Model,
  backend: Backend,
): (params: Resident<Params<Tensor>>, train: Pick<Split, "size" | "fields">) => string | undefined {
  const fits = model.thresholds.map((threshold) => ({ threshold, values: valuesOf(threshold, backend) }));
  return (params, train) => {
    const size = Math.min(FITTED_EXAMPLES, train.size);
    const batch = Math.min(BATCH, size);
    for (const { threshold, values } of fits) {
      const found: Float32Array[] = [];
      let rate = 0;
      // Whole batches; the last one begins early enough to be whole, and gives what the others have not.
      for (let from = 0; from < size; from += batch) {
        const start = Math.min(from, size - batch);
        const rows = mapFields(train.fields, (field) => rowsOf(field, start, start + batch));
        const { data } = rows[model.input]!;
        const result = values(params, new NdArray(data, [batch, ...model.inputShape]), stageFields(model, rows));
        const units = result.a.data.length / batch;
        found.push(Float32Array.from(result.a.data.subarray((from - start) * units)));
        rate += (result.rate.item() * (batch - (from - start))) / size;
      }
      const all = new Float32Array(found.reduce((length, part) => length + part.length, 0));
      found.reduce((at, part) => {
        all.set(part, at);
        return at + part.length;
      }, 0);
      if (!allFinite({ data: all })) return `the pre-activations of ${model.layers[threshold.row]!.name}`;
      const fitted = fitThreshold(all, threshold.share === "rate" ? Math.min(1, rate) : threshold.share);
      thresholdIn(params, threshold).write(new NdArray(Float32Array.of(fitted), []));
    }
    return undefined;
  };
}

const valuesOf = (threshold: FittedThreshold, backend: Backend) =>
  compile((params: Params<Tensor>, x: Tensor, fields: Batch<Tensor>) => threshold.values(params, x, fields), {
    backend,
  });

/** The one parameter, where it lies. */
const thresholdIn = (params: Resident<Params<Tensor>>, { row, name }: FittedThreshold): Resident<Tensor> =>
  params.part(row).part(name);

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
