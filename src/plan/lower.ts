import { UserError } from "../errors.ts";
import { dependencies, needed } from "../graph/evaluate.ts";
import { type DType, NdArray, type Shape, showSpec, sizeOf } from "../graph/ndarray.ts";
import type { PairTable } from "../graph/ops/pairs.ts";
import type { RoutingAttrs } from "../graph/ops/routing.ts";
import type { Interval, UniformAttrs } from "../graph/ops/uniform.ts";
import { innerSize, type PairAttrs } from "../graph/pair-space.ts";
import type { Tensor } from "../graph/tensor.ts";
import { limits, type TapeOp } from "./codes.ts";
import { isElementwise, tapeOpFor } from "./elementwise-codes.ts";
import { limitPairs } from "./limits.ts";
import type { Program } from "./program.ts";
import { folded, simplified } from "./simplify.ts";
import { isSource, isWhole, type Maker, operandsOf, type Value, type View } from "./value.ts";
import { asMatrices, broadcasted, isContiguous, type Layout, reshaped, rowMajor, sliced, transposed } from "./view.ts";

/** The program in terms of values: aliases gone, shape changes turned into views, equal computations made once. */
export interface Lowered {
  readonly values: readonly Value[];
  readonly outputs: readonly View[]; // each the whole of its value
  readonly updates: readonly { readonly input: number; readonly value: View }[];
}

const uniformCodes = {
  "half-open": "UNIFORM",
  fine: "UNIFORM_FINE",
  open: "UNIFORM_OPEN",
} as const satisfies Readonly<Record<Interval, TapeOp>>;

/** Reads off what each kind of tensor becomes. Throws UserError for a dtype that only the reference backend has. */
export function lower(program: Program): Lowered {
  const builder = new Builder();
  const roots = [...program.outputs, ...program.updates.map((u) => u.value)];
  for (const { tensor } of program.inputs) refuseFloat64(tensor);
  program.inputs.forEach(({ tensor, sameAs }, index) => {
    const known = sameAs === undefined ? undefined : builder.views.get(program.inputs[sameAs]!.tensor);
    builder.views.set(tensor, known ?? builder.add(tensor.shape, tensor.dtype, { kind: "input", index }));
  });
  for (const tensor of needed(roots)) {
    if (builder.views.has(tensor)) continue;
    refuseFloat64(tensor);
    builder.views.set(tensor, lowerOne(builder, tensor));
  }
  // An input that is given back is copied: it may be overwritten in the same run.
  const own = (t: Tensor): View => {
    const view = builder.views.get(t)!;
    return isSource(view.value) ? builder.copy(view) : builder.whole(view);
  };
  const outputs = program.outputs.map(own);
  const updates = program.updates.map(({ input, value }) => ({ input, value: own(value) }));
  const kept = [...outputs, ...updates.map((u) => u.value)];
  const values = live(builder.values, kept);
  limitPairs(values, new Set(kept.map((view) => view.value)));
  return { values, outputs, updates };
}

function refuseFloat64(tensor: Tensor): void {
  if (tensor.dtype === "float64")
    throw new UserError(
      `${tensor.op.name}: ${showSpec(tensor)} runs on the reference backend only; other backends compute in float32`,
    );
}

/** The values that the roots are made of; simplification leaves some that nobody reads. */
function live(values: readonly Value[], roots: readonly View[]): Value[] {
  const wanted = new Set(roots.map((v) => v.value));
  for (let i = values.length - 1; i >= 0; i--)
    if (wanted.has(values[i]!)) for (const operand of operandsOf(values[i]!)) wanted.add(operand.value);
  return values.filter((v) => wanted.has(v));
}

/** Collects values; the same computation on the same operands is made once. */
class Builder {
  readonly values: Value[] = [];
  readonly views = new Map<Tensor, View>();
  readonly #known = new Map<string, View>();

  add(shape: Shape, dtype: DType, make: Maker, key?: string): View {
    const found = key === undefined ? undefined : this.#known.get(key);
    if (found) return found;
    const value: Value = { index: this.values.length, shape, dtype, size: sizeOf(shape), make };
    this.values.push(value);
    const view: View = { value, ...rowMajor(shape) };
    if (key !== undefined) this.#known.set(key, view);
    return view;
  }

  elementwise(code: TapeOp, shape: Shape, dtype: DType, args: readonly View[], key?: View): View {
    const id = `${code}|${shape}|${dtype}|${[...args, ...(key ? [key] : [])].map(signature).join("|")}`;
    return this.add(shape, dtype, { kind: "elementwise", code, args, ...(key && { key }) }, id);
  }

