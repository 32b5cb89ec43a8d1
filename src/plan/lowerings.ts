import { UserError } from "../errors.ts";
import { dependencies } from "../graph/evaluate.ts";
import type { Lowering, PairLowering } from "../graph/lowering.ts";
import { type Shape, type Spec, showSpec, sizeOf } from "../graph/ndarray.ts";
import { loweringOf } from "../graph/op.ts";
import { gatesAmong } from "../graph/open-channels.ts";
import { innerSize } from "../graph/pair-space.ts";
import type { Tensor } from "../graph/tensor.ts";
import { reachOf, type Window } from "../graph/window.ts";
import { type Builder, signature, viewed } from "./builder.ts";
import { limits, type TapeOp, tapeOps } from "./codes.ts";
import { forward, turned, weightSteps } from "./conv.ts";
import { addPool, rectifiedBefore, sameSum } from "./pooling.ts";
import { folded, simplified } from "./simplify.ts";
import type { LoopPart, Maker, View } from "./value.ts";
import { asMatrices, broadcasted, type Layout, reshaped, rowMajor, sliced, transposed } from "./view.ts";

/** What one kind of lowering becomes. `inputs` are those that the op needs to run. */
type Interpreter<L> = (builder: Builder, lowering: L, node: Tensor, inputs: readonly [View, View, ...View[]]) => View;

/** All but those that stand for other tensors. */
type Direct = Exclude<Lowering, { kind: "tensors" }>;

const interpreters: { readonly [K in Direct["kind"]]: Interpreter<Extract<Direct, { kind: K }>> } = {
  constant(builder, { data }, { shape, dtype }) {
    if (data.data.length === 1) return viewed(builder.scalar(data.data[0]!, dtype), rowMajorOne(shape));
    return builder.add(shape, dtype, { kind: "constant", data });
  },
  elementwise: lowerElementwise,
  cast(builder, _, { shape, dtype }, [x]) {
    if (x.value.dtype === dtype) return x;
    return builder.elementwise(dtype === "int32" ? "TO_INT" : "TO_FLOAT", shape, dtype, [x]);
  },
  barrier: (builder, _, __, [x]) => builder.barrier(x),
  broadcast: (_, __, { shape }, [x]) => viewed(x, broadcasted(x, shape)),
  transpose: (_, { order }, __, [x]) => viewed(x, transposed(x, order)),
  slice: (_, { start, size }, __, [x]) => viewed(x, sliced(x, start, size)),
  reshape(builder, _, { shape }, [x]) {
    const layout = reshaped(x, shape);
    return layout ? viewed(x, layout) : viewed(builder.contiguous(x), rowMajor(shape));
  },
  draw: (builder, { code }, node, [x]) =>
    builder.elementwise(kernel(node, code), node.shape, node.dtype, [], builder.contiguous(x)),
  foldKey(builder, _, { shape, dtype }, [x, y]) {
    const [key, data] = [builder.contiguous(x), builder.contiguous(y)];
    return builder.add(shape, dtype, { kind: "foldKey", key, data }, `fold|${signature(key)}|${signature(data)}`);
  },
  matmul: (builder, { sparse }, { shape }, [x, y]) => lowerMatmul(builder, x, y, shape, sparse),
  reduce: (builder, { how, axes }, node, [x]) => lowerReduce(builder, how, x, axes, node),
  kthLargest: lowerSelection,
  topK: lowerSelection,
  gather(builder, _, { shape, dtype }, [x, y]) {
    const [table, index] = [builder.contiguous(x), builder.contiguous(y)];
    return builder.add(shape, dtype, { kind: "gather", table, index, rows: x.shape[0]!, inner: innerSize(x.shape, 1) });
  },
  scatterAdd(builder, _, { shape, dtype }, [x, y]) {
    const [update, index] = [builder.contiguous(x), builder.contiguous(y)];
    const make: Maker = { kind: "scatterAdd", update, index, rows: shape[0]!, inner: innerSize(shape, 1) };
    return builder.add(shape, dtype, make);
  },
  routing(builder, { mayTakeAll }, { shape, dtype }, [x]) {
    const [batch, blocks] = x.shape as readonly [number, number];
    return builder.add(
      shape,
      dtype,
      { kind: "routing", gates: builder.contiguous(x), mayTakeAll, batch, blocks },
      `routing|${mayTakeAll}|${signature(x)}`,
    );
  },
  pairs: lowerPairs,
  conv: lowerConv,
  pool: lowerPool,
  loop: lowerLoop,
  assemble(builder, { starts, fill }, { shape, dtype }, inputs) {
    const whole = rowMajor(shape);
    const parts = inputs.map((from, i) => ({ from, at: sliced(whole, starts[i]!, from.shape) }));
    return builder.add(shape, dtype, { kind: "assemble", parts, fill });
  },
};

