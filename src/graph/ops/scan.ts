import { ShapeError } from "../../errors.ts";
import { show } from "../../rules.ts";
import { flagOf, optionsOf, wholeNumber } from "../arguments.ts";
import { evaluator } from "../evaluate.ts";
import { pullBack } from "../grad.ts";
import { isFloat, NdArray, type Spec, sameShape, showSpec, sizeOf } from "../ndarray.ts";
import { applyMulti, type MultiApplied, type MultiOp } from "../op.ts";
import { shapeError } from "../site.ts";
import { commonLength, type Step, tensorsOf, traceStep } from "../step-trace.ts";
import { captured, inliner, type SubGraph, usedInputs } from "../sub-graph.ts";
import type { Tensor } from "../tensor.ts";
import { rebuilder, type Tree } from "../tree.ts";
import { add } from "./add.ts";
import { broadcastTo } from "./broadcast-to.ts";
import { constant } from "./constant.ts";
import { input } from "./input.ts";
import { reshape } from "./reshape.ts";
import { slice } from "./slice.ts";
import { stack } from "./stack.ts";

/**
 * Inputs of the op: the first carry, xs, and what the step reads of tensors outside; so are the inputs of the body, which sees one row of each of the
 * xs. Outputs of the body: the next carry, and rows. Outputs of the op: the last carry, and for each row all of them, stacked.
 * The last rows are the carry that the step was given: its history, from which the gradient computes every step again.
 */
export interface ScanAttrs {
  readonly body: SubGraph;
  readonly carries: number;
  readonly xs: number;
  /** The number of first inputs that are needed to run. */
  readonly toRun: number;
  readonly length: number;
  /** From the last row to the first. */
  readonly reverse: boolean;
}

export const scanOp: MultiOp<ScanAttrs> = {
  name: "scan",
  specs(inputs, { body, carries, xs, length }) {
    inputs.forEach((given, i) => {
      const { shape, dtype } = body.inputs[i]!;
      const wanted = { shape: i >= carries && i < carries + xs ? [length, ...shape] : shape, dtype };
      if (given.dtype !== dtype || !sameShape(given.shape, wanted.shape))
        throw new ShapeError(`scan: input ${i} must be ${showSpec(wanted)}, received ${showSpec(given)}`);
    });
    return body.outputs.map(({ shape, dtype }, i) => ({ shape: i < carries ? shape : [length, ...shape], dtype }));
  },
  inputsToRun: ({ toRun }) => toRun,
  graphs: ({ body }) => [body],
  derivative: backward,
  lowering: (applied) => ({ kind: "tensors", outputs: unrolled(applied).outputs }),
  reference(inputs, { body, carries, xs, length, reverse }, outputs) {
    const given = body.inputs.slice(0, inputs.length);
    const step = evaluator(body.outputs, new Set(given));
    const values = new Map(given.map((x, i) => [x, inputs[i]!]));
    for (let i = 0; i < length; i++) {
      const t = reverse ? length - 1 - i : i;
      for (let k = carries; k < carries + xs; k++) values.set(given[k]!, rowOf(inputs[k]!, t));
      const results = step((x) => values.get(x)!);
      results.forEach((result, k) => {
        if (k < carries) values.set(given[k]!, result);
        else outputs[k]?.data.set(result.data, t * result.data.length);
      });
    }
    for (let k = 0; k < carries; k++) outputs[k]?.data.set(values.get(given[k]!)!.data);
  },
};

function rowOf({ data, shape }: NdArray, t: number): NdArray {
  const size = sizeOf(shape.slice(1));
  return new NdArray(data.subarray(t * size, (t + 1) * size), shape.slice(1));
}

const zeros = ({ shape, dtype }: Spec): Tensor => broadcastTo(constant(0, dtype), shape);

/** The tensors of every step. */
interface Unrolled {
  readonly outputs: readonly Tensor[];
  /** What an output was stacked from; undefined for a carry. */
  readonly parts: readonly (readonly Tensor[] | undefined)[];
}

/** By a scan's outputs: one that reads another's rows reads the steps' own tensors, and computes nothing twice that they have computed. */
const known = new WeakMap<readonly Tensor[], Unrolled>();

