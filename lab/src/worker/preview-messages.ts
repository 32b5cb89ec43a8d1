/** What the page asks of data before a training. */
export type PreviewRequest =
  /** Points of the plane to train on. */
  | { readonly kind: "points"; readonly data: { readonly name: string; readonly [option: string]: unknown } }
  /** The columns of a table. */
  | { readonly kind: "columns"; readonly file: File };

/** Points of two classes: x [N, 2] and the class of each. */
export interface Points {
  readonly x: Float32Array;
  readonly label: Int32Array;
}

/** A column of a table. */
export interface ColumnLook {
  readonly name: string;
  /** Whether it holds texts, which are classes where it is the target. */
  readonly isText: boolean;
  /** Different values. */
  readonly values: number;
}

/** What the worker answers. */
export type PreviewNews =
  | { readonly kind: "points"; readonly name: string; readonly points: Points }
  | { readonly kind: "columns"; readonly rows: number; readonly columns: readonly ColumnLook[] }
  | { readonly kind: "error"; readonly message: string };