  copy(view: View): View {
    return this.elementwise("MOVE", view.shape, view.value.dtype, [view]);
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

const signature = (v: View): string => `${v.value.index}@${v.offset}[${v.strides}]`;

const viewed = (view: View, layout: Layout): View => ({ value: view.value, ...layout });

function lowerOne(builder: Builder, tensor: Tensor): View {
  const { op, shape, dtype } = tensor;
  const inputs = dependencies(tensor).map((t) => builder.views.get(t)!);
  const [x, y] = inputs as [View, View];
  if (isElementwise(op.name)) {
    const args = inputs.map((v) => viewed(v, broadcasted(v, shape)));
    const simple = simplified(op.name, args);
    if (simple) return simple;
    const known = folded(tensor, args);
    if (known !== undefined) return viewed(builder.scalar(known, dtype), rowMajorOne(shape));
    const code = tapeOpFor(op.name, inputs.at(-1)!.value.dtype);
    if (!code) throw new UserError(`${op.name}: ${showSpec(tensor)} runs on the reference backend only`);
    return builder.elementwise(code, shape, dtype, args);
  }
  switch (op.name) {
    case "constant": {
      const data = tensor.attrs as NdArray;
      if (data.data.length === 1) return viewed(builder.scalar(data.data[0]!, dtype), rowMajorOne(shape));
      return builder.add(shape, dtype, { kind: "constant", data });
    }
    case "alias":
    case "stopGradient":
    case "customGradient":
      return x;
    case "cast":
      if (x.value.dtype === dtype) return x;
      return builder.elementwise(dtype === "int32" ? "TO_INT" : "TO_FLOAT", shape, dtype, [x]);
    case "broadcastTo":
      return viewed(x, broadcasted(x, shape));
    case "transpose":
      return viewed(x, transposed(x, tensor.attrs as number[]));
    case "slice": {
      const { start, size } = tensor.attrs as { start: number[]; size: number[] };
      return viewed(x, sliced(x, start, size));
    }
    case "reshape": {
      const layout = reshaped(x, shape);
      return layout ? viewed(x, layout) : viewed(builder.contiguous(x), rowMajor(shape));
    }
    case "uniform":
    case "normal": {
      const code = op.name === "normal" ? "NORMAL" : uniformCodes[(tensor.attrs as UniformAttrs).interval];
      return builder.elementwise(code, shape, dtype, [], builder.contiguous(x));
    }
    case "foldKey": {
      const [key, data] = [builder.contiguous(x), builder.contiguous(y)];
      return builder.add(shape, dtype, { kind: "foldKey", key, data }, `fold|${signature(key)}|${signature(data)}`);
    }
    case "matmul":
      return lowerMatmul(builder, x, y, shape);
    case "sum":
    case "max":
    case "min": {
      const { axes } = tensor.attrs as { axes: number[] };
      return lowerReduce(builder, op.name.toUpperCase() as "SUM" | "MAX" | "MIN", x, axes, tensor);
    }
    case "argmax":
      return lowerReduce(builder, "ARGMAX", x, [(tensor.attrs as { axis: number }).axis], tensor);
    case "kthLargest": {
      const { k } = tensor.attrs as { k: number };
      const of = builder.contiguous(x);
      const make: Maker = { kind: "kthLargest", of, length: x.shape.at(-1)!, k };
      return builder.add(shape, dtype, make, `kthLargest|${k}|${shape}|${make.length}|${signature(of)}`);
    }
    case "gather":
    case "scatterAdd": {
      const [from, index] = [builder.contiguous(x), builder.contiguous(y)];
      if (op.name === "gather") {
        const [rows, ...inner] = x.shape as [number, ...number[]];
        return builder.add(shape, dtype, { kind: "gather", table: from, index, rows, inner: sizeOf(inner) });
      }
      const [rows, ...inner] = shape as [number, ...number[]];
      return builder.add(shape, dtype, { kind: "scatterAdd", update: from, index, rows, inner: sizeOf(inner) });
    }
    case "routing": {
      const [batch, blocks] = x.shape as [number, number];
      const { mayTakeAll } = tensor.attrs as RoutingAttrs;
      return builder.add(
        shape,
        dtype,
        { kind: "routing", gates: builder.contiguous(x), mayTakeAll, batch, blocks },
        `routing|${mayTakeAll}|${signature(x)}`,
      );
    }
    case "toBlocks":
    case "fromBlocks":
    case "blocksGradient":
    case "toPairs":
    case "fromPairs":
      return lowerPairs(builder, tensor, inputs);
    case "pad": {
      const { before } = tensor.attrs as { before: number[] };
      const at = sliced(rowMajor(shape), before, x.shape);
      return builder.add(shape, dtype, { kind: "assemble", parts: [{ from: x, at }], fill: true });
    }
    case "concat": {
      const { axis } = tensor.attrs as { axis: number };
      let start = 0;
      const parts = inputs.map((from) => {
        const at = sliced(
          rowMajor(shape),
          shape.map((_, i) => (i === axis ? start : 0)),
          from.shape,
        );
        start += from.shape[axis]!;
        return { from, at };
      });
      return builder.add(shape, dtype, { kind: "assemble", parts, fill: false });
    }
  }
  throw new UserError(
    `${op.name}: an op of one's own runs on the reference backend only, received ${showSpec(tensor)}`,
  );
}

/** Operations on open blocks; all operands without gaps. */
function lowerPairs(builder: Builder, { op, attrs, shape, dtype }: Tensor, inputs: readonly View[]): View {
  const { batch, blocks, table = "gates" } = attrs as PairAttrs & { readonly table?: PairTable };
  const [first, second] = inputs.map((view) => builder.contiguous(view)) as [View, View];
  const by = { batch, blocks, plan: builder.contiguous(inputs.at(-1)!) };
  const make = ((): Maker => {
    switch (op.name) {
      case "toBlocks":
        return { kind: "toBlocks", x: first, m: second, ...by };
      case "fromBlocks":
        return { kind: "fromBlocks", c: first, m: second, ...by };
      case "blocksGradient":
        return { kind: "blocksGradient", x: first, c: second, ...by };
      case "toPairs":
        return { kind: "toPairs", table, from: first, inner: innerSize(shape, 1), ...by };
      default:
        return { kind: "fromPairs", table, from: first, inner: innerSize(first.shape, 1), ...by };
    }
  })();
  return builder.add(shape, dtype, make, `${op.name}|${table}|${shape}|${inputs.map(signature).join("|")}`);
}

const rowMajorOne = (shape: Shape): Layout => ({ shape, offset: 0, strides: shape.map(() => 0) });

function lowerMatmul(builder: Builder, a: View, b: View, shape: Shape): View {
  // An outer product sums nothing. Element by element it needs no tiles, and one example's gradient shares a pass with the update.
  if (a.shape.at(-1) === 1 && shape.length <= limits.MAX_RANK) {
    const factors = [a, b].map((v) => viewed(v, broadcasted(v, shape)));
    return builder.elementwise("MUL", shape, "float32", factors);
  }
  const batch = shape.slice(0, -2);
  const prepare = (v: View): View => {
    const full = viewed(v, broadcasted(v, [...batch, ...v.shape.slice(-2)]));
    return asMatrices(full) ? full : builder.contiguous(full);
  };
  const [left, right] = [prepare(a), prepare(b)];
  const key = `gemm|${shape}|${signature(left)}|${signature(right)}`;
  return builder.add(shape, "float32", { kind: "gemm", a: left, b: right, k: a.shape.at(-1)! }, key);
}

function lowerReduce(
  builder: Builder,
  how: "SUM" | "MAX" | "MIN" | "ARGMAX",
  x: View,
  axes: readonly number[],
  tensor: Tensor,
): View {
  const { shape, dtype } = tensor;
  const long = axes.filter((axis) => x.shape[axis] !== 1);
  if (long.length === 0 && how !== "ARGMAX") {
    const layout = reshaped(x, shape);
    if (layout) return viewed(x, layout);
  }
  // Axes to reduce over side by side; otherwise they are brought to the end first.
  const first = long[0] ?? axes[0] ?? x.shape.length;
  const last = long.at(-1) ?? axes[0] ?? first - 1;
  const gap = x.shape.some((n, axis) => axis > first && axis < last && n !== 1 && !axes.includes(axis));
  if (gap) {
    const kept = x.shape.map((_, i) => i).filter((i) => !axes.includes(i));
    const moved = builder.contiguous(viewed(x, transposed(x, [...kept, ...axes])));
    const make: Maker = {
      kind: "reduce",
      how,
      of: moved,
      outer: sizeOf(kept.map((i) => x.shape[i]!)),
      length: sizeOf(axes.map((i) => x.shape[i]!)),
      inner: 1,
    };
    return builder.add(shape, dtype, make);
  }
  const of = builder.contiguous(x);
  const make: Maker = {
    kind: "reduce",
    how,
    of,
    outer: sizeOf(x.shape.slice(0, first)),
    length: sizeOf(x.shape.slice(first, last + 1)),
    inner: sizeOf(x.shape.slice(last + 1)),
  };
  return builder.add(shape, dtype, make, `${how}|${shape}|${make.outer},${make.length}|${signature(of)}`);
}
