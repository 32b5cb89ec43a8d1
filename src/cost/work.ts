import { dependencies, needed } from "../graph/evaluate.ts";
import { NdArray, type Shape, sizeOf } from "../graph/ndarray.ts";
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
export function workOf(outputs: readonly Tensor[]): Work {
  let always = 0;
  const behind = new Map<Tensor, number>();
  const same = distinct(needed(outputs));
  for (const node of new Set(same.values())) {
    const weights = blockWeights(node);
    if (node.op.name === "matmul") always += node.size * node.inputs[0]!.shape.at(-1)!;
    else if (sumsPickedRows(node)) always += sizeOf(node.inputs[0]!.shape);
    else if (weights) {
      const gates = same.get(gatesOf(node))!;
      behind.set(gates, (behind.get(gates) ?? 0) + gates.shape[0]! * sizeOf(weights));
    }
  }
  return { always, behind };
}

/** The multiply-adds with every block open. */
export const denseWork = (work: Work): number => workDone(work, () => 1);

/** The multiply-adds when the given share of each gates' blocks is open, from 0 to 1. */
export const workDone = ({ always, behind }: Work, share: (gates: Tensor) => number): number =>
  [...behind].reduce((sum, [gates, all]) => sum + share(gates) * all, always);

/** Whether it is Σ of rows of a table, which gather picked, times other numbers: a matrix product of which few rows are wanted. */
const sumsPickedRows = ({ op, inputs: [product] }: Tensor): boolean =>
  op.name === "sum" && product!.op.name === "mul" && product!.inputs.some((factor) => factor.op.name === "gather");

/** The shape [K, S, D] of the weights that an op on open blocks multiplies with, or whose gradient it is; nothing for other ops. */
function blockWeights({ op, inputs, shape }: Tensor): Shape | undefined {
  if (op.name === "toBlocks" || op.name === "fromBlocks") return inputs[1]!.shape;
  return op.name === "blocksGradient" ? shape : undefined;
}

/** The gates [B, K] that the routing plan of an op on open blocks was made from. */
const gatesOf = ({ inputs }: Tensor): Tensor => inputs.find(({ op }) => op.name === "routing")!.inputs[0]!;

/** For each node, the first that computes the same: equal ops on equal operands, and what only changes the gradient. */
function distinct(nodes: readonly Tensor[]): Map<Tensor, Tensor> {
  const same = new Map<Tensor, Tensor>();
  const known = new Map<string, Tensor>();
  for (const node of nodes) {
    const operands = dependencies(node).map((operand) => same.get(operand)!);
    if (aliases.has(node.op.name)) {
      same.set(node, operands[0]!);
      continue;
    }
    const attrs = node.attrs instanceof NdArray && node.size > 1 ? `node ${node.id}` : JSON.stringify(node.attrs);
    const own = node.op.name === "input" ? `node ${node.id}` : attrs;
    const signature = `${node.op.name}|${own}|${node.dtype}|${node.shape}|${operands.map(({ id }) => id)}`;
    if (!known.has(signature)) known.set(signature, node);
    same.set(node, known.get(signature)!);
  }
  return same;
}

const aliases = new Set(["alias", "stopGradient", "customGradient"]);
