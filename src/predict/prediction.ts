import { NdArray } from "../graph/ndarray.ts";
import type { NamedNumbers } from "./by-column.ts";
import type { PredictionArray, PredictionSpec } from "./spec.ts";

/** A number, a list of numbers, or an array of more axes, for one example. */
export type Predicted = number | Float32Array | Int32Array | NdArray;

/** The gates of a layer for one example. */
export interface OpenGates {
  /** The layer's name in tables. */
  readonly layer: string;
  /** Numbers of the blocks whose gate isn't 0, from 0. */
  readonly open: readonly number[];
  /** K: blocks in all. */
  readonly blocks: number;
}

/** How far several stochastic passes of one example differ. */
export interface Uncertainty {
  /** S: stochastic passes. */
  readonly passes: number;
  /** The standard deviation over the passes of each predicted number, by name: with n − 1, 0 for a single pass. */
  readonly deviation: { readonly [name: string]: Predicted };
  /** Share of the passes that chose each class, where classes are predicted: [C], or [T, C] for the T steps of a sequence. */
  readonly votes?: Predicted;
  /** Entropy of the mean probabilities, in nats; [T] for steps. */
  readonly entropy?: Predicted;
  /** What a pass tells of the class beyond the mean: the entropy of the mean minus the mean entropy, in nats; [T] for steps. */
  readonly mutualInformation?: Predicted;
}

/** The same where an example has one class. */
export interface ClassUncertainty extends Uncertainty {
  /** [C] */
  readonly votes: Float32Array;
  /** Of the mean probabilities, in nats. */
  readonly entropy: number;
  /** In nats. */
  readonly mutualInformation: number;
}

/** What is said of one example, whatever the network's head is. */
export interface Prediction {
  readonly [name: string]:
    | Predicted
    | string
    | readonly string[]
    | readonly OpenGates[]
    | Uncertainty
    | NamedNumbers
    | undefined;
}

/** What a network of classes says of one example. */
export type ClassPrediction = {
  /** The most probable class, from 0. */
  readonly label: number;
  /** Its name in the data; the number as a text where it has no name. */
  readonly name: string;
  /** [C] */
  readonly probabilities: Float32Array;
  /** Of networks with gated layers. */
  readonly gates?: readonly OpenGates[];
  /** Where several passes were asked for; `probabilities` are then means over them. */
  readonly uncertainty?: ClassUncertainty;
};

/** What a network of numbers says of one example. */
export type ValuePrediction = {
  /** [K] */
  readonly value: Float32Array;
  /** The same by the names of the predicted columns, of a network that was trained on a table: { quality: 5.6 }. */
  readonly targets?: NamedNumbers;
  /** Of networks with gated layers. */
  readonly gates?: readonly OpenGates[];
  /** Where several passes were asked for; `value` is then the mean over them. */
  readonly uncertainty?: Uncertainty;
};

/** What came out for one example: an array for each output and for each layer of gates. */
export interface Values {
  readonly outputs: readonly (Float32Array | Int32Array)[];
  readonly uncertainty?: Uncertainty;
}

/** What predictions inherit: how they are written as JSON. */
const methods = Object.create(Object.prototype, { toJSON: { value: toJson } });

/** The prediction that values stand for. Loops, since a small network is done in microseconds. */
export function predictionOf(spec: PredictionSpec, { outputs, uncertainty }: Values): Prediction {
  const prediction: Record<string, Prediction[string]> = Object.create(methods);
  // What a reader looks for comes first.
  for (let k = 0; k < spec.outputs.length; k++) {
    const output = spec.outputs[k]!;
    if (output.name !== "label") continue;
    prediction.label = shaped(output, outputs[k]!);
    prediction.name = namesOf(outputs[k]!, output, spec.names);
  }
  for (let k = 0; k < spec.outputs.length; k++) {
    const output = spec.outputs[k]!;
    if (output.name !== "label") prediction[output.name] = shaped(output, outputs[k]!);
    // A head may predict several things of each column, such as mean and variance: the first is what the target is.
    if (output.columns && output.dtype === "float32" && prediction.targets === undefined)
      prediction.targets = byName(output.columns, outputs[k]!);
  }
  if (spec.gates.length > 0)
    prediction.gates = spec.gates.map(({ layer, blocks }, i): OpenGates => {
      const gates = outputs[spec.outputs.length + i]!;
      const open: number[] = [];
      for (let block = 0; block < blocks; block++) if (gates[block] !== 0) open.push(block);
      return { layer, open, blocks };
    });
  if (uncertainty) prediction.uncertainty = uncertainty;
  return prediction;
}

const byName = (names: readonly string[], values: ArrayLike<number>): NamedNumbers =>
  Object.fromEntries(names.map((name, i) => [name, values[i]!]));

/** Lists in place of typed arrays, which JSON writes as objects. */
function toJson(this: Prediction): unknown {
  return plain({ ...this });
}

function plain(value: unknown): unknown {
  if (value instanceof NdArray) return value.toNested();
  if (ArrayBuffer.isView(value)) return Array.from(value as Float32Array);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

/** What is predicted as a number, a list, or an array of more axes. */
export function shaped({ shape }: Pick<PredictionArray, "shape">, data: Float32Array | Int32Array): Predicted {
  if (shape.length === 0) return data[0]!;
  return shape.length === 1 ? data : new NdArray(data, shape);
}

function namesOf(
  labels: Float32Array | Int32Array,
  { shape }: PredictionArray,
  names: readonly string[] | undefined,
): string | string[] {
  const nameOf = (label: number): string => names?.[label] ?? `${label}`;
  return shape.length === 0 ? nameOf(labels[0]!) : Array.from(labels, nameOf);
}
