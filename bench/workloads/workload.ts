import type { Ceiling } from "./ceiling.ts";
import type { Conditional } from "./conditional.ts";
import type { Conv } from "./conv.ts";
import type { Forward } from "./forward.ts";
import type { Recurrent } from "./recurrent.ts";
import type { Spiking } from "./spiking.ts";

/** One workload with its sizes: plain data, so that it can be sent to an engine's process. */
export type Task =
  | { kind: "gemm"; m: number; k: number; n: number }
  | { kind: "step"; units: number[]; batch: number; stochastic: boolean }
  | Forward
  | { kind: "sigmoid" | "uniform"; count: number }
  | Conditional
  | Conv
  | Recurrent
  | Spiking
  | Ceiling;

/**
 * fma, muladd: register-only loops of the widest vectors there are, counted in FLOP. copy, fill, scale, sum: `count` floats are
 * moved to another array, only written, multiplied where they lie, or only read; counted in floats.
 */
export type Loop = "fma" | "muladd" | "copy" | "fill" | "scale" | "sum";

/** What is measured, how it is said, and when it is right. An engine's `work` is counted in runs, except a ceiling's. */
export interface Workload<T extends Task> {
  /** The name and the size that the command line takes. */
  name(task: T): string;
  size(task: T): string;
  unit(task: T): string;
  better: "more" | "less";
  /** A rate of work (runs per second) in the workload's unit. */
  value(task: T, workPerSecond: number): number;
  /** The loop that bounds this workload on the machine, and that loop's rate in the workload's unit. */
  ceiling?: { loop: (task: T) => Ceiling; value(task: T, workPerSecond: number): number };
  /** Works out the truth, once for all engines, and returns what throws unless an engine's evidence agrees with it. */
  checker(task: T): (evidence: readonly number[]) => void;
}
