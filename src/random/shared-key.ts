import { UserError } from "../errors.ts";
import type { Shape } from "../graph/ndarray.ts";
import { broadcastTo } from "../graph/ops/broadcast-to.ts";
import { expandDims } from "../graph/ops/expand-dims.ts";
import { reshape } from "../graph/ops/reshape.ts";
import type { Tensor } from "../graph/tensor.ts";
import { fromUniform, type Key } from "./key.ts";

/** The examples of x `copies` times, one after another along its first axis. x [B, ...] → [copies·B, ...] */
export function tile(x: Tensor, copies: number): Tensor {
  if (copies === 1) return x;
  const [rows, ...rest] = x.shape;
  return reshape(broadcastTo(expandDims(x, 0), [copies, ...x.shape]), [copies * rows!, ...rest]);
}

/** What a layer is called with: pre-activations [copies·rows, units]. */
export interface Called {
  /** B: examples of the model's batch. */
  readonly rows: number;
  /** Copies of the batch that an earlier layer sent in this call. */
  readonly copies: number;
  /** H: units of the layer. */
  readonly units: number;
}

/**
 * The key of a layer with pre-activations `a`, in a model with a batch of `rows` examples. a [copies·rows,
 * units].
 */
export const layerKey = (key: Key, a: Tensor, rows: number): Key =>
  sharedKey(key, { rows, copies: a.shape[0]! / rows, units: a.shape[1]! });

/**
 * A key for a layer that is called with copies of a batch: the copies meet the same noise, and everything else is drawn by itself.
 * A draw has an axis of examples where one is a multiple of copies·rows: of m·copies·rows numbers (row k·copies·rows + j·rows + i is
 * sample k of copy j of example i) those of a sample are `copies` times its draw of `rows` numbers, and the m samples are independent.
 * A draw without such an axis belongs to no example and is the key's own. With one copy all draws are the key's own.
 * Throws UserError for a shape that can be read in two ways.
 */
export function sharedKey(key: Key, called: Called): Key {
  if (called.copies === 1) return key;
  const uniform = shared("uniform", key.uniform, called);
  const normal = shared("normal", key.normal, called);
  return { fold: (data) => sharedKey(key.fold(data), called), uniform, normal, ...fromUniform(uniform) };
}

function shared<O>(name: string, draw: (shape: Shape, options?: O) => Tensor, called: Called) {
  const { rows, copies } = called;
  return (shape: Shape, options?: O): Tensor => {
    const axis = exampleAxis(name, shape, called);
    if (axis === undefined) return draw(shape, options);
    const [before, after] = [shape.slice(0, axis), shape.slice(axis + 1)];
    const samples = shape[axis]! / (copies * rows);
    const own = draw([...before, samples * rows, ...after], options);
    const apart = reshape(own, [...before, samples, 1, rows, ...after]);
    return reshape(broadcastTo(apart, [...before, samples, copies, rows, ...after]), shape);
  };
}

/** The axis of a draw that goes over the examples (and their copies, and samples of them); undefined where it has none. */
function exampleAxis(name: string, shape: Shape, { rows, copies, units }: Called): number | undefined {
  const batch = rows * copies;
  const last = shape.length - 1;
  const fits = shape.flatMap((length, axis) => (length > 0 && length % batch === 0 ? [axis] : []));
  // An axis as long as the layer is wide is that of its units, where it is the last of several.
  const apart = fits.filter((axis) => last === 0 || axis !== last || shape[axis] !== units);
  const ambiguous =
    apart.length > 1 ||
    (last === 0 && fits.length === 1 && shape[0] === units) ||
    (apart.length === 0 && fits.length === 1 && shape.slice(0, -1).some((length) => length !== 1));
  if (ambiguous)
    throw new UserError(
      `key.${name}([${shape.join(", ")}]): this layer has ${units} units and is called with ${copies} copies of ${rows} ${rows === 1 ? "example" : "examples"}, which share their noise; which axis goes over the ${batch} rows can't be distinguished from the shape. Draw [m·rows, …] with the rows first ([m·rows, 1] for one number an example), or take every sample from a key of its own, key.fold(k); noise that all examples share has a first axis of 1`,
    );
  return apart[0];
}
