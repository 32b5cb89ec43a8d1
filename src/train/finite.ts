import type { Backend } from "../backends/backend.ts";
import { compile } from "../compile/compile.ts";
import type { Resident } from "../compile/resident.ts";
import { cast, isFloat, leaves, mul, type NdArray, stack, sum, type Tensor, type Tree } from "../graph/index.ts";
import type { Model, Params } from "../models/model.ts";

/** Steps between two checks of a training's arrays: reading them costs at most half of a step, so 0.4% of the steps. */
const EVERY = 128;

/**
 * Whether a training's arrays are checked after n steps: after 1, 2, 4, …, 128, 256, 384, … It depends on the number alone, so that
 * a training that diverges is found out at the same step each time.
 */
export const checkedAfter = (step: number): boolean => (step < EVERY ? (step & (step - 1)) === 0 : step % EVERY === 0);

/** Whether every number of an array is finite. */
export const allFinite = ({ data }: Pick<NdArray, "data">): boolean => {
  // x·0 is 0 for every finite x, and NaN otherwise.
  let total = 0;
  for (let i = 0; i < data.length; i++) total += data[i]! * 0;
  return total === 0;
};

/**
 * Finds the first array of a state that holds a number which isn't finite, where the arrays lie: gives its path, or undefined where
 * there is none. Parameters come first, then what the estimators keep, then the optimizer's arrays.
 *
 * A stochastic unit hides NaN: it outputs 0 for a probability of NaN, and the loss stays finite while weights are not. So the arrays
 * themselves are read.
 * @param watched says which arrays (default: all)
 */
export function finiteWatch<T>(
  backend: Backend,
  watched: (path: string) => boolean = () => true,
): (state: Resident<T>) => string | undefined {
  const arraysOf = <V extends { readonly dtype: Tensor["dtype"] }>(state: Tree<V>) =>
    leaves<V>(state)
      .filter(({ path, value }) => isFloat(value.dtype) && watched(path))
      .sort((a, b) => rank(a.path) - rank(b.path));
  const program = compile<[Params<Tensor>], { readonly sums: Tensor }>(
    (state) => ({
      sums: stack(arraysOf(state as Tree<Tensor>).map(({ value }) => cast(sum(mul(value, 0)), "float32"))),
    }),
    { backend },
  );
  return (state) => {
    const { sums } = program(state as never);
    const at = sums.data.findIndex((value) => value !== 0);
    return at < 0 ? undefined : arraysOf(state.tree)[at]!.path;
  };
}

const order = ["params", "a", "estimators", "estimator", "optimizer", "weightNoise", "carried"];
const rank = (path: string): number => order.indexOf(path.split(".")[0]!);

/** An array of a training's state in words: the weight of hidden1, the optimizer's mean of the weight of hidden1. */
export function nameOf(path: string, { layers }: Pick<Model, "layers">): string {
  const [part, ...rest] = path.split(".");
  if (part === "weightNoise") return nameOfNoise(rest, layers);
  const at = rest.findIndex((key) => /^\d+$/.test(key));
  const layer = layers[Number(rest[at])]?.name ?? `layer ${Number(rest[at]) + 1}`;
  // A name with dots stands in quotes.
  const array = rest
    .slice(at + 1)
    .join(".")
    .replaceAll('"', "");
  if (part === "params") return `the ${array} of ${layer}`;
  if (part === "estimators") return `the ${array} that the estimator of ${layer} keeps`;
  if (part === "carried") return `the state ${array} that ${layer} carries`;
  const own = rest.slice(0, at < 0 ? undefined : at).join(".");
  return at < 0 ? `the optimizer's ${own}` : `the optimizer's ${own} of the ${array} of ${layer}`;
}

/** The same of what is kept for weight noise. */
function nameOfNoise([part, ...rest]: readonly string[], layers: Model["layers"]): string {
  const own = nameOf(["params", ...rest.slice(-2)].join("."), { layers }).replace(/^the /, "the deviations of the ");
  if (part === "logDeviation") return own;
  const at = rest.findIndex((key) => /^\d+$/.test(key));
  const kept = `the optimizer's ${rest.slice(0, at < 0 ? undefined : at).join(".")}`;
  return at < 0 ? `${kept} for the deviations of the weights` : `${kept} of ${own}`;
}