/**
 * Adds what a tensor becomes to the builder's views. `lowerAll` does so for others that it stands for.
 * Throws UserError for what only the reference backend can run.
 */
export function lowerOne(builder: Builder, node: Tensor, lowerAll: (tensors: readonly Tensor[]) => void): void {
  const { op } = node;
  const views = dependencies(node).map((x) => builder.views.get(x)!) as [View, View, ...View[]];
  if (op.isAlias) return void builder.views.set(node, views[0]);
  const lowering = loweringOf(node);
  if (!lowering)
    throw new UserError(
      `${op.name}: an op of one's own runs on the reference backend only, received ${showSpec(node)}`,
    );
  if (lowering.kind !== "tensors") return void builder.views.set(node, interpret(builder, lowering, node, views));
  const part = lowering.outputs[node.outputs.indexOf(node)]!;
  lowerAll([part]);
  builder.views.set(node, builder.views.get(part)!);
}

function interpret<K extends Direct["kind"]>(
  builder: Builder,
  lowering: Extract<Direct, { kind: K }>,
  node: Tensor,
  inputs: readonly [View, View, ...View[]],
): View {
  const interpreter: Interpreter<Extract<Direct, { kind: K }>> = interpreters[lowering.kind as K];
  return interpreter(builder, lowering, node, inputs);
}

/** The kernel of that name. Throws UserError where there is none. */
function kernel(node: Tensor, name: string | undefined): TapeOp {
  if (name === undefined) throw new UserError(`${node.op.name}: ${showSpec(node)} runs on the reference backend only`);
  if (!isKernel(name)) throw new UserError(`${node.op.name}: there is no kernel named ${name}`);
  return name;
}

const isKernel = (name: string): name is TapeOp => Object.hasOwn(tapeOps, name);

function lowerElementwise(
  builder: Builder,
  { codes, neutral }: Extract<Lowering, { kind: "elementwise" }>,
  node: Tensor,
  inputs: readonly View[],
): View {
  const { shape, dtype } = node;
  const args = inputs.map((v) => viewed(v, broadcasted(v, shape)));
  const simple =
    (neutral && simplified(neutral, args)) ?? (codes.float32 === "MUL" ? rectifiedBefore(builder, args) : undefined);
  if (simple) return simple;
  const known = folded(node, args);
  if (known !== undefined) return viewed(builder.scalar(known, dtype), rowMajorOne(shape));
  const type = inputs.at(-1)!.value.dtype;
  return builder.elementwise(kernel(node, type === "float64" ? undefined : codes[type]), shape, dtype, args);
}

function lowerSelection(
  builder: Builder,
  { kind, k }: { readonly kind: "kthLargest" | "topK"; readonly k: number },
  { shape, dtype }: Tensor,
  [x]: readonly [View, ...View[]],
): View {
  const of = builder.contiguous(x);
  const make: Maker = { kind, of, length: x.shape.at(-1)!, k };
  return builder.add(shape, dtype, make, `${kind}|${k}|${shape}|${make.length}|${signature(of)}`);
}

/** Operations on open blocks; all operands without gaps. */
function lowerPairs(
  builder: Builder,
  lowering: { readonly batch: number; readonly blocks: number } & PairLowering,
  { shape, dtype }: Tensor,
  inputs: readonly View[],
): View {
  const { batch, blocks, op } = lowering;
  const [first, second] = inputs.map((view) => builder.contiguous(view)) as [View, View];
  const by = { batch, blocks, plan: builder.contiguous(inputs.at(-1)!) };
  const make = ((): Maker => {
    switch (lowering.op) {
      case "toBlocks":
        return { kind: "toBlocks", x: first, m: second, ...by };
      case "fromBlocks":
        return { kind: "fromBlocks", c: first, m: second, ...by };
      case "blocksGradient":
        return { kind: "blocksGradient", x: first, c: second, ...by };
      case "toPairs":
        return { kind: "toPairs", table: lowering.table, from: first, inner: innerSize(shape, 1), ...by };
      case "fromPairs":
        return { kind: "fromPairs", table: lowering.table, from: first, inner: innerSize(first.shape, 1), ...by };
    }
  })();
  const table = "table" in lowering ? lowering.table : "gates";
  return builder.add(shape, dtype, make, `${op}|${table}|${shape}|${inputs.map(signature).join("|")}`);
}

