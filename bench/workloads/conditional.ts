import { conditionalChecker, type Result, results } from "./conditional-truth.ts";
import { integers, normals, sampleIndices } from "./data.ts";
import type { Workload } from "./workload.ts";

/**
 * A layer of blocks behind gates, forward and backward: each example opens so many of the blocks at random.
 *
 *     y = Σₖ gₖ · max(0, x Wₖᵀ) Vₖ,  and of a loss with ∂L/∂y given: ∂L/∂x, ∂L/∂W, ∂L/∂V
 *
 * x [batch, input], W [blocks, width, input], V [blocks, width, output], gates 0 or 1 [batch, blocks].
 */
export type Conditional = {
  kind: "conditional";
  batch: number;
  input: number;
  blocks: number;
  width: number;
  output: number;
  /** Share of (example, block) pairs whose gate is open, above 0. */
  density: number;
};

/** Open pairs of example and block: the share asked for, to the nearest pair, and at least one. */
export const openPairs = ({ batch, blocks, density }: Conditional): number =>
  Math.max(1, Math.round(batch * blocks * density));

/**
 * FLOP of so many pairs: two products forward (W, V), four backward (∂L/∂x, ∂L/∂W, ∂L/∂V and what flows back through V).
 */
export const conditionalFlops = ({ width, input, output }: Conditional, pairs: number): number =>
  6 * pairs * width * (input + output);

export const percent = (share: number): string => `${Number((100 * share).toPrecision(3))} %`;

/** Milliseconds of a forward and a backward pass. */
export const conditional: Workload<Conditional> = {
  name: () => "conditional",
  size: ({ batch, input, blocks, width, output, density }) =>
    `${input}-${blocks}x${width}-${output} batch ${batch}, ${percent(density)} open`,
  unit: () => "ms",
  better: "less",
  value: (_, runsPerSecond) => 1000 / runsPerSecond,
  /** The evidence: entries of y, ∂L/∂x, ∂L/∂W and ∂L/∂V, one after another, at `conditionalSamples`. */
  checker: (task) => conditionalCheck(task),
};

/** The workload's check, also of an engine that gives only some of the results. */
export const conditionalCheck = (task: Conditional) =>
  conditionalChecker(task, conditionalInputs(task), conditionalSamples(task));

export interface ConditionalInputs {
  x: Float32Array;
  /** 0 or 1, [batch, blocks]. */
  gates: Float32Array;
  weight: Float32Array;
  out: Float32Array;
  /** ∂L/∂y [batch, output] */
  dy: Float32Array;
}

/** Those of the last task that was asked for: an engine opens several forms of one task, and millions of draws take their time. */
let last: { key: string; inputs: ConditionalInputs } | undefined;

/** x and ∂L/∂y are normal, weights keep the size of what passes through them. Not to be written to. */
export function conditionalInputs(task: Conditional): ConditionalInputs {
  const key = JSON.stringify(task);
  if (last?.key !== key) last = { key, inputs: drawInputs(task) };
  return last.inputs;
}

function drawInputs(task: Conditional): ConditionalInputs {
  const { batch, input, blocks, width, output } = task;
  const units = blocks * width;
  return {
    x: normals(21, batch * input),
    gates: openGates(task),
    weight: normals(22, units * input, Math.sqrt(1 / input)),
    out: normals(23, units * output, Math.sqrt(1 / units)),
    dy: normals(24, batch * output),
  };
}

/** Open blocks drawn without replacement, as many in each example as in any other, or one more. */
function openGates(task: Conditional): Float32Array {
  const { batch, blocks } = task;
  const pairs = openPairs(task);
  const gates = new Float32Array(batch * blocks);
  for (let row = 0; row < batch; row++) {
    const count = Math.floor(((row + 1) * pairs) / batch) - Math.floor((row * pairs) / batch);
    const order = Array.from({ length: blocks }, (_, block) => block);
    const draws = integers(100 + row, count, 2 ** 31);
    for (let i = 0; i < count; i++) {
      const other = i + (draws[i]! % (blocks - i));
      [order[i], order[other]] = [order[other]!, order[i]!];
      gates[row * blocks + order[i]!] = 1;
    }
  }
  return gates;
}

/** Row-major indices into each result, a few columns of a few rows: a row's truth is the dear part. */
export type ConditionalSamples = Record<Result, number[]>;

export function conditionalSamples(task: Conditional): ConditionalSamples {
  const { batch, input, blocks, width, output } = task;
  const some = (rows: number, columns: number): number[] => {
    const across = sampleIndices(columns, 8);
    return sampleIndices(rows, 16).flatMap((row) => across.map((column) => row * columns + column));
  };
  const units = blocks * width;
  return { y: some(batch, output), dx: some(batch, input), dweight: some(units, input), dout: some(units, output) };
}

/** The sampled entries as an engine's evidence, from those of its results that it has, in the inputs' layouts. */
export function conditionalEvidence(
  samples: ConditionalSamples,
  found: { readonly [K in Result]?: ArrayLike<number> },
): number[] {
  return results.flatMap((name) => (found[name] ? samples[name].map((index) => found[name]![index]!) : []));
}
