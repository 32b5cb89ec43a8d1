import { type CellConfig, cellFor, type Named } from "../../cells/index.ts";
import { constant, evaluate, NdArray, type Tensor } from "../../graph/index.ts";
import { observe } from "./observe.ts";

/** One unit along one sequence. */
export interface Trace {
  /** V or c after each step. */
  readonly memory: readonly number[];
  /** The share of it that each step keeps. */
  readonly kept: readonly number[];
  /** Steps at which it spiked. */
  readonly spikes: readonly number[];
}

/** An input that is made for the eye: pulses of current, and a context that says how long to remember. */
export interface HandInput {
  /** The current of each step. */
  readonly pulses: readonly number[];
  /** 0 or 1 at each step. */
  readonly context: readonly number[];
}

/** Time constants in steps, without context and in it; the fixed one lies between. */
export const hand = { short: 3, long: 40, fixed: 10, threshold: 1, pulse: 0.6, steps: 120 } as const;

/** Pulses far apart and three close together; then the same again, in context. */
export function handInput(): HandInput {
  const at = [5, 17, 29, 31, 33, 47].flatMap((step) => [step, step + hand.steps / 2]);
  const steps = Array.from({ length: hand.steps }, (_, t) => t);
  return {
    pulses: steps.map((t) => (at.includes(t) ? hand.pulse : 0)),
    context: steps.map((t) => Number(t >= hand.steps / 2)),
  };
}

/** The a whose softplus, ln(1 + e^a), is 1/τ. */
const rateOf = (tau: number): number => Math.log(Math.expm1(1 / tau));

/** Four units that read the same input, with weights set by hand: a number for each parameter that isn't 0. */
const units = {
  /** Spikes; τ is fixed. */
  fixed: {
    cell: { name: "lif", recurrent: false, tau: hand.fixed, threshold: hand.threshold },
    weights: { "current.input": [1, 0] },
  },
  /** Spikes; the context sets τ. */
  modulated: {
    cell: { name: "lif", recurrent: false, timeConstant: "modulated", threshold: hand.threshold },
    weights: {
      "current.input": [1, 0],
      "rate.input": [0, rateOf(hand.long) - rateOf(hand.short)],
      "rate.bias": [rateOf(hand.short)],
    },
  },
  /** An LSTM whose forget gate has the same weights with the other sign, and which adds its input as it is. */
  lstm: {
    cell: {
      ...{ name: "lstm", inputGate: "none", outputGate: false, candidate: "linear", activation: "linear" },
      ...{ seesState: [] },
    },
    weights: {
      "candidate.input": [1, 0],
      "forget.input": [0, rateOf(hand.short) - rateOf(hand.long)],
      "forget.bias": [-rateOf(hand.short)],
    },
  },
} as const satisfies Record<string, { cell: CellConfig; weights: Readonly<Record<string, readonly number[]>> }>;

export type HandUnit = keyof typeof units;
export const handUnits = Object.keys(units) as HandUnit[];

/** One of the units along the input, in double precision. V decays exactly, by e^(−Δt/τ) over a step in which the input is constant. */
export function handTrace(name: HandUnit, { pulses, context }: HandInput): Trace {
  const { cell: config, weights } = units[name];
  const cell = cellFor(config, { inputs: 2, units: 1 });
  const given: Readonly<Record<string, readonly number[]>> = weights;
  const params: Named<Tensor> = Object.fromEntries(
    cell.parameters.map(({ name, shape }) => {
      const values = Float64Array.from(given[name] ?? new Array(shape.reduce((a, b) => a * b, 1)).fill(0));
      return [name, constant(new NdArray(values, shape))];
    }),
  );
  const rows = Float64Array.from(pulses.flatMap((pulse, t) => [pulse, context[t]!]));
  const x = constant(new NdArray(rows, [1, pulses.length, 2]));
  const { memory, kept, output } = observe(cell, params, x);
  const [memories, shares, outputs] = evaluate([memory, kept, output]).map(({ data }) => [...data]);
  return {
    memory: memories!,
    kept: shares!,
    spikes: config.name === "lif" ? outputs!.flatMap((s, t) => (s === 1 ? [t] : [])) : [],
  };
}
