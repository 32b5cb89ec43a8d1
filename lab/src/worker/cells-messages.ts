/** Neurons with a membrane that receive the same current and the same context, a number for each step of 1 ms. */
export interface TracesQuestion {
  readonly kind: "traces";
  /** [T] */
  readonly input: Float32Array;
  /** [T], 0 to 1: lengthens τ where the context sets it. */
  readonly context: Float32Array;
  /** Time constant, in steps. */
  readonly tau: number;
  /** How many times as long τ is where the context is 1. */
  readonly longer: number;
  /** The voltage at which a neuron spikes. */
  readonly threshold: number;
  /** How much a spike raises an adaptive threshold. */
  readonly adaptation: number;
  /** Whether the context sets τ of the spiking neurons too. */
  readonly spikingToo: boolean;
}

/** A neuron that spikes; [T] each. */
export interface SpikingTrace {
  /** After the reset. */
  readonly voltage: Float32Array;
  readonly threshold: Float32Array;
  /** 1 at the steps at which it spikes. */
  readonly spikes: Float32Array;
}

/** What the neurons do; [T] each. */
export interface Traces {
  readonly kind: "traces";
  /** V of a leaky integrator with a fixed τ. */
  readonly fixed: Float32Array;
  /** V of one whose τ the context sets, and that τ in steps. */
  readonly modulated: Float32Array;
  readonly time: Float32Array;
  readonly lif: SpikingTrace;
  readonly alif: SpikingTrace;
}

/** A trained LSTM that reads a sequence of values and marks. */
export interface GatesQuestion {
  readonly kind: "gates";
  /** The network's model file. */
  readonly url: string;
  /** [T, 2] */
  readonly x: Float32Array;
}

/** What its units do at each step; [T, H] each. */
export interface Gates {
  readonly kind: "gates";
  readonly steps: number;
  readonly units: number;
  readonly parameters: number;
  /** Numbers of the neurons by name ("forget"), of the state ("c", "h"), and of what comes through a connection ("forget.recurrent"). */
  readonly of: Readonly<Record<string, Float32Array>>;
  /** The time constant, in steps, with which each unit forgets at each step; [T, H] too. */
  readonly time: Float32Array;
  /** The weights of x [2, H] of each neuron by name. */
  readonly weights: Readonly<Record<string, Float32Array>>;
  /** What the network predicts after the last step. */
  readonly prediction: number;
}

/** Characters that a trained network draws. */
export interface StrokesQuestion {
  readonly kind: "strokes";
  readonly url: string;
  readonly seed: number;
  /** Graves's b: above 0 the likely way of the pen becomes likelier. */
  readonly bias: number;
  readonly count: number;
  /** Moves of the pen for each. */
  readonly steps: number;
}

/** What it drew. */
export interface Strokes {
  readonly kind: "strokes";
  readonly seed: number;
  readonly bias: number;
  readonly steps: number;
  /** For each character one row [3] a step: the way of the pen to the right and down, and 1 where it is lifted after it. */
  readonly rows: readonly Float32Array[];
}

export type CellsQuestion = TracesQuestion | GatesQuestion | StrokesQuestion;
export type CellsAnswer = Traces | Gates | Strokes | { readonly kind: "error"; readonly message: string };
