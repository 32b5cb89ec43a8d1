import { correlationRatio, cramersV, pearson, ranks } from "../statistics/association.ts";
import type { Feature } from "./features.ts";

/** How two columns go together. */
export interface Pair {
  readonly columns: readonly [string, string];
  /** Which number `value` is. */
  readonly measure: "Pearson's r" | "Cramér's V" | "correlation ratio";
  readonly value: number;
  /** Spearman's correlation of ranks, of two columns of numbers. Ranks are those within the whole column. */
  readonly spearman?: number;
}

/** All pairs of columns: Pearson and Spearman for numbers, Cramér's V for classes, the correlation ratio for numbers with classes. */
export function pairsOf(features: readonly Feature[]): Pair[] {
  const ranked = features.map((feature) => (feature.kind === "numbers" ? ranks(feature.values) : undefined));
  return features.flatMap((a, i) =>
    features.slice(i + 1).map((b, j): Pair => {
      const columns = [a.name, b.name] as const;
      if (a.kind === "numbers" && b.kind === "numbers") {
        const spearman = pearson(ranked[i]!, ranked[i + 1 + j]!);
        return { columns, measure: "Pearson's r", value: pearson(a.values, b.values), spearman };
      }
      if (a.kind === "classes" && b.kind === "classes")
        return { columns, measure: "Cramér's V", value: cramersV(a.codes, b.codes) };
      const [classes, numbers] = a.kind === "classes" ? [a, b] : [b, a];
      const value =
        classes.kind === "classes" && numbers.kind === "numbers"
          ? correlationRatio(classes.codes, numbers.values)
          : Number.NaN;
      return { columns, measure: "correlation ratio", value };
    }),
  );
}
