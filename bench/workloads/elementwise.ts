import { UserError } from "../../src/errors.ts";
import { mean, variance } from "../../src/statistics/sample.ts";
import { normals, sampleIndices } from "./data.ts";
import { positiveInteger } from "./sizes.ts";
import type { Workload } from "./workload.ts";

export type Elementwise = { kind: "sigmoid" | "uniform"; count: number };

/** One sigmoid, or one uniform draw in [0, 1), for each of `count` floats. */
export const elementwise: Workload<Elementwise> = {
  name: ({ kind }) => kind,
  size: ({ count }) => `${count}`,
  unit: () => "ns/element",
  better: "less",
  value: ({ count }, runsPerSecond) => 1e9 / (count * runsPerSecond),
  /** A sigmoid reads as many floats as it writes; a draw only writes. */
  ceiling: {
    loop: ({ kind, count }) => ({ kind: "ceiling", loop: kind === "sigmoid" ? "copy" : "fill", count }),
    value: (_, floatsPerSecond) => 1e9 / floatsPerSecond,
  },
  /** The evidence is the sigmoid at `elementwiseSamples`, or every uniform draw there. */
  checker(task) {
    const samples = elementwiseSamples(task);
    const input = task.kind === "sigmoid" ? elementwiseInput(task) : undefined;
    return (evidence) => {
      if (evidence.length !== samples.length) {
        throw new Error(`${samples.length} samples were asked for, ${evidence.length} came`);
      }
      if (input) checkSigmoid(samples, input, evidence);
      else checkUniform(evidence);
    };
  },
};

function checkSigmoid(samples: number[], input: Float32Array, evidence: readonly number[]): void {
  for (const [s, index] of samples.entries()) {
    const exact = 1 / (1 + Math.exp(-input[index]!));
    if (!(Math.abs(evidence[s]! - exact) <= 1e-5)) {
      throw new Error(`sigmoid(${input[index]}) is ${evidence[s]}, should be ${exact}`);
    }
  }
}

/** Range, and mean and variance within six standard errors: 1/12 and 1/180 are the variances of u and of (u − ½)². */
function checkUniform(draws: readonly number[]): void {
  const outside = draws.find((u) => !(u >= 0 && u < 1));
  if (outside !== undefined) throw new Error(`a uniform draw is ${outside}, not in [0, 1)`);
  if (draws.length < 100) return;
  const errors = 6 / Math.sqrt(draws.length);
  if (Math.abs(mean(draws) - 1 / 2) > errors * Math.sqrt(1 / 12)) {
    throw new Error(`${draws.length} uniform draws have mean ${mean(draws)}`);
  }
  if (Math.abs(variance(draws) - 1 / 12) > errors * Math.sqrt(1 / 180)) {
    throw new Error(`${draws.length} uniform draws have variance ${variance(draws)}`);
  }
}

export function parseElementwise(text: string): Elementwise[] {
  const count = positiveInteger(text);
  if (count === 0 || count > 2 ** 27) {
    throw new UserError(`elementwise: a size is a number of elements from 1 to 134217728; received ${text}`);
  }
  return [
    { kind: "sigmoid", count },
    { kind: "uniform", count },
  ];
}

export function elementwiseInput({ count }: Elementwise): Float32Array {
  return normals(3, count, 3);
}

export function elementwiseSamples({ count }: Elementwise): number[] {
  return sampleIndices(count, 4096);
}
