import type { DescribedCell } from "../../cells/described.ts";
import type { Named } from "../../cells/index.ts";
import { watchCell } from "../../cells/watch.ts";
import { broadcastTo, type Tensor } from "../../graph/index.ts";

/** What a cell's units kept and showed, step by step. */
export interface Observed {
  /** [B, T, H]: the membrane's voltage V after the step (and its reset), an LSTM's c, JANET's h. */
  readonly memory: Tensor;
  /** [B, T, H]: the share of the memory before the step that is left after it: e^(−Δt/τ), or a forget gate. */
  readonly kept: Tensor;
  /** [B, T, H]: outputs, such as spikes. */
  readonly output: Tensor;
}

/** The vector of a cell's state that is its memory. */
const memories = { lstm: "c", janet: "h", leaky: "V", lif: "V", alif: "V" } as const;
export type ObservableCell = keyof typeof memories;

/**
 * Runs a cell over sequences as at test, and keeps what its units do.
 * @param x [B, T, I]
 */
export function observe(cell: DescribedCell, params: Named<Tensor>, x: Tensor): Observed {
  const { state, neurons, values, output } = watchCell(cell, params, x);
  const memory = state[memories[cell.config.name as ObservableCell]]!;
  return { memory, kept: broadcastTo((neurons.forget ?? values[String.raw`\beta`])!, memory.shape), output };
}

/** The longest time constant that float32 distinguishes from one that never forgets: float32 shares next to 1 are 6e-8 apart. */
export const LONGEST = 1e6;

/** The time constant, in steps, by which a memory decays of which this share is left after a step: −1 / ln(share). */
export const timeConstantOf = (share: number): number =>
  share <= 0 ? 0 : Math.min(LONGEST, share >= 1 ? LONGEST : -1 / Math.log(share));
