import type { EstimatorConfig, EstimatorState } from "../estimators/index.ts";
import {
  abs,
  add,
  array,
  constant,
  evaluate,
  gradients,
  leaves,
  mapTree,
  matmul,
  maximum,
  mean,
  minimum,
  mul,
  NdArray,
  reshape,
  type Shape,
  sizeOf,
  sub,
  type Tensor,
  type Tree,
} from "../graph/index.ts";
import { affineInit } from "../layers/affine.ts";
import { type Key, tile } from "../random/index.ts";
import type { Batch, Head } from "./head.ts";
import type { Model, Params } from "./model.ts";
import { defineStage } from "./own-stage.ts";
import type { StageSpec } from "./stage.ts";

export const value = (x: Tensor): number[] => Array.from(evaluate([x])[0]!.data);
export const tensors = (tree: Params<NdArray>): Params<Tensor> =>
  mapTree(tree as Tree<NdArray>, (x) => constant(x)) as Params<Tensor>;
export const float64 = (values: readonly number[] | readonly (readonly number[])[]): Tensor =>
  constant(array(values as number[], { dtype: "float64" }));

/** A network's first parameters and states in double precision, no parameter 0. */
export function doubled(model: Model, seed = 7) {
  const { params, states } = model.init(seed);
  const numbers = params.map((row, i) =>
    Object.fromEntries(
      Object.entries(row).map(([name, { data, shape }], k) => [
        name,
        new NdArray(
          Float64Array.from(data, (w, j) => w + 0.2 * Math.sin(1 + j + 2 * i + 3 * k)),
          shape,
        ),
      ]),
    ),
  );
  const double = ({ data, shape }: NdArray) => constant(new NdArray(Float64Array.from(data), shape));
  const given = states.map((state) => mapTree(state as Tree<NdArray>, double)) as readonly EstimatorState[];
  return { numbers, params: tensors(numbers), states: given };
}

/** The losses of a training pass [B], and the gradient of their sum with respect to every parameter. */
export function lossAndGradients(
  model: Model,
  params: Params<Tensor>,
  batch: Batch<Tensor>,
  key: Key,
  states: readonly EstimatorState[],
): number[][] {
  const { loss } = model.train(params, batch, key, states);
  const wrt = leaves(params as Tree<Tensor>).map((leaf) => leaf.value);
  return [loss, ...gradients(loss.sum(), wrt)].map(value);
}

/** Each unit is the larger one of two affine maps' values. */
export const maxout = defineStage(
  "maxout",
  ({ units, estimator }: { units: number; estimator?: EstimatorConfig }, { input: [inputs] }) => ({
    units,
    estimator,
    parameters: { one: [inputs!, units], other: [inputs!, units], bias: [units] },
    apply: ({ one, other, bias }, x) => add(maximum(matmul(x, one!), matmul(x, other!)), bias!),
  }),
);

/** A stage that outputs what it read plus what its units output; as many units as values. It is written out, without `defineStage`. */
export const residual = ({ estimator }: { readonly estimator: EstimatorConfig }): StageSpec => ({
  kind: "residual",
  build(at) {
    const units = sizeOf(at.input);
    const made = at.estimator(estimator, `${at.subject}.estimator`);
    return {
      kind: "residual",
      config: { kind: "residual", estimator },
      rows: [
        {
          ...{ name: `residual${at.number}`, kind: "residual", input: at.input, output: [units] },
          ...{ parameters: [{ name: "weight", shape: [units, units] }], multiplyAdds: units * units },
          ...{ activation: made.card.name, estimator: made },
        },
      ],
      output: [units],
      estimator: made,
      units,
      readsInput: true,
      init: (root, place) => ({
        params: [{ weight: affineInit(root.fold(place), units, units).weight }],
        states: [made.init?.([units], root.fold(place)) ?? {}],
      }),
      preactivation: ([own], x) => matmul(x, own!.weight!),
      send: (_, x, h) => add(tile(x, h.shape[0]! / x.shape[0]!), h),
    };
  },
});

/** Values under the loss of Huber, |d| − δ/2 beyond δ and d²/2δ below it; reports it, and the share of values within δ, which selects. */
export function huber({ shape, delta }: { readonly shape: Shape; readonly delta: number }): Head<"huber" | "near"> {
  const distance = (output: Tensor, target: Tensor): Tensor =>
    abs(reshape(sub(output, target), [output.shape[0]!, sizeOf(shape)]));
  const loss = (output: Tensor, { y }: Batch<Tensor>): Tensor => {
    const d = distance(output, y!);
    const short = minimum(d, delta);
    return mean(mul(short, sub(d, mul(short, 0.5))), 1).mul(1 / delta);
  };
  return {
    kind: "huber",
    config: { kind: "huber", shape, delta },
    input: shape,
    fields: { y: { shape, dtype: "float32" } },
    activation: "linear",
    reads: "the predictions",
    metrics: [
      { name: "huber", unit: "", better: "lower", isLoss: true },
      { name: "near", unit: "%", better: "higher", scale: 100 },
    ],
    select: { metric: "near", readout: "deterministic" },
    loss,
    score: ({ output, batch }) => ({
      huber: loss(output, batch),
      near: mean(distance(output, batch.y!).lessEqual(delta), 1),
    }),
    predict: (output) => ({ value: output }),
  };
}