/** The loop written out, step after step. */
function unrolled({ inputs, outputs, attrs }: MultiApplied<ScanAttrs>): Unrolled {
  const before = known.get(outputs);
  if (before) return before;
  const { body, carries, xs, length, reverse } = attrs;
  const step = inliner(body);
  const rows = body.outputs.slice(carries).map(() => new Array<Tensor>(length));
  let carry = inputs.slice(0, carries);
  for (let i = 0; i < length; i++) {
    const t = reverse ? length - 1 - i : i;
    const seen = inputs.slice(carries, carries + xs).map((x) => rowAt(x, t));
    const results = step([...carry, ...seen, ...inputs.slice(carries + xs)]);
    carry = results.slice(0, carries);
    rows.forEach((row, k) => (row[t] = results[carries + k]!));
  }
  const stacked = rows.map((row, k) => (length > 0 ? stack(row) : zeros(outputs[carries + k]!)));
  const made = { outputs: [...carry, ...stacked], parts: [...carry.map(() => undefined), ...rows] };
  known.set(outputs, made);
  return made;
}

function rowAt(x: Tensor, t: number): Tensor {
  const part = known.get(x.outputs)?.parts[x.outputs.indexOf(x)]?.[t];
  return part ?? reshape(slice(x, t, t + 1), x.shape.slice(1));
}

/** Placeholders of a step and what they stand for. */
interface Bound {
  readonly inside: readonly Tensor[];
  readonly outside: readonly Tensor[];
}

/** A loop over a step that was traced. */
interface Loop {
  /** Bound to the first carry. */
  readonly carry: Bound;
  /** Each bound to a tensor with a row for every step. */
  readonly xs: Bound;
  /** Bound to the same tensor in all steps. */
  readonly fixed?: Bound;
  readonly next: readonly Tensor[];
  readonly rows: readonly Tensor[];
  readonly length: number;
  readonly reverse: boolean;
}

const nothing: Bound = { inside: [], outside: [] };

/** Puts a loop into the graph. Gives the last carry, then the rows, then the history of the carry. */
function applyLoop({ carry, xs, fixed = nothing, next, rows, length, reverse }: Loop): readonly Tensor[] {
  const placeholders = [carry, xs, fixed].flatMap(({ inside }) => inside);
  const outputs = [...next, ...rows, ...carry.inside];
  const { toRun, forGradient } = captured({ inputs: placeholders, outputs });
  const needed = [...[carry, xs, fixed].flatMap(({ outside }) => outside), ...toRun];
  return applyMulti(scanOp, [...needed, ...forGradient], {
    body: { inputs: [...placeholders, ...toRun, ...forGradient], outputs },
    carries: carry.inside.length,
    xs: xs.inside.length,
    toRun: needed.length,
    length,
    reverse,
  });
}

/**
 * The gradient as a loop in the other direction. It carries the gradient of the carry, and what has come together for the tensors outside.
 * Each step is computed again from the carry that it was given.
 */
