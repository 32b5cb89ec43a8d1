import type { Own } from "./own-files.ts";

/** The data of a config. */
export interface DataConfig {
  readonly name: string;
  readonly [option: string]: unknown;
}

/** What the page asks of data before a training. */
export type PreviewRequest =
  /** What the user chose, for all that is asked later. */
  | { readonly kind: "own"; readonly own: Own }
  /** Points of the plane to train on. */
  | { readonly kind: "points"; readonly data: DataConfig }
  /** The columns of a table. */
  | { readonly kind: "columns" }
  /** Some images of each class of the user's own. */
  | { readonly kind: "images"; readonly data: DataConfig }
  /** Whether data, network and training go together. */
  | { readonly kind: "check"; readonly config: { readonly data: DataConfig } };

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

/** Some images of a class, beside each other: pixels with red, green, blue and alpha. */
export interface ClassLook {
  readonly name: string;
  /** Examples of it to train on. */
  readonly count: number;
  /** [height · width · 4] */
  readonly pixels: Uint8ClampedArray<ArrayBuffer>;
  readonly width: number;
  readonly height: number;
}

/** What goes wrong, and beside which settings that is said. */
export interface Problem {
  readonly where: "data" | "network" | "training";
  readonly message: string;
}

/** What the worker answers. */
export type PreviewNews =
  | { readonly kind: "taken" }
  | { readonly kind: "points"; readonly name: string; readonly points: Points }
  | { readonly kind: "columns"; readonly rows: number; readonly columns: readonly ColumnLook[] }
  | { readonly kind: "images"; readonly classes: readonly ClassLook[]; readonly omitted: number }
  | {
      readonly kind: "checked";
      readonly problem: Problem | undefined;
      /** What is said of the data: which examples went where, and what is odd about them; undefined where there are none. */
      readonly note: string | undefined;
      readonly warnings: readonly string[];
      /** Examples to train on. */
      readonly examples: number | undefined;
    }
  | { readonly kind: "error"; readonly message: string };
