import { ShapeError } from "../../errors.ts";
import { show } from "../../rules.ts";
import { isFloat, type Shape, type Spec, showSpec } from "../ndarray.ts";
import { apply, type Op } from "../op.ts";
import { checkRouting, forEachPair, innerSize, type PairAttrs, type PairTable, type Routing } from "../pair-space.ts";
import { shapeError } from "../site.ts";
import type { Tensor } from "../tensor.ts";

interface TableAttrs extends PairAttrs {
  readonly table: PairTable;
}

const axesOf = ({ table, batch, blocks }: TableAttrs): Shape => (table === "gates" ? [batch, blocks] : [blocks]);
const rowOf = ({ table, blocks }: TableAttrs, example: number, block: number): number =>
  table === "gates" ? example * blocks + block : block;

function checked(op: string, x: Spec, leading: Shape): Shape {
  if (!isFloat(x.dtype) || leading.some((n, axis) => x.shape[axis] !== n))
    throw new ShapeError(`${op}: needs floating-point [${[...leading, "..."].join(", ")}], received ${showSpec(x)}`);
  return x.shape.slice(leading.length);
}

function checkTable(op: string, of: PairTable): PairTable {
  if (of !== "gates" && of !== "blocks")
    throw shapeError(`${op}: the table must be "gates" or "blocks", received ${show(of)}`);
  return of;
}

export const toPairsOp: Op<TableAttrs> = {
  name: "toPairs",
  spec([table], attrs) {
    const inner = checked("toPairs", table!, axesOf(attrs));
    return { shape: [attrs.batch * attrs.blocks, ...inner], dtype: table!.dtype };
  },
  derivative: ({ inputs: [, plan], attrs }, g) => [apply(fromPairsOp, [g, plan!], attrs), undefined],
  lowering: ({ attrs }) => ({ kind: "pairs", op: "toPairs", ...attrs }),
  reference([table, plan], attrs, output) {
    const inner = innerSize(output.shape, 1);
    forEachPair(plan!.data, attrs, (pair, example, block) => {
      const from = rowOf(attrs, example, block) * inner;
      for (let i = 0; i < inner; i++) output.data[pair * inner + i] = table!.data[from + i]!;
    });
  },
};

export const fromPairsOp: Op<TableAttrs> = {
  name: "fromPairs",
  spec([pairs], attrs) {
    const inner = checked("fromPairs", pairs!, [attrs.batch * attrs.blocks]);
    return { shape: [...axesOf(attrs), ...inner], dtype: pairs!.dtype };
  },
  derivative: ({ inputs: [, plan], attrs }, g) => [apply(toPairsOp, [g, plan!], attrs), undefined],
  lowering: ({ attrs }) => ({ kind: "pairs", op: "fromPairs", ...attrs }),
  reference([pairs, plan], attrs, output) {
    const inner = innerSize(pairs!.shape, 1);
    const totals = new Float64Array(output.data.length);
    forEachPair(plan!.data, attrs, (pair, example, block) => {
      const to = rowOf(attrs, example, block) * inner;
      for (let i = 0; i < inner; i++) totals[to + i]! += pairs!.data[pair * inner + i]!;
    });
    output.data.set(totals);
  },
};

/**
 * Each pair's row of a table. Throws ShapeError for anything but what `routing` gives.
 * @param table [B, K, …] where `of` is "gates", [K, …] where it is "blocks"
 * @returns     [B·K, …] in pair space
 */
export function toPairs(table: Tensor, routing: Routing, of: PairTable): Tensor {
  const { plan, batch, blocks } = checkRouting("toPairs", routing);
  return apply(toPairsOp, [table, plan], { batch, blocks, table: checkTable("toPairs", of) });
}

/**
 * The transpose of toPairs: pairs' rows added up where they belong, 0 where there is none. Throws ShapeError
 * for anything but what `routing` gives.
 * @param pairs [B·K, …] in pair space
 * @returns     [B, K, …] or [K, …]
 */
export function fromPairs(pairs: Tensor, routing: Routing, of: PairTable): Tensor {
  const { plan, batch, blocks } = checkRouting("fromPairs", routing);
  return apply(fromPairsOp, [pairs, plan], { batch, blocks, table: checkTable("fromPairs", of) });
}
