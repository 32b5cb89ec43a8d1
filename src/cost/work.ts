import { dependencies, needed } from "../graph/evaluate.ts";
import { notEqual, sum } from "../graph/index.ts";
import { neededResults, type ScanAttrs } from "../graph/loop.ts";
import { NdArray } from "../graph/ndarray.ts";
import { applyMulti, isOp, loweringOf, type Work as OpWork, workOf as workOfOp } from "../graph/op.ts";
import { gatherOp } from "../graph/ops/gather.ts";
import { isInput } from "../graph/ops/input.ts";
import { mulOp } from "../graph/ops/mul.ts";
import { scanOp } from "../graph/ops/scan.ts";
import { sparseMatmulOp } from "../graph/ops/sparse-matmul.ts";
import { sumOp } from "../graph/ops/sum.ts";
import type { Tensor } from "../graph/tensor.ts";

/**
 * The multiply-adds of a traced program: those of its matrix products, and of rows picked out of a matrix with others, each made
 * once however often it is written down. Elementwise operations are not counted.
 */
export interface Work {
  /** Done whatever the gates say. */
  readonly always: number;
  /**
   * By gates [B, K]: what the blocks behind them cost if all are open. Products that skip what is 0 are behind the matrix that they read, or behind the
   * number of its numbers in each row that aren't 0 where they skip rows; within loops of T steps that is [T, …]. It is done in the share that isn't 0.
   */
  readonly behind: ReadonlyMap<Tensor, number>;
}

/** Multiply-adds that are done where a tensor isn't 0, in its numbers or in its rows. */
interface Behind {
  readonly gates: Tensor;
  readonly by: "numbers" | "rows";
  readonly work: number;
}

/** Counts what `outputs` need; what was built for a gradient that nobody takes is not run, and not counted. */
export function workOf(outputs: readonly Tensor[]): Work {
  const { always, behind } = counted(outputs, []);
  const numbers = ({ gates, by }: Behind): Tensor => (by === "numbers" ? gates : sum(notEqual(gates, 0), -1));
  return { always, behind: new Map(behind.map((each) => [numbers(each), each.work])) };
}

/** A loop, and the numbers of its outputs that are asked for. */
interface AskedLoop {
  readonly attrs: ScanAttrs;
  readonly inputs: readonly Tensor[];
  readonly asked: number[];
}

/** The same for a part of a program that is given some tensors. */
function counted(outputs: readonly Tensor[], given: readonly Tensor[]): { always: number; behind: Behind[] } {
  let always = 0;
  const behind = new Map<string, Behind>();
  const addBehind = ({ gates, by, work }: Behind): void => {
    const name = `${gates.id} ${by}`;
    behind.set(name, { gates, by, work: work + (behind.get(name)?.work ?? 0) });
  };
  const same = distinct(outputs, given);
  const known = new Set(given);
  const loops = new Map<readonly Tensor[], AskedLoop>();
  for (const node of new Set(same.values())) {
    if (known.has(node)) continue;
    if (isOp(node, scanOp)) {
      const loop = loops.get(node.outputs) ?? { attrs: node.attrs, inputs: node.inputs, asked: [] };
      loop.asked.push(node.outputs.indexOf(node));
      loops.set(node.outputs, loop);
      continue;
    }
    const picked = sumsPickedRows(node) ? { multiplyAdds: node.inputs[0]!.size } : undefined;
    const { multiplyAdds = 0, plan, gates }: Partial<OpWork> = picked ?? workOfOp(node) ?? {};
    if (plan) addBehind({ gates: same.get(plan.inputs[0]!)!, by: "numbers", work: multiplyAdds });
    else if (gates) addBehind({ gates: same.get(gates) ?? gates, by: "numbers", work: multiplyAdds });
    else if (isOp(node, sparseMatmulOp))
      addBehind({ gates: same.get(node.inputs[0]!)!, by: node.attrs.where, work: multiplyAdds });
    else always += multiplyAdds;
  }
  for (const loop of loops.values()) {
    const { attrs, asked } = loop;
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
    const rows = rowsOf(
      loop,
      step.behind.map(({ gates }) => gates),
    );
    step.behind.forEach(({ by, work }, i) => {
      addBehind({ gates: same.get(rows[i]!) ?? rows[i]!, by, work: length * work });
    });
  }
  return { always, behind: [...behind.values()] };
}

/** For tensors of a loop's body their values at all its steps, [length, …]; what is the same at all of them as it is. */
function rowsOf({ attrs, inputs }: AskedLoop, inside: readonly Tensor[]): Tensor[] {
  const { body, carries } = attrs;
  const outside = inside.map((x) => inputs[body.inputs.indexOf(x, carries)]);
  const watched = inside.filter((_, i) => !outside[i]);
  if (watched.length === 0) return outside.map((x) => x!);
  const loop = { ...attrs, body: { ...body, outputs: [...body.outputs, ...watched] } };
  const rows = applyMulti(scanOp, inputs, loop).slice(body.outputs.length);
  return inside.map((x, i) => outside[i] ?? rows[watched.indexOf(x)]!);
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
