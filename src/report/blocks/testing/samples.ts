import { straightThrough } from "../../../estimators/straight-through.ts";
import type { ReportedRun } from "../../report.ts";
import { madeUpRun } from "./index.ts";

const image = (shift: number) => Float32Array.of(0, 0.25 + shift, 0.5, 1);
const names = ["cat", "dog"];
const readings = {
  names,
  truth: Int32Array.of(0, 0, 0, 1, 1, 1),
  predicted: Int32Array.of(0, 0, 1, 1, 1, 0),
  confidence: Float32Array.of(0.95, 0.7, 0.6, 0.9, 0.8, 0.55),
  // Three gates: open for all cats and no dog, for one of three each, for none.
  opened: [Float64Array.of(3, 1, 0, 0, 1, 0)],
};
const gates = [{ name: "blocks1", gates: 3, opens: "threshold" }] as const;

/** A run that has little of everything, for the block of each name: what its snapshot is drawn of. */
export const samples: Readonly<Record<string, ReportedRun>> = {
  results: madeUpRun({ gates }),
  curves: madeUpRun(),
  firing: madeUpRun({
    gates,
    insides: { weights: [], activity: Float32Array.of(0, 0.1, 0.4, 0.9), measure: "firing rate", isOfChannels: false },
  }),
  rasters: madeUpRun({
    rasters: [
      {
        ...{ layer: "hidden1", along: "examples", shows: "outputs", noun: "units", units: 3 },
        rows: [Float32Array.of(0, 1, 1, 1), Float32Array.of(0, 0, 0, 0)],
        groups: names.map((name) => ({ name, columns: 2 })),
      },
    ],
  }),
  "gates-by-class": madeUpRun({ gates, readings: { deterministic: readings, stochastic: undefined } }),
  confusion: madeUpRun({
    mistakes: { ...{ count: 2, examples: 6, shown: [] }, confusion: { names, counts: [[2, 1], [1, 2]] } }, // biome-ignore format: one line
  }),
  calibration: madeUpRun({ readings: { deterministic: readings, stochastic: readings } }),
  predicted: madeUpRun({
    estimates: [{ name: "mass", truth: Float32Array.of(1, 2, 3, 4), predicted: Float32Array.of(1.5, 2, 2, 4.25) }],
  }),
  mistakes: madeUpRun({
    mistakes: {
      ...{ count: 2, examples: 6 },
      shown: [{ example: 2, input: image(0), truth: "cat", predicted: "dog", probability: 0.6 }],
    },
  }),
  weights: madeUpRun({
    ...{ insides: { weights: [image(0), image(0.5)], activity: new Float32Array(2), measure: "mean output", isOfChannels: false } }, // biome-ignore format: one line
    weightTable: {
      columns: ["age", "mass"],
      weights: [Float32Array.of(-2, 1, 0), Float32Array.of(0.5, 0, 0.25)],
      of: { columns: 2, units: 3 },
    },
  }),
  "feature-maps": madeUpRun({
    maps: {
      inputs: [image(0)],
      layers: [
        {
          ...{ name: "conv1", height: 2, width: 2, channels: 2, dead: 1, of: 6, samples: 1 },
          maps: [[image(0), new Float32Array(4)]],
        },
      ],
    },
  }),
  "gradient-noise": madeUpRun({
    gradientNoise: {
      ...{ batch: 100, steps: 20 },
      layers: [
        { name: "hidden1", signalToNoise: { value: 0.25, low: 0.2, high: 0.3125 }, drawn: 0.8 },
        { name: "output", signalToNoise: { value: 2, low: 1.6, high: 2.5 }, drawn: 0 },
      ],
    },
  }),
  cost: madeUpRun({
    work: {
      accounts: {
        training: { dense: 6000, done: 3000, open: [0.25] },
        inference: { dense: 2000, done: 1100, open: [0.1] },
      },
      layers: [
        { name: "gater1", dense: 1000, done: 1000 },
        { name: "blocks1", dense: 1000, done: 100 },
      ],
    },
  }),
  method: madeUpRun({ cards: [straightThrough.card], diagram: "<svg></svg>" }),
};
