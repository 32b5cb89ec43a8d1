import type { EstimatorState } from "../../../estimators/index.ts";
import { array, constant, evaluate, mapTree, NdArray, type Tensor, type Tree } from "../../../graph/index.ts";
import { type GatedMlpOptions, gatedMlp } from "../../gated-mlp.ts";
import type { Params } from "../../model.ts";

const double = (tree: Tree<NdArray>) => mapTree(tree, ({ data, shape }) => new NdArray(Float64Array.from(data), shape));
export const tensors = (tree: Tree<NdArray>) => mapTree(tree, (x) => constant(x)) as Params<Tensor>;
export const value = (x: Tensor): number[] => Array.from(evaluate([x])[0]!.data);
export const total = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0);
export const sigmoid = (a: number): number => 1 / (1 + Math.exp(-a));

export const inputs = array(
  [
    [0.2, -0.4, 0.9],
    [1, 0.3, -0.7],
  ],
  { dtype: "float64" },
);
export const x = constant(inputs);
export const labels = constant(array(Int32Array.of(2, 0)));
export const gater = { name: "dense", hidden: 3 } as const;

/** A model with its weights, in double precision. */
export function made(options: Omit<GatedMlpOptions, "input" | "classes">) {
  const model = gatedMlp({ input: 3, classes: 3, ...options });
  const { params, states } = model.init(7);
  const numbers = double(params as Tree<NdArray>) as Params<NdArray>;
  // Biases other than 0, so that a lost one shows.
  for (const layer of numbers)
    for (const [name, { data }] of Object.entries(layer))
      if (["bias", "offset", "lift"].includes(name)) data.forEach((_, i) => (data[i] = 0.1 * (i + 1)));
  const given = mapTree(double(states as Tree<NdArray>), (s) => constant(s)) as readonly EstimatorState[];
  return { model, numbers, params: tensors(numbers as Tree<NdArray>), states: given };
}
