import { isSource, operandsOf, type Value, type View } from "./value.ts";

/**
 * Whether the steps of a loop can be taken for each row of a batch by itself: what a step computes for a row depends on nothing that steps compute for other
 * rows. `carries` are the arrays that go from step to step; what else comes from outside is complete before the loop begins, and some of it `isFixed`.
 * @returns the rows of the batch, or undefined
 */
export function rowsOfBatch(
  values: readonly Value[],
  carries: ReadonlySet<Value>,
  isFixed: (value: Value) => boolean,
): number | undefined {
  const computed = values.filter((value) => !isSource(value));
  const varying = new Set([...carries, ...computed]);
  const [first] = varying;
  const rows = first?.shape[0];
  if (rows === undefined || rows === 0 || [...varying].some((value) => value.shape[0] !== rows)) return undefined;
  const keeps = (view: View): boolean => !varying.has(view.value) || staysInRow(view, rows);
  return computed.every((value) => goesByRows(value, rows, keeps, isFixed)) ? rows : undefined;
}

function goesByRows(
  value: Value,
  rows: number,
  keeps: (view: View) => boolean,
  isFixed: (value: Value) => boolean,
): boolean {
  const { make } = value;
  switch (make.kind) {
    case "elementwise":
      return value.limit === undefined && operandsOf(value).every(keeps);
    case "gemm":
      return value.shape.length === 2 && make.k > 0 && keeps(make.a) && isFixed(make.b.value);
    case "reduce":
      return make.length > 0 && make.outer % rows === 0 && make.of.shape[0] === rows && keeps(make.of);
    case "assemble":
      return make.parts.every(({ from, at }) => keeps(from) && from.shape[0] === rows && at.offset < value.size / rows);
    default:
      return false;
  }
}

/** Whether row r of a view reads nothing but row r of its value. */
function staysInRow({ value, shape, offset, strides }: View, rows: number): boolean {
  if (rows === 1) return true;
  const length = value.size / rows;
  if (shape[0] !== rows || strides[0] !== length || offset < 0) return false;
  const reach = shape.slice(1).reduce((sum, n, axis) => sum + (n - 1) * strides[axis + 1]!, offset);
  return strides.every((step) => step >= 0) && reach < length;
}
