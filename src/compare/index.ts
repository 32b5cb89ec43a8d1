export { type CompareOptions, compare } from "./compare.ts";
export type { Compared, Comparison } from "./comparison.ts";
export type { ExperimentFile, Value } from "./experiment-file.ts";
export type { ComparedGroup, OverSeeds } from "./group.ts";
export type { ComparedPair, Verdict } from "./pairs.ts";
export type { ComparableResult, Figures, RunRecord } from "./record.ts";
export type { Dimension, Range, SweepFile } from "./sweep-file.ts";
export type { TextOptions } from "./text.ts";
