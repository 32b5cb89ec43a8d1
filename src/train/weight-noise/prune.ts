import { UserError } from "../../errors.ts";
import { NdArray } from "../../graph/index.ts";
import type { Params } from "../../models/model.ts";
import { checkNumber } from "../../rules.ts";

/** What a training with learned weight noise gives: means, and log deviations in the same form. A `Trained` and a `LoadedModel` are some. */
export interface LearnedWeights {
  /** The mean μ of each weight, and the parameters without noise. */
  readonly params: Params<NdArray>;
  /** log σ of each noisy weight. */
  readonly logDeviation: Params<NdArray>;
}

/** Parameters of which the uncertain ones are 0. */
export interface Pruned {
  /** The parameters in the same form, with the pruned weights set to 0. */
  readonly params: Params<NdArray>;
  /** Noisy weights in all. */
  readonly weights: number;
  /** Noisy weights that are kept. */
  readonly remaining: number;
}

/**
 * Sets to 0 every weight whose signal-to-noise ratio |μ| / σ is below a threshold, and leaves the others and what isn't noisy as they are; 0
 * prunes nothing. Graves, "Practical variational inference for neural networks", 2011. Throws UserError for weights whose deviations were not
 * learned, and for a threshold that isn't a number of at least 0.
 */
export function prune({ params, logDeviation }: LearnedWeights, threshold: number): Pruned {
  checkNumber("prune: the threshold", threshold, { atLeast: 0 });
  if (!Array.isArray(logDeviation) || !logDeviation.some((row) => Object.keys(row).length > 0))
    throw new UserError(`prune: needs weights with learned deviations, received none: train with weightNoise learned`);
  let [weights, remaining] = [0, 0];
  const pruned = (mean: NdArray, noise: NdArray | undefined): NdArray => {
    if (noise === undefined) return mean;
    const data = mean.data.slice();
    weights += data.length;
    for (const [i, mu] of data.entries())
      if (Math.abs(mu) < threshold * Math.exp(noise.data[i]!)) data[i] = 0;
      else remaining++;
    return new NdArray(data, mean.shape);
  };
  const kept = params.map((row, i) =>
    Object.fromEntries(Object.entries(row).map(([name, mean]) => [name, pruned(mean, logDeviation[i]?.[name])])),
  );
  return { params: kept, weights, remaining };
}
