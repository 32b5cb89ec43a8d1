import { cast, mul, notEqual, stopGradient, type Tensor, where } from "../graph/index.ts";
import { evaluatesAll } from "../layers/gated-blocks.ts";
import { tile } from "../random/index.ts";
import type { Flow, Readout } from "./model.ts";
import type { Placed } from "./placed.ts";
import type { Kept, Sending, Stage } from "./stage.ts";

/** Before the first stage. */
export const nothingKept: readonly Kept[] = [];

/** The same for several copies of its rows: `rows` in all. */
export const tiled = (kept: readonly Kept[], rows: number): readonly Kept[] =>
  kept.map((all) => all.map((x) => tile(x, rows / x.shape[0]!)));

/** What a stage read [R, …], and what its units output, in which pass. */
interface Passed {
  readonly x: Tensor;
  readonly units: Tensor;
  readonly readout: Readout;
  readonly training: boolean;
}

/** What is kept behind a stage that outputs `h` [R, …]. */
export function keptBehind({ stage }: Placed, before: readonly Kept[], h: Tensor, passed: Passed): readonly Kept[] {
  const rows = h.shape[0]!;
  if (stage.keeps) return [...tiled(before, rows), ...tiled([stage.keeps(passed.x, passed.units, passed)], rows)];
  return tiled(stage.joins ? before.slice(0, -1) : before, rows);
}

/** [rows, 1]: 0 for what residual stages around a stage skip; undefined where they skip nothing. */
function gatesAround({ joins }: Stage, kept: readonly Kept[], rows: number): Tensor | undefined {
  const around = joins ? kept.slice(0, -1) : kept;
  const gates = around.flatMap(([, , open]) => (open ? [tile(open, rows / open.shape[0]!)] : []));
  if (gates.length < 2) return gates[0];
  // A product of numbers that aren't 0 may be rounded to 0.
  return gates.map((gate) => cast(notEqual(gate, 0), gate.dtype)).reduce((p, q) => mul(p, q));
}

/** What a stage reads, and the gates that its channels lie behind, if any: `Called.gates`. */
export type Gated = Flow & Pick<Sending, "gates">;

/** The gates that bear on a stage with what it reads. */
export const gatesOn = (stage: Stage, { h, kept, gates }: Gated): Pick<Sending, "gates" | "around"> => ({
  gates,
  around: gatesAround(stage, kept, h.shape[0]!),
});

/** The gates that what a stage outputs lies behind. Where closed blocks are computed like open ones, all is read. */
export const gatesBehind = ({ stage }: Placed, units: Tensor, at: Omit<Sending, "rows">): Tensor | undefined =>
  evaluatesAll() ? undefined : stage.outputGates?.(units, at);

/** Nothing flows to pre-activations of what is skipped: estimators give gradient to units that no loss depends on, whose mean alone is 0. */
export const withoutSkipped = ({ estimator }: Stage, a: Tensor, gates: Tensor | undefined): Tensor =>
  estimator && gates ? where(notEqual(gates, 0), a, stopGradient(a)) : a;
