import { readBytes } from "../data/find.ts";
import { type Dataset, readIdx } from "../data/index.ts";
import { datasetFromNpz } from "../data/npz.ts";
import { UserError } from "../errors.ts";
import { readNpy, readNpz } from "../formats/npy.ts";
import { NdArray } from "../graph/index.ts";
import { listed } from "../rules.ts";
import { checkNames, Names } from "./names.ts";
import { ColumnBuilder, type Table } from "./table.ts";

/** Whether a name is that of a file of numpy or of IDX. */
export const isArrayFile = (name: string): boolean => /\.(npy|npz)$|(\.idx|idx\d-\w+|-ubyte)(\.gz)?$/i.test(name);

/** An array of a file, as numpy and IDX have it. */
interface Numbers {
  readonly type: string;
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

/**
 * What a file of arrays holds. Of .npy and IDX: rows of numbers [rows] and [rows, columns] are a table, and [rows, height, width] or [rows, height, width,
 * channels] images. Of .npz: images where x, or x_train, has that shape; else a table of x and y, of x_train and y_train, or of all arrays of numbers that have
 * as many rows. Throws UserError for other shapes.
 */
export async function readArrays(file: string, omit: readonly string[] = []): Promise<Table | Dataset> {
  const bytes = await readBytes(file);
  if (!/\.npz$/i.test(file)) {
    const array = /\.npy$/i.test(file) ? readNpy(bytes, file) : await readIdx(bytes, file);
    return isImages(array) ? imagesOf(array, file) : tableOfArrays(new Map([["column", array]]), file, omit);
  }
  const arrays = readNpz(bytes, file);
  const [x, end] = arrays.has("x_train") ? [arrays.get("x_train"), "_train"] : [arrays.get("x"), ""];
  if (x && isImages(x)) {
    const data: Dataset = datasetFromNpz(arrays, file, {});
    return data;
  }
  const chosen = x ? new Map([...arrays].filter(([name]) => name === `x${end}` || name === `y${end}`)) : arrays;
  return tableOfArrays(chosen, file, omit);
}

/** Whether what was read is a table. */
export const isTable = (read: Table | Dataset): read is Table => "columns" in read;

const isImages = ({ shape }: Numbers): boolean => shape.length === 3 || shape.length === 4;

/** Images without classes, all of them to look at. */
function imagesOf({ type, shape, data }: Numbers, file: string): Dataset {
  const [rows = 0, ...own] = shape;
  if (rows === 0) throw new UserError(`explore: ${file} must hold an image, received the shape ${shape.join(" × ")}`);
  const scale = type === "uint8" ? 255 : 1;
  const x = new NdArray(
    Float32Array.from(data, (value) => value / scale),
    shape,
  );
  const none = { size: 0, fields: { x: new NdArray(new Float32Array(0), [0, ...own]) } };
  return {
    ...{ name: file, splitNote: `${rows.toLocaleString("en-US")} images of ${own.join(" × ")}.` },
    fields: { x: { shape: own, dtype: "float32" } },
    ...{ train: { name: "train", size: rows, fields: { x } } },
    ...{ valid: { name: "valid", ...none }, test: { name: "test", ...none } },
  };
}

function tableOfArrays(arrays: ReadonlyMap<string, Numbers>, file: string, omit: readonly string[]): Table {
  const [first] = arrays.values();
  const [rows = 0] = first?.shape ?? [];
  const wrong = [...arrays].filter(([, { shape }]) => shape[0] !== rows || shape.length > 2 || shape.length === 0);
  if (rows === 0 || wrong.length > 0)
    throw new UserError(
      `explore: ${file} must hold rows of numbers, as many in each array, received ${listed([...arrays].map(([name, { shape }]) => `${name} [${shape.join(", ")}]`))}`,
    );
  const names = new Names();
  const columns = [...arrays].flatMap(([array, { shape, data }]) => {
    const width = shape[1] ?? 1;
    return Array.from({ length: width }, (_, i) => {
      const name = names.add(width === 1 ? array : `${array} ${i + 1}`);
      const builder = new ColumnBuilder(file);
      if (!omit.includes(name)) for (let row = 0; row < rows; row++) builder.number(data[row * width + i]!);
      return builder.column(name);
    });
  });
  checkNames(file, omit, names.all);
  return {
    ...{ file, rows, columns: columns.filter(({ name }) => !omit.includes(name)), renamed: [] },
    ...{ places: "row", lines: Int32Array.from({ length: rows }, (_, row) => row + 1) },
    skipped: { count: 0, lines: [] },
  };
}
