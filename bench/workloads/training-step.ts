import { UserError } from "../../src/errors.ts";
import { mean, variance } from "../../src/statistics/sample.ts";
import { integers, normals, uniforms } from "./data.ts";
import { ReferenceNetwork } from "./reference-network.ts";
import { positiveInteger } from "./sizes.ts";
import type { Workload } from "./workload.ts";

export type TrainingStep = { kind: "step"; units: number[]; batch: number; stochastic: boolean };

/** What every engine does: W ← W − rate·v, v ← MOMENTUM·v + ∂L/∂W, L the mean cross-entropy of the batch. */
export const MOMENTUM = 0.9;

/**
 * The rate while the clock runs. So small that the network stays where it started: at a useful rate (for a single
 * example, 1e-6 is one) it would soon fit its batch, and dead units, vanishing gradients and subnormal numbers would be
 * timed instead of training.
 */
export const TIMED_RATE = 1e-10;

/**
 * The evidence of a stochastic network: losses at rate 0, which show their distribution at the initial weights, then
 * steps that learn, of which the last count. A small network learns little beside its noise and can afford more of all.
 */
function evidencePlan({ units }: TrainingStep): { probes: number; steps: number; last: number } {
  return multiplyAdds(units) > 2e5 ? { probes: 8, steps: 12, last: 4 } : { probes: 64, steps: 400, last: 64 };
}

const multiplyAdds = (units: readonly number[]): number =>
  units.slice(1).reduce((sum, width, layer) => sum + width * units[layer]!, 0);

/** FLOP per example of the matrix products: forward, ∂L/∂W, and ∂L/∂h of all layers but the first. */
export function stepFlops({ units }: TrainingStep): number {
  return 6 * multiplyAdds(units) - 2 * units[0]! * units[1]!;
}

/** One training step of a dense network: rectifiers, or sigmoid units that fire at random, trained straight through. */
export const trainingStep: Workload<TrainingStep> = {
  name: ({ stochastic }) => (stochastic ? "stochastic" : "step"),
  size: ({ units, batch }) => `${units.join("-")} batch ${batch}`,
  unit: () => "examples/s",
  better: "more",
  value: ({ batch }, runsPerSecond) => batch * runsPerSecond,
  ceiling: {
    loop: () => ({ kind: "ceiling", loop: "fma", count: 0 }),
    value: (task, flops) => flops / stepFlops(task),
  },
  /** The evidence is the loss of each step at the rates of `verificationRates`, from the initial weights. */
  checker(task) {
    const wanted = verificationRates(task).length;
    const check = task.stochastic ? stochasticChecker(task) : denseChecker(task);
    return (evidence) => {
      if (evidence.length !== wanted || !evidence.every(Number.isFinite)) {
        throw new Error(`${wanted} finite losses were asked for, [${evidence.join(", ")}] came`);
      }
      check(evidence);
    };
  },
};

/** Losses of three steps, the momentum's effect among them, against the same steps in float64. */
function denseChecker(task: TrainingStep) {
  const network = new ReferenceNetwork(task, initialWeights(task));
  const data = stepData(task);
  const rates = verificationRates(task);
  const exact = rates.map((rate, step) =>
    step === rates.length - 1 ? network.loss(data) : network.step(data, rate, MOMENTUM),
  );
  return (losses: readonly number[]) => {
    for (const [step, loss] of exact.entries()) {
      if (!(Math.abs(losses[step]! - loss) <= 1e-3)) {
        throw new Error(`the loss of step ${step + 1} is ${losses[step]}, in float64 it is ${loss}`);
      }
    }
  };
}

/** The mean loss at the initial weights within six standard errors of a float64 sampler's; different draws; it learns. */
function stochasticChecker(task: TrainingStep) {
  const network = new ReferenceNetwork(task, initialWeights(task));
  const data = stepData(task);
  const { probes: count, last } = evidencePlan(task);
  const exact = Array.from({ length: count }, (_, draw) => network.loss(data, uniformsOf(draw)));
  return (losses: readonly number[]) => {
    const probes = losses.slice(0, count);
    const error = Math.sqrt((variance(exact) + variance(probes)) / count);
    if (Math.abs(mean(probes) - mean(exact)) > 6 * error + 1e-4) {
      throw new Error(`the loss at the initial weights averages ${mean(probes)}, a float64 sampler's ${mean(exact)}`);
    }
    const ratio = variance(probes) / variance(exact);
    // Draws shared by the units or the examples keep the mean and spread the loss a hundredfold.
    if (ratio > 50 || ratio < 1 / 50)
      throw new Error(`losses at the initial weights vary ${ratio} times as they should`);
    if (new Set(probes).size < count / 2) throw new Error(`units repeat their draws: ${probes.join(", ")}`);
    const [before, after] = [mean(exact), mean(losses.slice(-last))];
    if (!(after < before - 6 * error)) throw new Error(`the loss went from ${before} to ${after}: it doesn't learn`);
  };
}

const uniformsOf = (draw: number) => (layer: number, count: number) => uniforms(1000 + 100 * draw + layer, count);

export function parseTrainingStep(text: string, batch: number, stochastic: boolean): TrainingStep {
  const name = stochastic ? "stochastic" : "step";
  const units = text.split("-").map(positiveInteger);
  if (units.length < 3 || units.includes(0)) {
    throw new UserError(
      `${name}: a size is input-hidden-…-output, at least three positive integers such as 784-1200-800-10; received ${text}`,
    );
  }
  if (Math.max(multiplyAdds(units), batch * Math.max(...units)) > 2 ** 27) {
    throw new UserError(`${name}: at most 134217728 weights, and as many activations in a layer; received ${text}`);
  }
  return { kind: "step", units, batch, stochastic };
}

/** The rate of each step that an engine takes for the check, momentum and all. */
export function verificationRates(task: TrainingStep): number[] {
  const { units, batch, stochastic } = task;
  // Below the inverse of the curvature at the widest layer, where momentum multiplies the step by ten. The gradients of a
  // few examples point one way: in larger steps units would die, and their velocities decay to subnormal numbers.
  const rate = (batch < 10 ? 0.02 : 1) / Math.max(...units);
  if (stochastic) {
    const { probes, steps } = evidencePlan(task);
    return [...Array(probes).fill(0), ...Array(steps).fill(rate)];
  }
  return Array(multiplyAdds(units) * batch > 2e9 ? 1 : 3).fill(rate);
}

/** Weights [in, out] of each layer; biases start at zero. Deviation √(2/in) keeps rectified signals, √(1/in) sampled ones. */
export function initialWeights({ units, stochastic }: TrainingStep): Float32Array[] {
  return units
    .slice(1)
    .map((width, layer) => normals(10 + layer, units[layer]! * width, Math.sqrt((stochastic ? 1 : 2) / units[layer]!)));
}

export interface StepData {
  /** [batch, units[0]], in (0, 1) as pixels are. */
  x: Float32Array;
  /** [batch], classes. */
  labels: Int32Array;
}

export function stepData({ units, batch }: TrainingStep): StepData {
  return { x: uniforms(4, batch * units[0]!), labels: integers(5, batch, units.at(-1)!) };
}

/** The labels as rows of 0 and 1, [batch, classes], for engines whose loss wants them so. */
export function oneHot({ units }: TrainingStep, labels: Int32Array): Float32Array {
  const classes = units.at(-1)!;
  const rows = new Float32Array(labels.length * classes);
  for (const [row, label] of labels.entries()) rows[row * classes + label] = 1;
  return rows;
}
