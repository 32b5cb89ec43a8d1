import { UserError } from "../errors.ts";
import { type Data, NdArray, type Nested, type Shape, sameShape, showShape, sizeOf } from "../graph/index.ts";
import { kindOf, show } from "../rules.ts";

/** Numbers of one example: one number, a list, or lists of lists. */
type Row = Nested | Float32Array | Float64Array | Int32Array | Uint8Array;

/** One field's values, a row for each example. A typed array is one number a row. */
export type Rows = NdArray | Float32Array | Float64Array | Int32Array | Uint8Array | readonly Row[] | Texts;

/** A text for each example, or a list of them, one for each of its steps. */
export type Texts = readonly string[] | readonly (readonly string[])[];

/** The rows as an array [N, …] (typed arrays of 32 bits are not copied), or as texts. Throws UserError naming the row that doesn't fit. */
export function readRows(subject: string, rows: unknown): NdArray | Texts {
  if (kindOf(rows) === "array") {
    const x = rows as NdArray;
    if (x.shape.length === 0) throw new UserError(`${subject} must have a row for each example, received ${show(x)}`);
    return x;
  }
  if (isNumbers(rows)) return new NdArray(kept(rows), [rows.length]);
  if (!Array.isArray(rows))
    throw new UserError(`${subject} must be an NdArray, a typed array or a list of rows, received ${show(rows)}`);
  if (typeof rows[0] === "string") return texts(subject, rows);
  return Array.isArray(rows[0]) && typeof rows[0][0] === "string"
    ? textsOfSteps(subject, rows)
    : stacked(subject, rows);
}

const kept = (x: ArrayLike<number>): Data => {
  if (x instanceof Float32Array || x instanceof Int32Array || x instanceof Float64Array) return x;
  return Object.prototype.toString.call(x) === "[object Float32Array]" ? Float32Array.from(x) : Float64Array.from(x);
};

/** Typed arrays are known by their name, so that those of another realm (a vm, an iframe) are taken too. */
const isNumbers = (value: unknown): value is Float32Array =>
  ArrayBuffer.isView(value) &&
  /^\[object (Float|Int|Uint)\d+(Clamped)?Array\]$/.test(Object.prototype.toString.call(value));

function texts(subject: string, rows: readonly unknown[]): readonly string[] {
  rows.forEach((row, i) => {
    if (typeof row !== "string")
      throw new UserError(`${subject}: row ${i} must be a text like row 0, received ${show(row)}`);
  });
  return rows as readonly string[];
}

/** As many texts in each row. */
function textsOfSteps(subject: string, rows: readonly unknown[]): readonly (readonly string[])[] {
  const { length } = rows[0] as readonly unknown[];
  // By index, so that the holes of a sparse list are seen.
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i];
    if (!Array.isArray(row) || row.length !== length)
      throw new UserError(
        `${subject}: row ${i} must be a list of ${length} texts, as row 0 is, received ${show(row)}${Array.isArray(row) ? PADDING : ""}`,
      );
    for (let step = 0; step < length; step++)
      if (typeof row[step] !== "string")
        throw new UserError(`${subject}: row ${i}, step ${step} must be a text, received ${show(row[step])}`);
  }
  return rows as readonly (readonly string[])[];
}

/** Nested lists as one array of doubles, so that what doesn't fit another type is seen later. */
function stacked(subject: string, rows: readonly unknown[]): NdArray {
  const shape = shapeOf(rows[0]);
  const width = sizeOf(shape);
  if (width === 0) throw new UserError(`${subject}: row 0 must hold at least one number, received ${show(rows[0])}`);
  const data = new Float64Array(rows.length * width);
  // By index, so that the holes of a sparse list are seen.
  for (let i = 0; i < rows.length; i++) {
    if (fill(data, i * width, rows[i], shape, 0)) continue;
    const wanted = shape.length === 0 ? "a number" : `numbers of the shape ${showShape(shape)}, as row 0 is`;
    throw new UserError(
      `${subject}: row ${i} must be ${wanted}, received ${show(rows[i])}${paddingFor(rows[i], shape)}`,
    );
  }
  return new NdArray(data, [rows.length, ...shape]);
}

/** What to do about a row that is a sequence of other length than row 0. */
function paddingFor(row: unknown, [length, ...step]: Shape): string {
  const own = shapeOf(row);
  const isOther =
    own.length === step.length + 1 && own[0] !== length && (own[0] === 0 || sameShape(own.slice(1), step));
  return isOther ? PADDING : "";
}

const PADDING =
  ": sequences of different lengths must be padded to one, such as with their last step; give a field lengths, how many steps of each example count";

/** Lists nested more deeply are taken for a mistake, such as one that contains itself. */
const MOST_AXES = 64;

function shapeOf(row: unknown): Shape {
  const shape: number[] = [];
  for (let at = row; (Array.isArray(at) || isNumbers(at)) && shape.length < MOST_AXES; at = at[0])
    shape.push(at.length);
  return shape;
}

/** Whether the numbers were of the shape from `axis` on. */
function fill(data: Float64Array, at: number, values: unknown, shape: Shape, axis: number): boolean {
  if (axis === shape.length) {
    if (typeof values !== "number") return false;
    data[at] = values;
    return true;
  }
  if (!(Array.isArray(values) || isNumbers(values)) || values.length !== shape[axis]) return false;
  const width = sizeOf(shape.slice(axis + 1));
  for (let i = 0; i < values.length; i++) if (!fill(data, at + i * width, values[i], shape, axis + 1)) return false;
  return true;
}
