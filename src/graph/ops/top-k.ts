import { type Shape, sizeOf } from "../ndarray.ts";
import { apply, applyMulti, type MultiOp, type Op } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import { add } from "./add.ts";
import { arange } from "./arange.ts";
import { gather } from "./gather.ts";
import { checkK, falling, type KthLargestAttrs } from "./kth-largest.ts";
import { mul } from "./mul.ts";
import { reshape } from "./reshape.ts";
import { scatterAdd } from "./scatter-add.ts";

const outputShape = (shape: Shape, k: number): Shape => shape.with(-1, k);

/** Calls `visit` with each row's number and the places of its k largest, the largest first. */
function forEachRow(
  { data, shape }: { readonly data: ArrayLike<number>; readonly shape: Shape },
  k: number,
  visit: (row: number, places: readonly number[]) => void,
): void {
  const n = shape.at(-1)!;
  for (let row = 0; row < sizeOf(shape) / n; row++) {
    const places = Array.from({ length: n }, (_, i) => i);
    places.sort((a, b) => falling(data[row * n + a]!, data[row * n + b]!));
    visit(row, places.slice(0, k));
  }
}

/** The indices alone: what compiled backends have an instruction for. */
const topIndicesOp: Op<KthLargestAttrs> = {
  name: "topK",
  spec([x], { k }) {
    checkK("topK", x!, k);
    return { shape: outputShape(x!.shape, k), dtype: "int32" };
  },
  lowering: ({ attrs: { k } }) => ({ kind: "topK", k }),
  reference: ([x], { k }, output) => forEachRow(x!, k, (row, places) => output.data.set(places, row * k)),
};

export const topKOp: MultiOp<KthLargestAttrs> = {
  name: "topK",
  specs([x], { k }) {
    checkK("topK", x!, k);
    const shape = outputShape(x!.shape, k);
    return [
      { shape, dtype: x!.dtype },
      { shape, dtype: "int32" },
    ];
  },
  derivative({ inputs: [x], outputs: [, indices] }, [g]) {
    if (!g) return [];
    const places = flatPlaces(x!, indices!);
    return [reshape(scatterAdd(reshape(g, [g.size]), places, x!.size), x!.shape)];
  },
  lowering({ inputs: [x], attrs }) {
    const indices = apply(topIndicesOp, [x!], attrs);
    const values = gather(reshape(x!, [x!.size]), flatPlaces(x!, indices));
    return { kind: "tensors", outputs: [reshape(values, indices.shape), indices] };
  },
  reference([x], { k }, [values, indices]) {
    const n = x!.shape.at(-1)!;
    forEachRow(x!, k, (row, places) => {
      indices?.data.set(places, row * k);
      places.forEach((at, j) => {
        if (values) values.data[row * k + j] = x!.data[row * n + at]!;
      });
    });
  },
};

/** Places along rows as places among all numbers of x: int32 [rows · k]. */
function flatPlaces(x: Tensor, indices: Tensor): Tensor {
  const [n, k] = [x.shape.at(-1)!, indices.shape.at(-1)!];
  const rows = x.size / n;
  const starts = mul(arange(rows), n);
  return reshape(add(reshape(indices, [rows, k]), reshape(starts, [rows, 1])), [rows * k]);
}

/**
 * The k largest numbers of each row in falling order, and where they stand. NaN counts as larger than all others, and of equals the first
 * comes first. Gradient flows to where the values stand; none through the indices.
 * Throws ShapeError for anything but rows of floats, and for a k that isn't a whole number from 1 to n.
 * @param x [..., n]
 * @returns values [..., k] and indices int32 [..., k]
 */
export function topK(x: Tensor, k: number): { readonly values: Tensor; readonly indices: Tensor } {
  const [values, indices] = applyMulti(topKOp, [x], { k });
  return { values: values!, indices: indices! };
}
