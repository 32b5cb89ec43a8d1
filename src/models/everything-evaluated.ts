import { NdArray } from "../graph/index.ts";
import { evaluatingAll } from "../layers/gated-blocks.ts";
import { turned } from "../layers/turned.ts";
import type { Model } from "./model.ts";

/**
 * The same network with nothing skipped: its closed blocks are computed like open ones, and skipped steps and silent neurons are multiplied like others,
 * in whole matrix products. Weights that lie by unit, [K, S, in], are kept as those of a dense layer, [in, K·S]: so they are multiplied with most quickly.
 */
export function everythingEvaluated(model: Model): Model {
  return {
    ...model,
    layers: model.layers.map((layer) => ({
      ...layer,
      parameters: layer.parameters.map((parameter) => {
        if (parameter.name !== "weight" || parameter.shape.length !== 3) return parameter;
        const [count, width, input] = parameter.shape as readonly [number, number, number];
        return { name: "weight", shape: [input, count * width] };
      }),
    })),
    init(seed) {
      const { params, states } = model.init(seed);
      return {
        states,
        params: params.map((layer) =>
          layer.weight?.shape.length === 3 ? { ...layer, weight: asDense(layer.weight) } : layer,
        ),
      };
    },
    train: (...given) => evaluatingAll(() => model.train(...given)),
    output: (...given) => evaluatingAll(() => model.output(...given)),
    score: (...given) => evaluatingAll(() => model.score(...given)),
    examine: (...given) => evaluatingAll(() => model.examine(...given)),
    losses: (...given) => evaluatingAll(() => model.losses(...given)),
  };
}

/** [K, S, in] as [in, K·S]. */
function asDense({ data, shape }: NdArray): NdArray {
  const [count, width, input] = shape as readonly [number, number, number];
  return new NdArray(turned(data, count * width, input), [input, count * width]);
}
