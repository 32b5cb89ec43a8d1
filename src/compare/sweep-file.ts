import type { Value } from "./experiment-file.ts";

/** Numbers from one to another, both included. */
export interface Range {
  readonly from: number;
  readonly to: number;
  /** Whether equal ratios are as likely as equal differences are without it: for rates, widths and other scales. */
  readonly log?: boolean;
  /** Whether only whole numbers are taken. */
  readonly whole?: boolean;
}

/** An option's values: a list, or a range of numbers. */
export type Dimension = readonly Value[] | Range;

/** A sweep of your own: trainings, or calls of a function, at many points of a space. Names are those of the options of `heaviside train`. */
export interface SweepFile {
  /** What is asked, in a sentence (default: which values of the options that vary are best). */
  readonly question?: string;
  /** The options that all trials have. */
  readonly base?: { readonly [option: string]: Value };
  /** The options that vary, and between which values. */
  readonly space: { readonly [option: string]: Dimension };
  /** How points of the space are chosen (default: `grid` where all options have lists, else `sobol`). */
  readonly search?: "grid" | "random" | "sobol";
  /** How many points; a grid has its own number. */
  readonly points?: number;
  /** How many trials each point has, with seeds 1, 2, …; or their seeds (default: 1). */
  readonly seeds?: number | readonly number[];
  /** The search's own seed (default: 1). */
  readonly seed?: number;
  /** What is compared (default: what selects the epoch, such as the error). */
  readonly metric?: string;
  /** Stops trials early: of those trained for `least` epochs (default: 1) the best 1/eta (default: 1/3) continue to eta times as many, and so forth. */
  readonly halving?: { readonly eta?: number; readonly least?: number };
  /** Called in place of a training, with values as the space has them. It gives a number, of which lower is better. */
  objective?(point: { readonly [option: string]: string | number | boolean }, seed: number): number | Promise<number>;
}
