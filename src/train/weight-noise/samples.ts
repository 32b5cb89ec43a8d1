import { add, mul, pathOf, reshape, type Shape, type Tensor, transpose } from "../../graph/index.ts";
import type { Model, Params } from "../../models/model.ts";
import type { Key } from "../../random/index.ts";

/** A parameter that noise is added to. */
export interface NoisyParameter {
  readonly row: number;
  readonly name: string;
  readonly shape: Shape;
  /** Its number among all of the network's parameters: the key of its draws, whichever others are noisy. */
  readonly place: number;
  /** Held by unit, [K, 1, in], in place of [in, K]. */
  readonly byUnit: boolean;
}

/** The parameters of a network that are noisy: all that move by gradient, or the matrices among them. */
export function noisyParameters(
  { layers, thresholds }: Pick<Model, "layers" | "thresholds">,
  which: "all" | "matrices",
): NoisyParameter[] {
  const fitted = new Set(thresholds.map(({ row, name }) => pathOf(row, name)));
  const all = layers.flatMap(({ parameters }, row) => parameters.map((parameter) => ({ ...parameter, row })));
  return all.flatMap(({ row, name, shape, incoming, stored, byRule }, place) => {
    const isMatrix = shape.length >= 2 && incoming?.length !== 0;
    if (byRule || fitted.has(pathOf(row, name)) || (which === "matrices" && !isMatrix)) return [];
    return [{ row, name, shape, place, byUnit: stored === "by input" }];
  });
}

/** A tree in the form of the parameters with a leaf for each noisy one. */
export const eachNoisy = <T>(rows: number, noisy: readonly NoisyParameter[], f: (parameter: NoisyParameter) => T) =>
  Array.from({ length: rows }, (_, row) =>
    Object.fromEntries(noisy.filter((parameter) => parameter.row === row).map((own) => [own.name, f(own)])),
  );

/**
 * Standard normal numbers for a parameter. They are numbered as in a checkpoint, so that a weight meets the same noise however it is held.
 */
function normalFor({ shape, place, byUnit }: NoisyParameter, key: Key, like: Tensor): Tensor {
  const own = key.fold(place);
  if (!byUnit) return own.normal(shape, { dtype: like.dtype });
  const [units, , input] = shape as readonly [number, number, number];
  return reshape(transpose(own.normal([input, units], { dtype: like.dtype })), shape);
}

/** The parameters with one sample of the noise: θ + σε. `deviation` gives σ, one number or one for each weight. */
export function sampled(
  params: Params<Tensor>,
  noisy: readonly NoisyParameter[],
  key: Key,
  deviation: (parameter: NoisyParameter) => number | Tensor,
): Params<Tensor> {
  const samples = eachNoisy(params.length, noisy, (parameter) => {
    const mean = params[parameter.row]![parameter.name]!;
    return add(mean, mul(normalFor(parameter, key, mean), deviation(parameter)));
  });
  return params.map((own, row) => ({ ...own, ...samples[row] }));
}
