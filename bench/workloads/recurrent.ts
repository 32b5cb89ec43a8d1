import { integers, normals, sampleIndices, uniforms } from "./data.ts";
import { recurrentLosses, recurrentOutputs } from "./recurrent-truth.ts";
import type { Workload } from "./workload.ts";

/** Cells that engines can be asked for. */
export const recurrentCells = ["lstm"] as const;

/** What of it is timed: a training step, or the outputs of all steps in inference. */
export const passes = ["step", "forward"] as const;
export type Pass = (typeof passes)[number];

/**
 * One recurrent layer over sequences x [batch, length, input], from zeros. LSTM, with gates i, f, o, candidate g and σ the logistic function:
 *
 *     i, f, o = σ(x W + h U + b),  g = tanh(x W + h U + b),  c ← f c + i g,  h ← o tanh(c)
 *
 * `forward`: h of every step. `step`: the last h → an affine map to `CLASSES` scores → mean cross-entropy, its gradients, and Adam on all
 * parameters.
 */
export type Recurrent = {
  kind: "recurrent";
  cell: (typeof recurrentCells)[number];
  pass: Pass;
  batch: number;
  length: number;
  input: number;
  units: number;
};

export const CLASSES = 10;

/** Kingma and Ba's, with whom all engines agree. */
export const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;

/** By how much an output or a loss may miss float64's. */
const TOLERANCE = 1e-4;

/** The neurons of an LSTM, in the order in which PyTorch stacks their weights. */
export const neurons = ["input", "forget", "candidate", "output"] as const;
export type Neuron = (typeof neurons)[number];

/** Multiply-adds of the layer and of the affine map, forward, in the whole batch. */
function multiplyAdds({ batch, length, input, units }: Recurrent) {
  return {
    fromInput: batch * length * neurons.length * units * input,
    recurrent: batch * length * neurons.length * units * units,
    head: batch * units * CLASSES,
  };
}

/** FLOP of the matrix products of a run. A step has three of each, except that nothing needs ∂L/∂x. */
export function recurrentFlops(task: Recurrent): number {
  const { fromInput, recurrent, head } = multiplyAdds(task);
  return task.pass === "forward" ? 2 * (fromInput + recurrent) : 4 * fromInput + 6 * (recurrent + head);
}

/** Milliseconds of a run. */
export const recurrent: Workload<Recurrent> = {
  name: ({ pass }) => `recurrent ${pass}`,
  size: ({ cell, batch, length, input, units }) => `${cell} ${batch}x${length}, ${input}-${units}`,
  unit: () => "ms",
  better: "less",
  value: (_, runsPerSecond) => 1000 / runsPerSecond,
  /** The evidence: outputs at `recurrentSamples`, or the loss of each step at the rates of `recurrentRates`. */
  checker(task) {
    const [what, exact] =
      task.pass === "forward"
        ? (["output", recurrentOutputs(task, recurrentInputs(task), recurrentSamples(task))] as const)
        : (["loss", recurrentLosses(task, recurrentInputs(task), recurrentRates(task))] as const);
    return (evidence) => {
      if (evidence.length !== exact.length)
        throw new Error(`${exact.length} numbers were asked for, ${evidence.length} came`);
      for (const [i, value] of exact.entries())
        if (!(Math.abs(evidence[i]! - value) <= TOLERANCE))
          throw new Error(`${what} ${i} is ${evidence[i]}, in float64 it is ${value}`);
    };
  },
};

/** The rate of each step that is checked. The last loss has seen the gradients and the averages of the steps before it. */
export function recurrentRates(task: Recurrent): number[] {
  const { fromInput, recurrent } = multiplyAdds(task);
  return new Array(fromInput + recurrent > 1e9 ? 2 : 3).fill(1e-3);
}

/** Weights of a neuron: input [I, H], recurrent [H, H], bias [H]. */
export type NeuronWeights = Readonly<Record<"input" | "recurrent" | "bias", Float32Array>>;

