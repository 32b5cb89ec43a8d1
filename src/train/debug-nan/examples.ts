import type { Tensor } from "../../graph/index.ts";
import type { Parts } from "../../graph/part.ts";

/** Along which axis a tensor has one entry for each example of the batch. */
export type ExampleAxes = ReadonlyMap<Tensor, number>;

/**
 * The axes of examples, from the same program for one example more: an axis that has one entry more. Copies of a batch along one axis are not among them.
 * None are found where the programs differ in more than lengths.
 */
export function exampleAxes(parts: Parts, larger: Parts | undefined): ExampleAxes {
  const axes = new Map<Tensor, number>();
  if (larger?.size !== parts.size) return axes;
  const others = larger.keys();
  for (const x of parts.keys()) {
    const { shape, op } = others.next().value!;
    if (op.name !== x.op.name || shape.length !== x.shape.length) return new Map();
    const differing = shape.flatMap((length, axis) => (length === x.shape[axis] ? [] : [axis]));
    const [axis] = differing;
    if (differing.length === 1 && shape[axis!] === x.shape[axis!]! + 1) axes.set(x, axis!);
  }
  return axes;
}
