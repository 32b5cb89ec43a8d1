/** Inputs for engines in other languages: written to files once a task, so that no generator is written twice. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { conditionalInputs, conditionalSamples } from "./workloads/conditional.ts";
import { type Conv, channelsFirst, convInputs, convRates, parametersChannelsFirst } from "./workloads/conv.ts";
import { elementwiseInput, elementwiseSamples } from "./workloads/elementwise.ts";
import { stepOf } from "./workloads/forward.ts";
import { gemmInputs, gemmSamples } from "./workloads/gemm.ts";
import {
  CLASSES,
  neurons,
  type Recurrent,
  recurrentInputs,
  recurrentRates,
  recurrentSamples,
} from "./workloads/recurrent.ts";
import { DECAY, spikingInputs, spikingSamples } from "./workloads/spiking.ts";
import { initialWeights, MOMENTUM, stepData, TIMED_RATE, verificationRates } from "./workloads/training-step.ts";
import type { Task } from "./workloads/workload.ts";

/** A file of float32 or int32 values in the machine's byte order, row-major. */
export interface ArrayFile {
  file: string;
  dtype: "float32" | "int32";
  shape: readonly number[];
}

/** All that a session of a task needs beside the task itself. */
export interface Given {
  arrays: Record<string, ArrayFile>;
  /** Indices into the result that the evidence consists of. */
  samples?: number[];
  /** The same where there are several results, by their names. */
  samplesOf?: Readonly<Record<string, readonly number[]>>;
  /** A step's rates: of each step of the evidence, and while the clock runs. */
  rates?: number[];
  timedRate?: number;
  momentum?: number;
  /** What stays of a membrane in a step. */
  decay?: number;
}

export type Named = Record<string, { data: Float32Array | Int32Array; shape: readonly number[] }>;

/** Writes each array to a file of its name. */
export function writeArrays(folder: string, named: Named): Given["arrays"] {
  const arrays: Given["arrays"] = {};
  for (const [name, { data, shape }] of Object.entries(named)) {
    const file = join(folder, name);
    writeFileSync(file, data);
    arrays[name] = { file, dtype: data instanceof Int32Array ? "int32" : "float32", shape };
  }
  return arrays;
}

/** A folder for the files of one task at a time. */
export class Handover {
  #folder: string | undefined;
  #last: { task: string; given: Given } | undefined;

  /** The files stay as they are until another task is asked for. */
  give(task: Task): Given {
    const key = JSON.stringify(task);
    if (this.#last?.task !== key) {
      this.clear();
      const { named, ...orders } = contents(task);
      this.#folder = mkdtempSync(join(tmpdir(), "heaviside-bench-"));
      this.#last = { task: key, given: { arrays: writeArrays(this.#folder, named), ...orders } };
    }
    return this.#last!.given;
  }

  clear(): void {
    if (this.#folder) rmSync(this.#folder, { recursive: true });
    this.#folder = undefined;
    this.#last = undefined;
  }
}

function contents(task: Task): Omit<Given, "arrays"> & { named: Named } {
  if (task.kind === "gemm") {
    const { a, b } = gemmInputs(task);
    const { m, k, n } = task;
    return { named: { a: { data: a, shape: [m, k] }, b: { data: b, shape: [k, n] } }, samples: gemmSamples(task) };
  }
  if (task.kind === "step") {
    const { x, labels } = stepData(task);
    const named: Named = {
      x: { data: x, shape: [task.batch, task.units[0]!] },
      labels: { data: labels, shape: [task.batch] },
    };
    for (const [layer, data] of initialWeights(task).entries()) {
      named[`weights${layer}`] = { data, shape: [task.units[layer]!, task.units[layer + 1]!] };
    }
    return { named, rates: verificationRates(task), timedRate: TIMED_RATE, momentum: MOMENTUM };
  }
  if (task.kind === "forward") return { named: contents(stepOf(task)).named };
  if (task.kind === "conditional") {
    const { batch, input, blocks, width, output } = task;
    const { x, gates, weight, out, dy } = conditionalInputs(task);
    const named: Named = {
      x: { data: x, shape: [batch, input] },
      gates: { data: gates, shape: [batch, blocks] },
      weight: { data: weight, shape: [blocks, width, input] },
      out: { data: out, shape: [blocks, width, output] },
      dy: { data: dy, shape: [batch, output] },
    };
    return { named, samplesOf: { ...conditionalSamples(task) } };
  }
  if (task.kind === "conv") return convContents(task);
  if (task.kind === "recurrent") return recurrentContents(task);
  if (task.kind === "spiking") {
    const { batch, length, units } = task;
    const { thresholds, weight } = spikingInputs(task);
    const named: Named = {
      thresholds: { data: thresholds, shape: [length, batch, units] },
      weight: { data: weight, shape: [units, units] },
    };
    return { named, samples: spikingSamples(task), decay: DECAY };
  }
  if (task.kind === "ceiling") return { named: {} };
  const named: Named = task.kind === "sigmoid" ? { x: { data: elementwiseInput(task), shape: [task.count] } } : {};
  return { named, samples: elementwiseSamples(task) };
}

function recurrentContents(task: Recurrent): Omit<Given, "arrays"> & { named: Named } {
  const { batch, length, input, units } = task;
  const { x, labels, weights, head } = recurrentInputs(task);
  const named: Named = {
    x: { data: x, shape: [batch, length, input] },
    labels: { data: labels, shape: [batch] },
    "head.weight": { data: head.weight, shape: [units, CLASSES] },
    "head.bias": { data: head.bias, shape: [CLASSES] },
  };
  for (const neuron of neurons) {
    named[`${neuron}.input`] = { data: weights[neuron].input, shape: [input, units] };
    named[`${neuron}.recurrent`] = { data: weights[neuron].recurrent, shape: [units, units] };
    named[`${neuron}.bias`] = { data: weights[neuron].bias, shape: [units] };
  }
  return { named, samplesOf: { ...recurrentSamples(task) }, rates: recurrentRates(task), timedRate: TIMED_RATE };
}

/** Images and weights with the channels first. */
function convContents(task: Conv): Omit<Given, "arrays"> & { named: Named } {
  const { batch, image } = task;
  const { x, labels, parameters } = convInputs(task);
  const named: Named = {
    x: { data: channelsFirst(x, batch, image[2]), shape: [batch, image[2], image[0], image[1]] },
    labels: { data: labels, shape: [batch] },
  };
  for (const [i, parameter] of parametersChannelsFirst(task, parameters).entries()) named[`parameter${i}`] = parameter;
  return { named, rates: convRates(), timedRate: TIMED_RATE, momentum: MOMENTUM };
}
