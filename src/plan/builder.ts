import { type DType, NdArray, type Shape, sizeOf } from "../graph/ndarray.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { TapeOp } from "./codes.ts";
import { isWhole, type Loop, type Maker, type Value, type View } from "./value.ts";
import { isContiguous, type Layout, rowMajor } from "./view.ts";

/** Collects values; the same computation on the same operands is made once. */
export class Builder {
  readonly values: Value[] = [];
  readonly views = new Map<Tensor, View>();
  readonly #known = new Map<string, View>();
  readonly #loops = new Map<readonly Tensor[], Loop>();

  add(shape: Shape, dtype: DType, make: Maker, key?: string): View {
    const found = key === undefined ? undefined : this.#known.get(key);
    if (found) return found;
    const value: Value = { index: this.values.length, shape, dtype, size: sizeOf(shape), make };
    this.values.push(value);
    const view: View = { value, ...rowMajor(shape) };
    if (key !== undefined) this.#known.set(key, view);
    return view;
  }

  /** The loop that gives these tensors; made once. */
  loopOf(outputs: readonly Tensor[], make: () => Loop): Loop {
    const loop = this.#loops.get(outputs) ?? make();
    this.#loops.set(outputs, loop);
    return loop;
  }

  elementwise(code: TapeOp, shape: Shape, dtype: DType, args: readonly View[], key?: View): View {
    const id = `${code}|${shape}|${dtype}|${[...args, ...(key ? [key] : [])].map(signature).join("|")}`;
    return this.add(shape, dtype, { kind: "elementwise", code, args, ...(key && { key }) }, id);
  }

  copy(view: View): View {
    return this.elementwise("MOVE", view.shape, view.value.dtype, [view]);
  }

  /** A copy of its own, whatever copies there are. */
  fresh(view: View): View {
    return this.add(view.shape, view.value.dtype, { kind: "elementwise", code: "MOVE", args: [view] });
  }

  /** A view without gaps, copied if need be. */
  contiguous(view: View): View {
    return isContiguous(view) ? view : this.copy(view);
  }

  /** The view as a value of its own: all of it, as it lies. */
  whole(view: View): View {
    return isWhole(view) ? view : this.copy(view);
  }

  scalar(value: number, dtype: DType): View {
    const data = dtype === "int32" ? Int32Array.of(value) : Float32Array.of(value);
    const bits = new Int32Array(data.buffer)[0];
    return this.add([], dtype, { kind: "constant", data: new NdArray(data, []) }, `constant|${dtype}|${bits}`);
  }
}

export const signature = (v: View): string => `${v.value.index}@${v.offset}[${v.strides}]`;

export const viewed = (view: View, layout: Layout): View => ({ value: view.value, ...layout });
