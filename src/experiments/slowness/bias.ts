import type { Backend } from "../../backends/backend.ts";
import { compile } from "../../compile/compile.ts";
import { mean, NdArray, type Tensor, valueAndGrad } from "../../graph/index.ts";
import type { Model, Params } from "../../models/model.ts";
import { key } from "../../random/index.ts";

/** What the mean of straight-through × σ′ is beside the gradient that it stands for, over the first layer's weights. */
export interface Bias {
  readonly cosine: number;
  /** Length of the mean estimate, divided by the gradient's. */
  readonly length: number;
  /** ‖mean − gradient‖ / ‖gradient‖ */
  readonly relative: number;
}

/**
 * Compares the mean gradients of two networks of one architecture, at the same parameters and on the same examples.
 * @param inputs [M, features]
 * @param labels [M]
 */
export function biasOf(
  { estimate, truth }: { estimate: Model; truth: Model },
  params: Params<NdArray>,
  inputs: Float32Array,
  labels: Int32Array,
  backend: Backend,
): Bias {
  const gradientOf = (model: Model): NdArray => {
    const program = compile(
      (weights: Params<Tensor>, x: Tensor, y: Tensor) => {
        const none = weights.map(() => ({}));
        const [, grads] = valueAndGrad((own: Params<Tensor>) =>
          mean(model.train(own, { x, label: y }, key(0), none).loss),
        )(weights);
        return grads[0]!.weight!;
      },
      { backend },
    );
    const x = new NdArray(inputs, [labels.length, ...model.inputShape]);
    return program(params, x, new NdArray(labels, [labels.length])) as NdArray;
  };
  const [g, h] = [gradientOf(estimate).data, gradientOf(truth).data];
  let [gg, gh, hh] = [0, 0, 0];
  for (let i = 0; i < g.length; i++) {
    gg += g[i]! ** 2;
    gh += g[i]! * h[i]!;
    hh += h[i]! ** 2;
  }
  return {
    cosine: gh / Math.sqrt(gg * hh),
    length: Math.sqrt(gg / hh),
    relative: Math.sqrt(Math.max(0, gg - 2 * gh + hh) / hh),
  };
}
