import { NdArray } from "../graph/index.ts";
import { evaluatingAll } from "../layers/gated-blocks.ts";
import type { LayerParams, Model } from "./model.ts";

/**
 * The same network with nothing skipped: its closed blocks are worked out like open ones, in whole matrix products. Its blocks' incoming
 * weights are kept as those of a dense layer, [in, K·S] and not [K, S, in]: so they are multiplied with most quickly.
 */
export function everythingEvaluated(model: Model): Model {
  const isGated = (layer: number): boolean => model.layers[layer]!.gates !== undefined;
  return {
    ...model,
    layers: model.layers.map((layer, i) => {
      if (!isGated(i)) return layer;
      const parameters = layer.parameters.map((parameter) => {
        if (parameter.name !== "weight") return parameter;
        const [count, width, input] = parameter.shape as readonly [number, number, number];
        return { name: "weight", shape: [input, count * width] };
      });
      return { ...layer, parameters };
    }),
    init(seed) {
      const { params, states } = model.init(seed);
      return { states, params: params.map((layer, i) => (isGated(i) ? { ...layer, weight: turned(layer) } : layer)) };
    },
    train: (...given) => evaluatingAll(() => model.train(...given)),
    logits: (...given) => evaluatingAll(() => model.logits(...given)),
  };
}

/** [K, S, in] as [in, K·S]. */
function turned({ weight }: LayerParams<NdArray>): NdArray {
  const [count, width, input] = weight!.shape as readonly [number, number, number];
  const units = count * width;
  const data = new Float32Array(weight!.data.length);
  for (let unit = 0; unit < units; unit++)
    for (let i = 0; i < input; i++) data[i * units + unit] = weight!.data[unit * input + i]!;
  return new NdArray(data, [input, units]);
}
