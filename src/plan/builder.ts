import { type DType, NdArray, type Shape, sameShape, sizeOf } from "../graph/ndarray.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { TapeOp } from "./codes.ts";
import { isWhole, type Loop, type Maker, uniformConstant, type Value, type View } from "./value.ts";
import { isContiguous, type Layout, reshaped, rowMajor } from "./view.ts";

/** Collects values; the same computation on the same operands is made once. */
export class Builder {
  readonly values: Value[] = [];
  readonly views = new Map<Tensor, View>();
  /** The tensor for which each value was made. */
  readonly origins = new Map<Value, Tensor>();
  readonly #known = new Map<string, View>();
  /** What is laid out as images: products and poolings of windows, and what is computed of those element by element. */
  readonly #images = new Set<Value>();
  readonly #loops = new Map<readonly Tensor[], Loop>();

  add(shape: Shape, dtype: DType, make: Maker, key?: string): View {
    const found = key === undefined ? undefined : this.#known.get(key);
    if (found) return found;
    const value: Value = { index: this.values.length, shape, dtype, size: sizeOf(shape), make };
    this.values.push(value);
    if (make.kind === "conv" || make.kind === "pool") this.#images.add(value);
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
    const images = key ? undefined : this.#imagesAmong(args, shape);
    const seen = images && args.map((arg) => this.#under(arg, images));
    if (seen?.every((arg) => arg !== undefined))
      return viewed(this.elementwise(code, images!, dtype, seen), rowMajor(shape));
    const id = `${code}|${shape}|${dtype}|${[...args, ...(key ? [key] : [])].map(signature).join("|")}`;
    const made = this.add(shape, dtype, { kind: "elementwise", code, args, ...(key && { key }) }, id);
    if (args.some((arg) => this.#images.has(arg.value) && isWhole(arg))) this.#images.add(made.value);
    return made;
  }

  /**
   * The shape of images that an operation's operands are but for a reshape, such as the units [B, H] of a convolution. In that shape it joins
   * what the convolution computes; what a matrix product made joins that.
   */
  #imagesAmong(args: readonly View[], shape: Shape): Shape | undefined {
    const whole = args.filter(isWhole).map(({ value }) => value);
    const isProductOrImage = (value: Value): boolean => value.make.kind === "gemm" || this.#images.has(value);
    if (whole.some((value) => sameShape(value.shape, shape) && isProductOrImage(value))) return undefined;
    const images = whole.find((value) => this.#images.has(value) && !sameShape(value.shape, shape));
    return images?.size === sizeOf(shape) ? images.shape : undefined;
  }

  /** The operand under another shape of as many elements. A draw, whose numbers go by the place of an element, is made in that shape. */
  #under(view: View, shape: Shape): View | undefined {
    const { make, dtype } = view.value;
    if (make.kind === "elementwise" && make.key && isWhole(view))
      return this.elementwise(make.code, shape, dtype, make.args, make.key);
    const layout = reshaped(view, shape);
    return layout && viewed(view, layout);
  }

  copy(view: View): View {
    return this.elementwise("MOVE", view.shape, view.value.dtype, [view]);
  }

  /** A copy of its own, whatever copies there are. */
  fresh(view: View): View {
    return this.add(view.shape, view.value.dtype, { kind: "elementwise", code: "MOVE", args: [view] });
  }

  /** The view of a value that is equal to no other one; a single known number stays what it is. */
  barrier(view: View): View {
    if (uniformConstant(view) !== undefined) return view;
    const { value } = view;
    const whole = { value, ...rowMajor(value.shape) };
    const other = this.add(value.shape, value.dtype, { kind: "barrier", of: whole });
    if (this.#images.has(value)) this.#images.add(other.value);
    return { ...view, value: other.value };
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