/** Which of a loop's values an output is, and where in it. */
function lowerLoop(
  builder: Builder,
  attrs: Extract<Lowering, { kind: "loop" }>,
  node: Tensor,
  inputs: readonly View[],
): View {
  const { body, carries, length, reverse } = attrs;
  const loop = builder.loopOf(node.outputs, () => ({ attrs, operands: inputs }));
  const output = node.outputs.indexOf(node);
  const part = (kind: LoopPart["kind"], at: number, shape: Shape): View =>
    builder.add(
      shape,
      node.dtype,
      { kind: "loop", loop, part: { kind, output: at } },
      `${node.outputs[0]!.id}|${kind}|${at}`,
    );
  if (output < carries) return part("last", output, node.shape);
  const result = body.outputs[output]!;
  const isOf = (list: readonly Tensor[]): number => list.slice(0, carries).indexOf(result);
  // A carry may be what another one was: its own history comes first.
  const before = isOf(body.inputs);
  const carry = before >= 0 ? before : isOf(body.outputs);
  if (carry < 0) return part("rows", output, node.shape);
  const trace = part("trace", carry, [length + 1, ...result.shape]);
  const start = result.shape.map(() => 0);
  return viewed(trace, sliced(trace, [before >= 0 === reverse ? 1 : 0, ...start], node.shape));
}

const rowMajorOne = (shape: Shape): Layout => ({ shape, offset: 0, strides: shape.map(() => 0) });

function lowerMatmul(builder: Builder, a: View, b: View, shape: Shape, sparse?: "numbers" | "rows"): View {
  // An outer product sums nothing. Element by element it needs no tiles, and one example's gradient shares a pass with the update.
  if (!sparse && a.shape.at(-1) === 1 && shape.length <= limits.MAX_RANK) {
    const factors = [a, b].map((v) => viewed(v, broadcasted(v, shape)));
    return builder.elementwise("MUL", shape, "float32", factors);
  }
  const batch = shape.slice(0, -2);
  const prepare = (v: View): View => {
    const full = viewed(v, broadcasted(v, [...batch, ...v.shape.slice(-2)]));
    return asMatrices(full) ? full : builder.contiguous(full);
  };
  const [left, right] = [prepare(a), prepare(b)];
  const key = `gemm|${sparse}|${shape}|${signature(left)}|${signature(right)}`;
  const make: Maker = { kind: "gemm", a: left, b: right, k: a.shape.at(-1)!, ...(sparse && { sparse }) };
  return builder.add(shape, "float32", make, key);
}

function lowerConv(
  builder: Builder,
  { how, window, groups, open: sides }: Extract<Lowering, { kind: "conv" }>,
  { op, shape, dtype }: Tensor,
  inputs: readonly [View, View, ...View[]],
): View {
  const [a, b, ...gates] = inputs.map((view) => builder.contiguous(view)) as [View, View, ...View[]];
  const [images] = inputs[0].shape as [number];
  const channels = (how === "TRANSPOSED" ? shape : inputs[0].shape)[3]!;
  const features = (how === "FORWARD" ? shape : how === "TRANSPOSED" ? inputs[0].shape : inputs[1].shape)[3]!;
  const sizes = { images, channels, features, groups };
  checkReach(op.name, window, features, channels);
  const sliding = how === "TRANSPOSED" ? turned(window, sizes) : forward(window, sizes);
  const steps = how === "WEIGHTS" ? undefined : weightSteps(how, window, sizes);
  const key = `conv|${how}|${JSON.stringify(sliding)}|${sides}|${[a, b, ...gates].map(signature)}`;
  const { features: ofFeatures, channels: ofChannels } = gatesAmong([a, b, ...gates], sides);
  const turn = how === "TRANSPOSED";
  const open = sides && {
    features: turn ? ofChannels : ofFeatures,
    channels: turn ? ofFeatures : ofChannels,
  };
  return builder.add(shape, dtype, { kind: "conv", a, b, sliding, steps, open }, key);
}

function lowerPool(
  builder: Builder,
  { how, window }: Extract<Lowering, { kind: "pool" }>,
  { op, shape, dtype }: Tensor,
  inputs: readonly View[],
): View {
  const [from, taps] = inputs.map((view) => builder.contiguous(view)) as [View, View | undefined];
  const [images, channels] = [shape[0]!, shape[3]!];
  checkReach(op.name, window, 0, 0);
  const sliding = forward(window, { images, channels, features: 1, groups: 1 });
  return addPool(builder, { kind: "pool", how, from, taps, sliding }, shape, dtype);
}

/** Throws UserError for a window that the kernels have no room for. */
function checkReach(op: string, window: Window, ...numbers: readonly number[]): void {
  const reach = Math.max(...reachOf(window));
  if (reach > limits.MAX_REACH || numbers.some((n) => n > limits.MAX_FEATURES))
    throw new UserError(
      `${op}: a window may reach over ${limits.MAX_REACH} rows and columns and have ${limits.MAX_FEATURES} channels and features, received ${reach} and ${numbers.join(", ")}`,
    );
}

function lowerReduce(
  builder: Builder,
  how: "SUM" | "MAX" | "MIN" | "ARGMAX",
  x: View,
  axes: readonly number[],
  { shape, dtype }: Spec,
): View {
  if (how === "SUM" && x.shape.length === 4) x = sameSum(x, axes);
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
