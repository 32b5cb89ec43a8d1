import { ShapeError } from "../../errors.ts";
import { resolveAxis } from "../axes.ts";
import { commonDtype } from "../broadcast.ts";
import { type Shape, showShape } from "../ndarray.ts";
import { apply, type Op } from "../op.ts";
import { firstOf } from "../operand.ts";
import type { Tensor } from "../tensor.ts";
import { forEachOfPart, slice } from "./slice.ts";

export interface ConcatAttrs {
  readonly axis: number; // from 0
}

/** Where each part begins along the axis. */
function beginnings(shapes: readonly Shape[], axis: number): number[] {
  let at = 0;
  return shapes.map((shape) => (at += shape[axis]!) - shape[axis]!);
}

export const concatOp: Op<ConcatAttrs> = {
  name: "concat",
  spec(inputs, { axis }) {
    const dtype = commonDtype("concat", ...inputs);
    const { shape } = inputs[0]!;
    if (inputs.some((x) => x.shape.length !== shape.length || x.shape.some((n, i) => i !== axis && n !== shape[i])))
      throw new ShapeError(
        `concat: shapes must be equal except along axis ${axis}, received ${inputs.map((x) => showShape(x.shape)).join(", ")}`,
      );
    const length = inputs.reduce((n, x) => n + x.shape[axis]!, 0);
    return { shape: shape.map((n, i) => (i === axis ? length : n)), dtype };
  },
  derivative({ inputs, attrs: { axis } }, g) {
    const shapes = inputs.map((x) => x.shape);
    return beginnings(shapes, axis).map((at, k) =>
      slice(
        g,
        g.shape.map((_, i) => (i === axis ? at : 0)),
        g.shape.map((n, i) => (i === axis ? at + shapes[k]![axis]! : n)),
      ),
    );
  },
  lowering({ inputs, output, attrs: { axis } }) {
    const starts = beginnings(
      inputs.map((x) => x.shape),
      axis,
    ).map((at) => output.shape.map((_, i) => (i === axis ? at : 0)));
    return { kind: "assemble", starts, fill: false };
  },
  reference(inputs, { axis }, output) {
    const shapes = inputs.map((x) => x.shape);
    beginnings(shapes, axis).forEach((at, k) => {
      const start = output.shape.map((_, i) => (i === axis ? at : 0));
      forEachOfPart(output.shape, { start, size: shapes[k]! }, (from, to) => {
        output.data[to] = inputs[k]!.data[from]!;
      });
    });
  },
};

/**
 * Tensors one after the other along `axis`; their other axes must agree. [..., n, ...] and [..., m, ...] →
 * [..., n + m, ...]. Throws ShapeError for shapes that do not agree.
 */
export function concat(tensors: readonly Tensor[], axis = 0): Tensor {
  const first = firstOf("concat", tensors);
  const resolved = resolveAxis("concat", first.shape, axis);
  return tensors.length === 1 ? first : apply(concatOp, tensors, { axis: resolved });
}
