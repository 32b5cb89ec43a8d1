import type { Bound } from "./loop.ts";
import { isOp } from "./op.ts";
import { foldKey, foldKeyOp } from "./ops/fold-key.ts";
import { matmul, matmulOp } from "./ops/matmul.ts";
import { reshape } from "./ops/reshape.ts";
import { sparseMatmul, sparseMatmulOp } from "./ops/sparse-matmul.ts";
import { insideOf, type SubGraph } from "./sub-graph.ts";
import type { Tensor } from "./tensor.ts";

/**
 * What steps of a loop compute from their rows of xs and from tensors outside alone, and all steps can compute at once: products of rows by one matrix,
 * and keys. Each is bound to the rows that were computed outside, so that the step reads its own.
 */
export function hoisted(step: SubGraph, xs: Bound): Bound {
  const rows = new Map(xs.inside.map((x, i) => [x, xs.outside[i]!]));
  const inside = insideOf(step);
  const given = new Set(step.inputs);
  const isFixed = (x: Tensor): boolean => !given.has(x) && !inside.has(x);
  const found = new Map<Tensor, Tensor>();
  for (const node of inside) {
    const whole = atOnce(node, (x) => rows.get(x) ?? found.get(x), isFixed);
    if (whole) found.set(node, whole);
  }
  return { inside: [...xs.inside, ...found.keys()], outside: [...xs.outside, ...found.values()] };
}

/** All rows of a node; undefined where it isn't of the kind. */
function atOnce(
  node: Tensor,
  rowsOf: (x: Tensor) => Tensor | undefined,
  isFixed: (x: Tensor) => boolean,
): Tensor | undefined {
  const [a, b] = node.inputs;
  const sparse = isOp(node, sparseMatmulOp) ? node.attrs : undefined;
  if (sparse || isOp(node, matmulOp)) {
    const x = rowsOf(a!);
    if (!x || a!.rank !== 2 || !isFixed(b!) || b!.rank !== 2) return undefined;
    const [length, rows, inputs] = x.shape as [number, number, number];
    const all = reshape(x, [length * rows, inputs]);
    return reshape(sparse ? sparseMatmul(all, b!, sparse) : matmul(all, b!), [length, ...node.shape]);
  }
  if (!isOp(node, foldKeyOp) || node.rank !== 1) return undefined;
  const [keys, data] = [a!, b!].map((x) => rowsOf(x) ?? (isFixed(x) ? x : undefined));
  const several = keys?.rank === 2 || data?.rank === 1;
  return keys && data && several ? foldKey(keys, data) : undefined;
}