export interface RecurrentInputs {
  /** [batch, length, input] */
  x: Float32Array;
  /** [batch], classes. */
  labels: Int32Array;
  weights: Readonly<Record<Neuron, NeuronWeights>>;
  /** [units, CLASSES] and [CLASSES] */
  head: { weight: Float32Array; bias: Float32Array };
}

/** Examples that differ; a larger batch repeats them, so that float64's gradients are those of these few. It changes no engine's work. */
export const DISTINCT = 4;

/** Parameters as PyTorch draws them: uniform within 1/√units. */
export function recurrentInputs({ batch, length, input, units }: Recurrent): RecurrentInputs {
  const drawn = (seed: number, count: number) => uniforms(seed, count).map((u) => (2 * u - 1) / Math.sqrt(units));
  const neuron = (seed: number): NeuronWeights => ({
    input: drawn(seed, input * units),
    recurrent: drawn(seed + 1, units * units),
    bias: drawn(seed + 2, units),
  });
  const [each, labels] = [normals(4, DISTINCT * length * input), integers(5, DISTINCT, CLASSES)];
  return {
    x: Float32Array.from({ length: batch * length * input }, (_, i) => each[i % each.length]!),
    labels: Int32Array.from({ length: batch }, (_, b) => labels[b % DISTINCT]!),
    weights: { input: neuron(10), forget: neuron(20), candidate: neuron(30), output: neuron(40) },
    head: { weight: drawn(50, units * CLASSES), bias: drawn(51, CLASSES) },
  };
}

/** The weights of several neurons side by side: of each part a matrix [rows, neurons · units]. */
export function sideBySide(
  weights: RecurrentInputs["weights"],
  order: readonly Neuron[],
  units: number,
): Record<keyof NeuronWeights, Float32Array> {
  const joined = (part: keyof NeuronWeights) => {
    const rows = weights.input[part].length / units;
    const result = new Float32Array(rows * order.length * units);
    for (let row = 0; row < rows; row++)
      for (const [at, neuron] of order.entries())
        result.set(weights[neuron][part].subarray(row * units, (row + 1) * units), (row * order.length + at) * units);
    return result;
  };
  return { input: joined("input"), recurrent: joined("recurrent"), bias: joined("bias") };
}

/** x as [length, batch, input]. */
export function stepsFirst({ batch, length, input }: Recurrent, x: Float32Array): Float32Array {
  const turned = new Float32Array(x.length);
  for (let b = 0; b < batch; b++)
    for (let t = 0; t < length; t++)
      turned.set(x.subarray((b * length + t) * input, (b * length + t + 1) * input), (t * batch + b) * input);
  return turned;
}

/** Entries of the outputs that are checked: of few examples, because the truth computes each from its first step on. */
export interface RecurrentSamples {
  example: number[];
  step: number[];
  unit: number[];
}

export function recurrentSamples({ batch, length, units }: Recurrent): RecurrentSamples {
  const all = sampleIndices(batch, 4).flatMap((example) =>
    sampleIndices(length, 8).flatMap((step) => sampleIndices(units, 8).map((unit) => ({ example, step, unit }))),
  );
  const column = (name: keyof RecurrentSamples) => all.map((entry) => entry[name]);
  return { example: column("example"), step: column("step"), unit: column("unit") };
}

/** The evidence of `forward`, from outputs [length, batch, units], or [batch, length, units] where examples come first. */
export function outputEvidence(
  task: Recurrent,
  outputs: ArrayLike<number>,
  first: "steps" | "examples" = "steps",
): number[] {
  const { batch, length, units } = task;
  const { example, step, unit } = recurrentSamples(task);
  const row = (b: number, t: number): number => (first === "steps" ? t * batch + b : b * length + t);
  return example.map((b, i) => outputs[row(b, step[i]!) * units + unit[i]!]!);
}