function backward(
  { inputs, outputs, attrs }: MultiApplied<ScanAttrs>,
  grads: readonly (Tensor | undefined)[],
  wanted: readonly boolean[],
): (Tensor | undefined)[] {
  const { body, carries, xs, length, reverse } = attrs;
  const isCarry = (i: number): boolean => i < carries;
  const isFixed = (i: number): boolean => i >= carries + xs;
  const positions = body.inputs.map((_, i) => i);
  const flowing = positions.filter((i) => isFloat(body.inputs[i]!.dtype) && (isCarry(i) || wanted[i]));
  /** What the gradient's loop carries: for each carry its gradient, for each tensor outside the sum up to here. */
  const kept = flowing.filter((i) => isCarry(i) || isFixed(i));
  const seen = flowing.filter((i) => !kept.includes(i));
  const given = grads.flatMap((g, i) => (g && i >= carries ? [{ row: body.outputs[i]!, g }] : []));

  const held = kept.map((i) => input("gradient", body.inputs[i]!));
  const rowGrads = given.map(({ row }) => input("gradient", row));
  const seeds = new Map<Tensor, Tensor>();
  const seed = (y: Tensor, g: Tensor): unknown => seeds.set(y, seeds.has(y) ? add(seeds.get(y)!, g) : g);
  given.forEach(({ row }, k) => seed(row, rowGrads[k]!));
  kept.forEach((i, k) => isCarry(i) && seed(body.outputs[i]!, held[k]!));
  const parts = pullBack(
    seeds,
    flowing.map((i) => body.inputs[i]!),
  );
  const partOf = new Map(flowing.map((i, k) => [i, parts[k]]));
  const next = kept.map((i, k) => {
    const part = partOf.get(i);
    if (isCarry(i)) return part ?? zeros(body.inputs[i]!);
    return part ? add(held[k]!, part) : held[k]!;
  });
  const rows = seen.map((i) => partOf.get(i) ?? zeros(body.inputs[i]!));

  // Of what the step was given, only what its gradient reads.
  const used = usedInputs({ inputs: body.inputs, outputs: [...next, ...rows] });
  const read = positions.filter((i) => used.has(body.inputs[i]!));
  const along = read.filter((i) => !isFixed(i));
  const history = outputs.slice(outputs.length - carries);
  const results = applyLoop({
    carry: { inside: held, outside: kept.map((i) => (isCarry(i) && grads[i]) || zeros(inputs[i]!)) },
    xs: {
      inside: [...along.map((i) => body.inputs[i]!), ...rowGrads],
      outside: [...along.map((i) => (isCarry(i) ? history[i]! : inputs[i]!)), ...given.map(({ g }) => g)],
    },
    fixed: {
      inside: read.filter(isFixed).map((i) => body.inputs[i]!),
      outside: read.filter(isFixed).map((i) => inputs[i]!),
    },
    next,
    rows,
    length,
    reverse: !reverse,
  });
  const place = new Map([...kept, ...seen].map((i, k) => [i, results[k]!]));
  return positions.map((i) => place.get(i));
}

export interface ScanOptions {
  /** The number of steps, where xs has no tensor that says it. */
  readonly length?: number;
  /** From the last row to the first (default: false). Rows of ys stand where those of xs do. */
  readonly reverse?: boolean;
}

/**
 * A loop over the first axis of `xs`: each step gets the carry of the one before and a row of every tensor of `xs`, and gives the next carry
 * and a row of every tensor of `ys`. What `f` reads of other tensors is the same in all steps, and gradient flows to it.
 * The function is traced once, however long the loop is.
 *
 *     const { carry, ys } = scan((h, x) => { const y = tanh(add(matmul(h, w), x)); return { carry: y, y }; }, start, inputs);
 *
 * Throws ShapeError where rows differ in number, where the result is not `{ carry, y }`, and where the carry changes its form, a shape or a
 * dtype: the message names the leaf.
 * @param f     (carry, x) → { carry, y }: trees of tensors
 * @param carry a tree of tensors: the first carry
 * @param xs    a tree of tensors [length, ...]
 * @returns the last carry, and ys: a tree of tensors [length, ...]
 */
export function scan<C, X, Y>(
  f: (carry: C, x: X) => { readonly carry: C; readonly y: Y },
  carry: C,
  xs: X,
  options?: ScanOptions,
): { readonly carry: C; readonly ys: Y };
export function scan(f: Step, carry: Tree<Tensor>, xs: Tree<Tensor>, options: ScanOptions = {}) {
  if (typeof f !== "function") throw shapeError(`scan: needs a function, received ${show(f)}`);
  const { length: given, reverse } = optionsOf("scan", options, ["length", "reverse"]);
  const [start, rowsOfXs] = [tensorsOf("scan", "the carry", carry), tensorsOf("scan", "xs", xs)];
  const length = commonLength("scan", rowsOfXs, given === undefined ? given : wholeNumber("scan", "length", given));
  const step = traceStep("scan", f, carry, xs);
  const results = applyLoop({
    carry: { inside: step.carry, outside: start.map(({ value }) => value) },
    xs: { inside: step.xs, outside: rowsOfXs.map(({ value }) => value) },
    next: step.nextCarry,
    rows: step.y,
    length,
    reverse: flagOf("scan", "reverse", reverse),
  });
  const ys = results.slice(start.length, start.length + step.y.length);
  return { carry: rebuilder(carry)(results), ys: step.yTree(ys) };
}
