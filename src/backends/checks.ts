import { UserError } from "../errors.ts";
import {
  checkWhole,
  countOf,
  type Data,
  type DType,
  NdArray,
  ownShape,
  type Spec,
  sameShape,
  showSpec,
  sizeOf,
} from "../graph/ndarray.ts";
import type { Backend, Program, ProgramInput, Storage } from "./backend.ts";

const classes = { float32: Float32Array, float64: Float64Array, int32: Int32Array } as const;

/** A spec as the backend's own, which nobody can change. Throws UserError for what can be no array's shape or dtype. */
export function ownSpec(backend: string, { shape, dtype }: Spec): Spec {
  if (!Object.hasOwn(classes, dtype))
    throw new UserError(`${backend}: a dtype is float32, float64 or int32, received ${String(dtype)}`);
  return { shape: ownShape(backend, shape), dtype };
}

const isOf = (data: Data, dtype: DType): boolean => data instanceof classes[dtype];

/** Throws UserError unless the data are as long as a storage and of its dtype. */
export function checkData(backend: string, storage: Spec, data: Data): void {
  if (!isOf(data, storage.dtype) || countOf(data) !== sizeOf(storage.shape))
    throw new UserError(
      `${backend}: ${showSpec(storage)} is written from ${classes[storage.dtype].name} of ${sizeOf(storage.shape)}, received ${Object.prototype.toString.call(data).slice(8, -1)} of ${isOf(data, storage.dtype) ? countOf(data) : data?.length}`,
    );
}

/** Throws UserError unless a backend's program can be run on these values. */
export function checkInputs(
  backend: Backend,
  { inputs }: Pick<Program, "inputs">,
  values: readonly (Storage | NdArray)[],
): void {
  if (values.length !== inputs.length)
    throw new UserError(`${backend.name}: the program takes ${inputs.length} arrays, received ${values.length}`);
  inputs.forEach((input, i) => checkInput(backend, input, values[i]!));
}

/** Throws UserError unless the value can be a program's input. */
export function checkInput(backend: Backend, { name, tensor, resident }: ProgramInput, value: Storage | NdArray): void {
  const what = `${backend.name}: the argument at ${name}`;
  if (value instanceof NdArray === resident)
    throw new UserError(
      `${what} must ${resident ? "live on the backend" : "be handed over"}, received ${resident ? "an array that is handed over" : "one on the backend"}`,
    );
  if (!(value instanceof NdArray) && value.backend !== backend)
    throw new UserError(`${what} lives on another backend (${value.backend.name})`);
  if (value.dtype !== tensor.dtype || !sameShape(value.shape, tensor.shape))
    throw new UserError(`${what} must be ${showSpec(tensor)}, received ${showSpec(value)}`);
  if (value instanceof NdArray) {
    checkWhole(what, value);
    checkData(backend.name, value, value.data);
  }
}
