import { percent } from "./conditional.ts";
import { integers, normals, sampleIndices } from "./data.ts";
import type { Workload } from "./workload.ts";

/**
 * A layer of spiking neurons that hear each other, step after step. Thresholds are far below or far above every membrane, so that which units
 * fire is known beforehand and the activity is exact; but no step can be taken before the one ahead of it.
 *
 *     z = 1[v > θ_t],  v ← DECAY v + z W
 *
 * Thresholds θ [length, batch, units], W [units, units], membranes v [batch, units] from zeros.
 */
export type Spiking = {
  kind: "spiking";
  batch: number;
  length: number;
  units: number;
  /** Share of the units that fire in a step, above 0. */
  activity: number;
};

export const DECAY = 0.9;

/** How far a threshold is from every membrane. */
const FAR = 1e30;

/** By how much a membrane may miss float64's. */
const TOLERANCE = 1e-4;

/** Spikes of a step in the whole batch: the share asked for, to the nearest spike, and at least one. */
export const spikesOf = ({ batch, units, activity }: Spiking): number =>
  Math.max(1, Math.round(batch * units * activity));

/** FLOP of `rows` rows of weights in each step. */
export const spikingFlops = ({ length, units }: Spiking, rows: number): number => 2 * length * rows * units;

/** Milliseconds of all steps. */
export const spiking: Workload<Spiking> = {
  name: () => "spiking",
  size: ({ batch, length, units, activity }) => `${batch}x${length}, ${units} units, ${percent(activity)} active`,
  unit: () => "ms",
  better: "less",
  value: (_, runsPerSecond) => 1000 / runsPerSecond,
  /** The evidence: the last membranes at `spikingSamples`. */
  checker(task) {
    const samples = spikingSamples(task);
    const exact = membranes(task, spikingInputs(task), samples);
    return (evidence) => {
      if (evidence.length !== exact.length)
        throw new Error(`${exact.length} membranes were asked for, ${evidence.length} came`);
      for (const [i, value] of exact.entries())
        if (!(Math.abs(evidence[i]! - value) <= TOLERANCE))
          throw new Error(`membrane ${samples[i]} is ${evidence[i]}, in float64 it is ${value}`);
    };
  },
};

/** Row-major indices into the membranes [batch, units]. */
export function spikingSamples({ batch, units }: Spiking): number[] {
  const across = sampleIndices(units, 16);
  return sampleIndices(batch, 8).flatMap((example) => across.map((unit) => example * units + unit));
}

function membranes({ batch, length, units }: Spiking, { spikes, weight }: SpikingInputs, samples: number[]): number[] {
  return samples.map((index) => {
    const [example, unit] = [Math.floor(index / units), index % units];
    let v = 0;
    for (let t = 0; t < length; t++) {
      v *= DECAY;
      for (let k = 0; k < units; k++)
        if (spikes[(t * batch + example) * units + k] !== 0) v += weight[k * units + unit]!;
    }
    return v;
  });
}

export interface SpikingInputs {
  /** What fires, 0 or 1, [length, batch, units]. */
  spikes: Float32Array;
  /** What makes it fire, [length, batch, units]. */
  thresholds: Float32Array;
  /** [units, units] */
  weight: Float32Array;
}

export function spikingInputs(task: Spiking): SpikingInputs {
  const spikes = raster(task);
  const thresholds = spikes.map((z) => (z ? -FAR : FAR));
  return { spikes, thresholds, weight: normals(2, task.units ** 2, 1 / Math.sqrt(task.units)) };
}

/** Without replacement, as many in each example as in any other, or one more. */
function raster(task: Spiking): Float32Array {
  const { batch, length, units } = task;
  const spikes = new Float32Array(length * batch * units);
  const total = spikesOf(task);
  const order = Int32Array.from({ length: units }, (_, unit) => unit);
  for (let row = 0; row < length * batch; row++) {
    const example = row % batch;
    const count = Math.floor(((example + 1) * total) / batch) - Math.floor((example * total) / batch);
    // Whatever order the row before left, a partial shuffle of it is a uniform choice.
    for (const [i, draw] of integers(100 + row, count, 2 ** 31).entries()) {
      const other = i + (draw % (units - i));
      [order[i], order[other]] = [order[other]!, order[i]!];
      spikes[row * units + order[i]!] = 1;
    }
  }
  return spikes;
}
