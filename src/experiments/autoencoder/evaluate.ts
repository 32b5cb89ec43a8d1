import type { Backend } from "../../backends/backend.ts";
import { compile } from "../../compile/compile.ts";
import type { Resident } from "../../compile/resident.ts";
import { batches } from "../../data/batches.ts";
import type { LabelledSplit } from "../../data/dataset.ts";
import { NdArray, type Tensor } from "../../graph/index.ts";
import type { BinaryAutoencoder } from "../../models/autoencoder.ts";
import type { Params } from "../../models/model.ts";
import { key } from "../../random/index.ts";
import { pacer, pause } from "../../train/pause.ts";
import { EVALUATION_NOISE } from "../../train/step.ts";

/** Rows of one call, samples counted: few enough for the decoder's output to stay in cache. */
const ROWS = 1000;

/**
 * The mean over a split of the bound with n samples (for one the ELBO), each example once, in nats. Its noise is a function
 * of the seed and the example's batch, so that two sets of parameters meet the same noise.
 */
export function boundMeter(model: BinaryAutoencoder, backend: Backend, samples: number, seed: number) {
  const program = compile(
    (params: Params<Tensor>, x: Tensor, place: Tensor) => ({
      bound: model.bound(params, x, key(seed).fold(EVALUATION_NOISE).fold(place), samples),
    }),
    { backend },
  );
  const size = Math.max(1, Math.floor(ROWS / samples));
  const due = pacer(50);
  return async (
    params: Resident<Params<Tensor>>,
    split: LabelledSplit,
    examples = split.size,
    signal?: AbortSignal,
  ): Promise<number> => {
    const order = Int32Array.from({ length: Math.min(examples, split.size) }, (_, i) => i);
    let total = 0;
    for (const batch of batches(split, size, order, { last: "keep" })) {
      const x = new NdArray(batch.fields.x.data, [batch.size, model.pixels]);
      const { bound } = program(params, x, new NdArray(Int32Array.of(batch.index), [])) as {
        bound: NdArray;
      };
      for (const value of bound.data) total += value;
      if (due()) await pause();
      signal?.throwIfAborted();
    }
    return total / order.length;
  };
}

/** What the decoder makes of one sample for each of the first examples: [pixels] each. */
export function reconstructions(
  model: BinaryAutoencoder,
  backend: Backend,
  params: Resident<Params<Tensor>>,
  { fields }: Pick<LabelledSplit, "fields">,
  count: number,
  seed: number,
): Float32Array[] {
  const program = compile(
    (params: Params<Tensor>, x: Tensor) => ({
      images: model.reconstruct(params, x, key(seed).fold(EVALUATION_NOISE)),
    }),
    { backend },
  );
  const x = new NdArray(fields.x.data.subarray(0, count * model.pixels), [count, model.pixels]);
  const { images } = program(params, x) as { images: NdArray };
  return Array.from({ length: count }, (_, i) =>
    (images.data as Float32Array).slice(i * model.pixels, (i + 1) * model.pixels),
  );
}
