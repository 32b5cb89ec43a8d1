import { mul, NdArray, sizeOf, type Tensor } from "../../../graph/index.ts";
import type { WindowOptions } from "../../../graph/window.ts";
import { atEachPlace, gatedChannels, openConvolution } from "../../../layers/gated-channels.ts";
import type { LayerParams, ParameterSummary } from "../../model.ts";
import { batchNormalised, firstMoments, firstScale, movedMoments, scaleAndShift, testMoments, usualNormalisation } from "../batch-normalisation.ts"; // biome-ignore format: one line
import type { Behind } from "./gates.ts";

/** How a convolution's features are made behind their gates, from images [R, rows, columns, channels] to [R, places, places, features]. */
export interface GatedFeatures extends Pick<Behind, "send" | "moved"> {
  /** What it learns beside the convolution's weight. */
  readonly parameters: readonly ParameterSummary[];
  /** First numbers of these. */
  init(): LayerParams<NdArray>;
  /** What it multiplies beside the convolution, for an example. */
  readonly multiplyAdds: number;
}

/** How the features of a stage are made. */
export interface FeaturesOptions {
  readonly sliding: WindowOptions;
  activation(a: Tensor): Tensor;
  /** [places, places, features] */
  readonly output: readonly number[];
  /** Whether what comes into it, or its gates, differ between the readouts. */
  readonly readsDraws: boolean;
}

/** gₖ · f(x ∗ Wₖ + bₖ) */
export const biasedFeatures = ({ sliding, activation, output }: FeaturesOptions): GatedFeatures => ({
  parameters: [{ name: "bias", shape: [output.at(-1)!] }],
  init: () => ({ bias: NdArray.zeros([output.at(-1)!]) }),
  multiplyAdds: 0,
  send: ({ weight, bias }, x, gates, { closed, gates: behind }) =>
    gatedChannels({ weight: weight!, bias: bias! }, x, gates, { ...sliding, activation, closed, behind }),
});

/**
 * gₖ · f(γₖ (x ∗ Wₖ − μₖ) / √(σₖ² + ε) + βₖ), with μ and σ² over the images of a batch whose gate k isn't 0, also where closed groups are evaluated: so what
 * an image outputs is the same whether they are or not, and a closed group is asked what it would have output among those that were open. Gao, Zhao,
 * Dudziak, Mullins and Xu 2018, https://arxiv.org/abs/1810.05331, normalise gated channels before their gates, too.
 */
export function normalisedFeatures({ sliding, activation, output, readsDraws }: FeaturesOptions): GatedFeatures {
  const features = output.at(-1)!;
  const { momentum, epsilon } = usualNormalisation;
  const convolved = (weight: Tensor, ...[x, gates, { closed, gates: behind }]: SentTo) =>
    openConvolution(weight, x, gates, { ...sliding, closed, behind });
  return {
    parameters: [...scaleAndShift(features), ...testMoments(features, readsDraws)],
    init: () => ({ ...firstScale(features, 1), ...firstMoments(features, readsDraws) }),
    multiplyAdds: 2 * sizeOf(output),
    send(own, x, gates, at) {
      const { y, gate } = convolved(own.weight!, x, gates, at);
      const a = batchNormalised(own, y, { ...at, epsilon, gates: gate });
      return mul(activation(a), atEachPlace(gate));
    },
    moved(own, x, gates, at) {
      const { y, gate } = convolved(own.weight!, x, gates, at);
      return movedMoments(own, y, momentum, gate);
    },
  };
}

type SentTo = Parameters<Behind["send"]> extends [unknown, ...infer Rest] ? Rest : never;
