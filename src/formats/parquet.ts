/** A column of a table. A value that is undefined is missing there. */
export interface Column {
  readonly name: string;
  /** Texts, whole numbers within 2⁵³, or any numbers. */
  readonly kind: "text" | "whole" | "number";
  readonly values: readonly (string | number | undefined)[];
}

const types = { text: "STRING", whole: "INT64", number: "DOUBLE" } as const;

/**
 * A table as a Parquet file (https://parquet.apache.org/docs/file-format/): texts are UTF-8, whole numbers int64, numbers double, and what is missing is
 * null. Pages are compressed by Snappy. What writes it is loaded at the first call.
 */
export async function encodeParquet(columns: readonly Column[]): Promise<Uint8Array> {
  const { parquetWriteBuffer } = await import("hyparquet-writer/src/index.js");
  const file = parquetWriteBuffer({
    columnData: columns.map(({ name, kind, values }) => ({
      ...{ name, type: types[kind], nullable: true },
      data: values.map((value) => (value === undefined ? null : kind === "whole" ? BigInt(value) : value)),
    })),
  });
  return new Uint8Array(file);
}
