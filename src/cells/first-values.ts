import { add, evaluate, log, mul, NdArray, sub } from "../graph/index.ts";
import { affineInit } from "../layers/affine.ts";
import type { Key } from "../random/key.ts";
import type { CellParameter, Named } from "./cell.ts";
import type { FirstBias, Neuron } from "./neuron.ts";

/**
 * Fresh parameters, float32. Matrices are uniform on ±√(6 / (in + out)) (Glorot and Bengio 2010), other weights 0, and biases what their
 * neuron says.
 */
export function firstValues(
  neurons: readonly Neuron[],
  parameters: readonly CellParameter[],
  key: Key,
): Named<NdArray> {
  const biases = new Map(neurons.map(({ name, bias = 0 }) => [`${name}.bias`, bias]));
  const identities = neurons.flatMap(({ name, sees }) =>
    sees.filter(({ first }) => first === "identity").map((connection) => `${name}.${connection.name}`),
  );
  return Object.fromEntries(
    parameters.map(({ name, shape }, i) => {
      const [input, output] = shape;
      if (identities.includes(name)) return [name, identity(input!)];
      if (output !== undefined) return [name, affineInit(key.fold(i + 1), input!, output).weight];
      return [name, firstBias(biases.get(name) ?? 0, input!, key.fold(0))];
    }),
  );
}

function identity(n: number): NdArray {
  const data = new Float32Array(n * n);
  for (let i = 0; i < n; i++) data[i * (n + 1)] = 1;
  return new NdArray(data, [n, n]);
}

/**
 * Chrono initialisation: ± log u, u uniform on [1, longest − 1], so that the times over which the units forget are spread up to `longest`
 * steps. Tallec and Ollivier 2018, Can recurrent neural networks warp time?, https://arxiv.org/abs/1804.11188
 */
function firstBias(bias: FirstBias, units: number, key: Key): NdArray {
  if (typeof bias === "number") return new NdArray(new Float32Array(units).fill(bias), [units]);
  if ("within" in bias) return evaluate([mul(sub(key.uniform([units]), 0.5), 2 * bias.within)])[0]!;
  const { longest, sign } = bias;
  const time = add(mul(key.uniform([units]), longest - 2), 1);
  return evaluate([mul(log(time), sign)])[0]!;
}
