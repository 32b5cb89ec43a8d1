import type { CellConfig } from "../../cells/index.ts";

/** A cell that takes part. */
export interface Variant {
  /** A few words for tables and ends of curves. */
  readonly title: string;
  /** The cell, for sequences of T steps: memories that are chosen beforehand are chosen for T. */
  cell(steps: number): CellConfig;
  /** Its outputs are spikes: a leaky unit that doesn't spike reads them, and not an affine map of the last step's. */
  readonly spikes?: true;
  /** About how long a training takes beside the LSTM's, for the time that is left. */
  readonly work: number;
}

/** Half of the sequence: long enough for what was seen at its start not to be lost at its end. */
const half = (steps: number): number => Math.max(2, steps / 2);

/** Time constant, in steps, of the units that read spikes; they add up what came in the last steps. */
export const READOUT = 20;

/** Time constant of spiking membranes, in steps. With 20, inputs that are not scaled add up until units spike at every step. */
const membrane = { tau: 5 } as const;

/** Where τ changes, what a membrane rests at must not: inputs are scaled by 1 − β, and so is the threshold. */
const scaled = { decayInput: true, threshold: 0.1 } as const;

/**
 * Chrono: first biases for memories up to T. Tallec and Ollivier 2018, https://arxiv.org/abs/1804.11188; JANET: van der Westhuizen and Lasenby
 * 2018, https://arxiv.org/abs/1804.04849. The threshold of alif adapts as slowly as the sequence is long, as in Bellec et al. 2018.
 */
const table = {
  lstm: { title: "lstm", cell: () => ({ name: "lstm" }), work: 1 },
  "lstm-chrono": { title: "lstm, chrono", cell: (longest) => ({ name: "lstm", longest }), work: 1 },
  "lstm-no-forget": { title: "lstm, no forget gate", cell: () => ({ name: "lstm", forgetGate: false }), work: 0.8 },
  "lstm-coupled": { title: "lstm, coupled", cell: () => ({ name: "lstm", inputGate: "coupled" }), work: 0.8 },
  gru: { title: "gru", cell: () => ({ name: "gru" }), work: 0.8 },
  "gru-chrono": { title: "gru, chrono", cell: (longest) => ({ name: "gru", longest }), work: 0.8 },
  janet: { title: "janet, chrono", cell: (longest) => ({ name: "janet", longest }), work: 0.5 },
  "minimal-gated": { title: "minimal gated", cell: () => ({ name: "minimal-gated" }), work: 0.6 },
  rnn: { title: "rnn", cell: () => ({ name: "rnn" }), work: 0.3 },
  "leaky-fixed": { title: "leaky, τ fixed", cell: (steps) => ({ name: "leaky", tau: half(steps) }), work: 0.3 },
  "leaky-learned": {
    title: "leaky, τ learned",
    cell: (steps) => ({ name: "leaky", timeConstant: "per-unit", tau: half(steps) }),
    work: 0.4,
  },
  "leaky-modulated": {
    title: "leaky, τ modulated",
    cell: (steps) => ({ name: "leaky", timeConstant: "modulated", tau: half(steps) }),
    work: 0.5,
  },
  lif: { title: "lif", cell: () => ({ name: "lif", ...membrane }), spikes: true, work: 0.5 },
  "lif-modulated": {
    title: "lif, τ modulated",
    cell: () => ({ name: "lif", ...membrane, ...scaled, timeConstant: "modulated" }),
    ...{ spikes: true, work: 0.7 },
  },
  alif: {
    title: "alif",
    cell: (steps) => ({ name: "alif", ...membrane, adaptation: 1, adaptationTau: steps }),
    ...{ spikes: true, work: 0.7 },
  },
} as const satisfies { readonly [name: string]: Variant };

export type VariantName = keyof typeof table;
export const variantNames = Object.keys(table) as VariantName[];
export const variants: { readonly [N in VariantName]: Variant } = table;
