/** A number for each seed. */
export type BySeed = ReadonlyMap<number, number>;

/** One number of each record, by the record's seed, in the order of the seeds. */
export const bySeed = <R extends { readonly seed: number }>(records: readonly R[], of: (record: R) => number): BySeed =>
  new Map([...records].sort((a, b) => a.seed - b.seed).map((record) => [record.seed, of(record)] as const));

/** Differences seed by seed, of the seeds that both sides have: what paired tests and intervals are of. A number is the same for all seeds. */
export const paired = (own: BySeed, other: BySeed | number): number[] =>
  [...own].flatMap(([seed, value]) => {
    const from = typeof other === "number" ? other : other.get(seed);
    return from === undefined ? [] : [value - from];
  });
