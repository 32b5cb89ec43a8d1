import {
  add,
  array,
  cast,
  constant,
  floor,
  gather,
  minimum,
  mul,
  type Shape,
  sub,
  type Tensor,
} from "../graph/index.ts";
import type { Key } from "../random/index.ts";
import { CELLS, type QuantileTable } from "../statistics/beta.ts";

/** Independent draws from a table, float32, of the shape given. No gradient flows. */
export function drawFromTable(key: Key, shape: Shape, { values }: QuantileTable): Tensor {
  const table = constant(array(Float32Array.from(values)));
  const place = mul(key.uniform(shape), CELLS);
  const cell = minimum(floor(place), CELLS - 1);
  const index = cast(cell, "int32");
  const low = gather(table, index);
  return add(low, mul(sub(gather(table, add(index, 1)), low), sub(place, cell)));
}
