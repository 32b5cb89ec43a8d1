import { dependencies, needed } from "../graph/evaluate.ts";
import { neededResults, type ScanAttrs } from "../graph/loop.ts";
import { NdArray } from "../graph/ndarray.ts";
import { isOp, loweringOf, type Work as OpWork, workOf as workOfOp } from "../graph/op.ts";
import { gatherOp } from "../graph/ops/gather.ts";
import { isInput } from "../graph/ops/input.ts";
import { mulOp } from "../graph/ops/mul.ts";
import { scanOp } from "../graph/ops/scan.ts";
import { sumOp } from "../graph/ops/sum.ts";
import type { Tensor } from "../graph/tensor.ts";

/**
 * The multiply-adds of a traced program: those of its matrix products, and of rows picked out of a matrix with others, each made
 * once however often it is written down. Elementwise operations are not counted.
 */
export interface Work {
  /** Done whatever the gates say. */
  readonly always: number;
  /** By gates [B, K]: what the blocks behind them cost if all are open. It is done in the share that is open. */
  readonly behind: ReadonlyMap<Tensor, number>;
}

/** Counts what `outputs` need; what was built for a gradient that nobody takes is not run, and not counted. */
export const workOf = (outputs: readonly Tensor[]): Work => counted(outputs, []);

/** The same for a part of a program that is given some tensors. */
function counted(outputs: readonly Tensor[], given: readonly Tensor[]): Work {
  let always = 0;
  const behind = new Map<Tensor, number>();
  const addBehind = (gates: Tensor, work: number): unknown => behind.set(gates, (behind.get(gates) ?? 0) + work);
  const same = distinct(outputs, given);
  const known = new Set(given);
  const loops = new Map<readonly Tensor[], { readonly attrs: ScanAttrs; readonly asked: number[] }>();
  for (const node of new Set(same.values())) {
    if (known.has(node)) continue;
    if (isOp(node, scanOp)) {
      const loop = loops.get(node.outputs) ?? { attrs: node.attrs, asked: [] };
      loop.asked.push(node.outputs.indexOf(node));
      loops.set(node.outputs, loop);
      continue;
    }
    const picked = sumsPickedRows(node) ? { multiplyAdds: node.inputs[0]!.size } : undefined;
    const { multiplyAdds = 0, plan }: Partial<OpWork> = picked ?? workOfOp(node) ?? {};
    if (plan) addBehind(same.get(plan.inputs[0]!)!, multiplyAdds);
    else always += multiplyAdds;
  }
  for (const { attrs, asked } of loops.values()) {
    const { body, length } = attrs;
    const results = neededResults(
      attrs,
      asked.map((output) => carryOf(attrs, output) ?? output),
    );
    const step = counted(
      [...results].map((output) => body.outputs[output]!),
      body.inputs,
    );
    always += length * step.always;
    for (const [gates, work] of step.behind) addBehind(gates, length * work);
  }
  return { always, behind };
}

/** The carry whose history an output of a loop is; it is there as soon as the carry is. */
function carryOf({ body, carries }: ScanAttrs, output: number): number | undefined {
  const carry = output < carries ? -1 : body.inputs.slice(0, carries).indexOf(body.outputs[output]!);
  return carry < 0 ? undefined : carry;
}

/** The multiply-adds with every block open. */
export const denseWork = (work: Work): number => workDone(work, () => 1);

/** The multiply-adds when the given share of each gates' blocks is open, from 0 to 1. */
export const workDone = ({ always, behind }: Work, share: (gates: Tensor) => number): number =>
  [...behind].reduce((sum, [gates, all]) => sum + share(gates) * all, always);

/** Whether it is Σ of rows of a table, which gather picked, times other numbers: a matrix product of which few rows are wanted. */
const sumsPickedRows = (x: Tensor): boolean =>
  isOp(x, sumOp) && isOp(x.inputs[0]!, mulOp) && x.inputs[0]!.inputs.some((factor) => isOp(factor, gatherOp));

/** For each node, the first that computes the same: equal ops on equal operands, and what only changes the gradient. */
function distinct(outputs: readonly Tensor[], given: readonly Tensor[]): Map<Tensor, Tensor> {
  const same = new Map(given.map((x) => [x, x]));
  const known = new Map<string, Tensor>();
  const visit = (tensors: readonly Tensor[]): void => {
    for (const node of needed(tensors, same)) {
      if (same.has(node)) continue;
      const operands = dependencies(node).map((operand) => same.get(operand)!);
      if (node.op.isAlias) {
        same.set(node, operands[0]!);
        continue;
      }
      const lowering = loweringOf(node);
      if (lowering?.kind === "tensors") {
        const part = lowering.outputs[node.outputs.indexOf(node)]!;
        visit([part]);
        same.set(node, same.get(part)!);
        continue;
      }
      const signature = `${signatureOf(node)}|${operands.map(({ id }) => id)}`;
      if (!known.has(signature)) known.set(signature, node);
      same.set(node, known.get(signature)!);
    }
  };
  visit(outputs);
  return same;
}

/** All that tells a node from another on the same operands. */
function signatureOf(node: Tensor): string {
  const { op, attrs, size, dtype, shape, outputs } = node;
  const isKnown = attrs instanceof NdArray ? size === 1 : !isInput(node) && !isOp(node, scanOp);
  return `${op.name}|${outputs.indexOf(node)}|${isKnown ? JSON.stringify(attrs) : `node ${outputs[0]!.id}`}|${dtype}|${shape}`;
}
