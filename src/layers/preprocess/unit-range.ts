import { columns, type Preprocess, scaled } from "./preprocess.ts";

export interface UnitRangeConfig {
  readonly name: "unit-range";
  /** The smallest value over the training examples. */
  readonly low: readonly number[];
  /** How far the largest lies above it; 0 for a value that is always the same. */
  readonly width: readonly number[];
}

/**
 * From 0 to 1 over the training examples. Other examples may lie outside: nothing is clipped. A value that is always the same in training
 * becomes 0.
 */
export const unitRange: Preprocess<UnitRangeConfig> = {
  summary: "from 0 to 1, value by value",
  formula: String.raw`y = (x - \mathrm{low}) / \mathrm{width}`,
  lists: { low: Number.NEGATIVE_INFINITY, width: 0 },
  fit(rows) {
    const ranges = columns(rows, (column) => {
      const low = column.reduce((least, value) => Math.min(least, value));
      return { low, width: column.reduce((most, value) => Math.max(most, value)) - low };
    });
    return { name: "unit-range", low: ranges.map(({ low }) => low), width: ranges.map(({ width }) => width) };
  },
  apply: ({ low, width }, x) => scaled(x, low, width),
};
