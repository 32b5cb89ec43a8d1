import { UserError } from "../errors.ts";
import { NdArray, sameShape, showShape, sizeOf } from "../graph/index.ts";
import type { Model, Params } from "../models/model.ts";
import { show, suggestion } from "../rules.ts";
import { layoutOf } from "../train/layout.ts";
import { arrayName } from "./save.ts";

/** Arrays by name, as `readSafetensors` and `readNpz` give them. */
export type NamedArrays = ReadonlyMap<
  string,
  {
    /** The length of each axis. */
    readonly shape: readonly number[];
    /** The elements, in row-major order. */
    readonly data: ArrayLike<number>;
  }
>;

/**
 * The parameters of a network from arrays by name, such as the weights of another library, for `save`, `toOnnx` and `toScript`. The names are those of a
 * model file, LAYER.PARAMETER, such as "hidden1.weight"; matrices are [in, out], where PyTorch's are [out, in].
 *
 *     const params = paramsFrom(model, readSafetensors(await readFile("w.safetensors"), "w.safetensors"));
 *
 * Throws UserError, naming all of them, for parameters that are missing and for names that the network doesn't have, and for an array of another shape
 * and for a number that isn't finite. `programs.…` of a model file are passed over.
 */
export function paramsFrom(model: Model, arrays: NamedArrays): Params<NdArray> {
  if (typeof model?.predict !== "function") throw new UserError(`paramsFrom: needs a network, received ${show(model)}`);
  if (!(arrays instanceof Map)) throw new UserError(`paramsFrom: arrays must be a Map by name, as readSafetensors gives it, received ${show(arrays)}`); // biome-ignore format: one line
  const layout = layoutOf(model.layers);
  const rows = model.layers.map(({ parameters }, row) =>
    parameters.map((parameter) => ({ ...parameter, full: arrayName(model, row, parameter.name) })),
  );
  const wanted = rows.flat().map(({ full }) => full);
  const missing = wanted.filter((name) => !arrays.has(name));
  const unknown = [...arrays.keys()].filter((name) => !wanted.includes(name) && !name.startsWith("programs."));
  if (missing.length > 0 || unknown.length > 0) {
    const lacks = missing.length > 0 ? [`lack ${missing.join(", ")}`] : [];
    const first = unknown[0] === undefined ? "" : suggestion(unknown[0], wanted);
    const has = unknown.length > 0 ? [`have ${unknown.join(", ")}, which the network hasn't${first}`] : [];
    throw new UserError(`paramsFrom: the arrays ${[...lacks, ...has].join(" and ")}; it has ${wanted.join(", ")}`);
  }
  return rows.map((parameters, row) =>
    Object.fromEntries(
      parameters.map(({ name, shape: held, full }) => {
        const path = `${row}.${name}`;
        const { shape } = layout.specOf(path, { shape: held, dtype: "float32" });
        return [name, layout.held(path, arrayOf(full, arrays.get(full)!, shape))];
      }),
    ),
  );
}

function arrayOf(name: string, given: { shape: readonly number[]; data: ArrayLike<number> }, shape: readonly number[]) {
  if (!Array.isArray(given?.shape) || given.data?.length !== sizeOf(given.shape))
    throw new UserError(
      `paramsFrom: ${name} must have a shape and as many numbers as it says, received ${show(given)}`,
    );
  if (!sameShape(given.shape, shape)) {
    const isTurned = shape.length === 2 && sameShape([...given.shape].reverse(), shape);
    const hint = isTurned ? ": transpose it, matrices are [in, out]" : "";
    throw new UserError(
      `paramsFrom: ${name} must have the shape ${showShape(shape)}, received ${showShape(given.shape)}${hint}`,
    );
  }
  const data = Float32Array.from(given.data);
  const at = data.findIndex((value) => !Number.isFinite(value));
  if (at >= 0) throw new UserError(`paramsFrom: ${name} must be finite numbers, element ${at} is ${given.data[at]}`);
  return new NdArray(data, shape);
}
