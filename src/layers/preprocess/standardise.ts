import { columns, type Preprocess, scaled } from "./preprocess.ts";

export interface StandardiseConfig {
  readonly name: "standardise";
  /** The mean of each value over the training examples. */
  readonly mean: readonly number[];
  /** Its standard deviation, with N as divisor; 0 for a value that is always the same. */
  readonly deviation: readonly number[];
}

/** Mean 0 and standard deviation 1 over the training examples. A value that is always the same in training becomes 0. */
export const standardise: Preprocess<StandardiseConfig> = {
  summary: "mean 0 and standard deviation 1, value by value",
  formula: String.raw`y = (x - \mathrm{mean}) / \mathrm{deviation}`,
  lists: { mean: Number.NEGATIVE_INFINITY, deviation: 0 },
  fit(rows) {
    const moments = columns(rows, (column) => {
      // A rounded mean must not give a constant column a deviation.
      if (column.every((value) => value === column[0])) return { mean: column[0]!, deviation: 0 };
      const mean = sum(column, (value) => value) / column.length;
      return { mean, deviation: Math.sqrt(sum(column, (value) => (value - mean) ** 2) / column.length) };
    });
    return {
      name: "standardise",
      mean: moments.map(({ mean }) => mean),
      deviation: moments.map(({ deviation }) => deviation),
    };
  },
  apply: ({ mean, deviation }, x) => scaled(x, mean, deviation),
};

const sum = (values: Float64Array, f: (value: number) => number): number =>
  values.reduce((total, value) => total + f(value), 0);
