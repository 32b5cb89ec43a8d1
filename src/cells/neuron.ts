import type { Estimator } from "../estimators/estimator.ts";
import { mul, softplus, type Tensor, tanh } from "../graph/index.ts";
import { type ActivationName, activations } from "../layers/activations.ts";

/** Where a neuron acts on its unit: on what comes in, near the cell body; in the body; or on what leaves it. */
export type Place = "dendrite" | "soma" | "axon";

/** What neurons of a cell may do with their pre-activations: the activations of all layers, and those that cells alone need. */
export const squashes = {
  ...activations,
  softplus: (a: Tensor): Tensor => softplus(a),
  /** LeCun, Bottou, Orr and Müller 1998, Efficient BackProp: its values at ±1 are ±1. */
  "scaled-tanh": (a: Tensor): Tensor => mul(tanh(mul(a, 2 / 3)), 1.7159),
};
export type Squash = ActivationName | keyof typeof squashes;

/** How each is written in an equation, in TeX. */
export const squashTex: { readonly [S in Squash]: string } = {
  linear: "",
  sigmoid: String.raw`\sigma`,
  tanh: String.raw`\tanh`,
  rectifier: String.raw`\mathrm{relu}`,
  softplus: String.raw`\mathrm{softplus}`,
  "scaled-tanh": String.raw`\mathrm{scaled\_tanh}`,
};

/** One thing that a neuron sees. */
export interface Connection {
  /** The last part of its parameter's name: "recurrent" of "forget.recurrent". */
  readonly name: string;
  /** "x", a vector of the state, a neuron of this step, or a value that the cell computes within the step. */
  readonly from: string;
  /** A matrix [from, units], one weight for each unit [units] (a peephole), or 1, which is no parameter. */
  readonly weight: "matrix" | "vector" | "one";
  /** The weight's letter in equations: "U". */
  readonly letter: string;
  /** The neuron that multiplies what comes through this connection, which then has a bias of its own. */
  readonly times?: string;
  /** What comes through it is 0 almost everywhere, such as spikes: the rows of the matrix that meet 0 alone are not read. */
  readonly sparse?: true;
  /** First weights of a square matrix that is no random one. */
  readonly first?: "identity";
}

/** A neuron's first bias: a number, ± log of a uniform time up to `longest` (the same draw for both signs), or uniform on ±`within`. */
export type FirstBias = number | { readonly longest: number; readonly sign: 1 | -1 } | { readonly within: number };

/** One neuron of each unit: it adds up what it sees, and squashes the sum or decides by it. */
export interface Neuron {
  readonly name: string;
  /** Its letter in equations: "f". */
  readonly letter: string;
  readonly place: Place;
  readonly sees: readonly Connection[];
  /** A function of its pre-activation, or an estimator: then it decides. */
  readonly squash: Squash | Estimator;
  /** Absent: it has no bias. */
  readonly bias?: FirstBias;
  /** How many there are (default: H). */
  readonly units?: number;
}

/** What a neuron sees of its cell's input. */
export const x: Connection = { name: "input", from: "x", weight: "matrix", letter: "W" };
/** What it sees of the outputs of the step before. */
export const state = (from = "h"): Connection => ({ name: "recurrent", from, weight: "matrix", letter: "U" });
/** What it sees of its own unit alone. */
export const peephole = (from: string): Connection => ({ name: "peephole", from, weight: "vector", letter: "p" });
