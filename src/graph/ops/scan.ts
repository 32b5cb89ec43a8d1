import { ShapeError } from "../../errors.ts";
import { show } from "../../rules.ts";
import { flagOf, optionsOf, wholeNumber } from "../arguments.ts";
import { evaluator } from "../evaluate.ts";
import { hoisted } from "../hoist.ts";
import { type ApplyLoop, nothing, type ScanAttrs } from "../loop.ts";
import { loopGradient } from "../loop-gradient.ts";
import { NdArray, sameShape, showSpec, sizeOf } from "../ndarray.ts";
import { applyMulti, loweringOf, type MultiOp } from "../op.ts";
import { shapeError } from "../site.ts";
import { MOST_ELEMENTS } from "../size.ts";
import { commonLength, type Step, tensorsOf, traceStep } from "../step-trace.ts";
import { captured, insideOf, type SubGraph } from "../sub-graph.ts";
import type { Tensor } from "../tensor.ts";
import { rebuilder, type Tree } from "../tree.ts";

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
  derivative: (applied, grads, wanted) => loopGradient(applied, grads, wanted, applyLoop),
  lowering: ({ attrs }) => ({ kind: "loop", ...attrs }),
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

/**
 * What a step computes, whose values its gradient may read: all but other layouts of a value. Nothing is stored of those that nobody reads.
 */
function computedIn(step: SubGraph, length: number): Tensor[] {
  const isView = (x: Tensor): boolean => x.op.isAlias === true || views.has(loweringOf(x)?.kind ?? "");
  const inside = new Set([...insideOf(step)].flatMap(({ outputs }) => outputs));
  return [...inside].filter((x) => !isView(x) && x.size * length <= MOST_ELEMENTS);
}

const views = new Set<string>(["broadcast", "reshape", "transpose", "slice", "cast"]);

/** Puts a loop into the graph. Gives the last carry, then the rows, then the history of the carry, then what steps computed. */
const applyLoop: ApplyLoop = ({ carry, xs, fixed = nothing, next, rows, length, reverse, recompute }) => {
  const placeholders = [carry, xs, fixed].flatMap(({ inside }) => inside);
  const asked = [...next, ...rows, ...carry.inside];
  const outputs = [...asked, ...(recompute ? [] : computedIn({ inputs: placeholders, outputs: asked }, length))];
  const { toRun, forGradient } = captured({ inputs: placeholders, outputs });
  const needed = [...[carry, xs, fixed].flatMap(({ outside }) => outside), ...toRun];
  return applyMulti(scanOp, [...needed, ...forGradient], {
    body: { inputs: [...placeholders, ...toRun, ...forGradient], outputs },
    carries: carry.inside.length,
    xs: xs.inside.length,
    toRun: needed.length,
    ...{ length, reverse, rows: rows.length, recompute },
  });
};

/** How `scan` goes along the steps. */
export interface ScanOptions {
  /** The number of steps, where xs has no tensor that says it. */
  readonly length?: number;
  /** From the last row to the first (default: false). Rows of ys stand where those of xs do. */
  readonly reverse?: boolean;
  /**
   * Whether the gradient computes each step again instead of keeping what the steps computed (default: false): the memory of a long loop is then that of
   * its carry, for about a third more work.
   */
  readonly recompute?: boolean;
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
  const { length: given, ...flags } = optionsOf("scan", options, ["length", "reverse", "recompute"]);
  const [start, rowsOfXs] = [tensorsOf("scan", "the carry", carry), tensorsOf("scan", "xs", xs)];
  const length = commonLength("scan", rowsOfXs, given === undefined ? given : wholeNumber("scan", "length", given));
  const step = traceStep("scan", f, carry, xs);
  const own = { inside: step.xs, outside: rowsOfXs.map(({ value }) => value) };
  const results = applyLoop({
    carry: { inside: step.carry, outside: start.map(({ value }) => value) },
    xs: hoisted({ inputs: [...step.carry, ...step.xs], outputs: [...step.nextCarry, ...step.y] }, own),
    next: step.nextCarry,
    rows: step.y,
    length,
    reverse: flagOf("scan", "reverse", flags.reverse),
    recompute: flagOf("scan", "recompute", flags.recompute),
  });
  const ys = results.slice(start.length, start.length + step.y.length);
  return { carry: rebuilder(carry)(results), ys: step.yTree(ys) };
}
