import type { Dataset } from "../data/dataset.ts";
import { datasetFromArrays } from "../data/from-arrays.ts";
import type { NdArray } from "../graph/index.ts";
import { matmul, maximum } from "../graph/index.ts";
import { fitPreprocess } from "../layers/preprocess/index.ts";
import { gatedMlp } from "../models/gated-mlp.ts";
import { evidence } from "../models/heads/evidence.ts";
import { gaussian } from "../models/heads/gaussian.ts";
import { stepClasses } from "../models/heads/step-classes.ts";
import { values } from "../models/heads/values.ts";
import { mlp } from "../models/mlp.ts";
import type { Model } from "../models/model.ts";
import { network } from "../models/network.ts";
import { defineStage } from "../models/own-stage.ts";
import { dense } from "../models/stages/dense.ts";
import { latent } from "../models/stages/latent.ts";
import { perStep } from "../models/stages/per-step.ts";
import { recurrent } from "../models/stages/recurrent.ts";

/** Numbers in [−1, 1) that are a function of i. */
export const wave = (length: number, phase = 1): Float32Array =>
  Float32Array.from({ length }, (_, i) => Math.fround(Math.sin(phase + 1.3 * i)));

const x = Array.from({ length: 40 }, (_, i) => [...wave(6, i + 1)]);
/** Six columns and three classes with names. */
export const named: Dataset = datasetFromArrays({
  x,
  label: x.map(([a, b]) => (a! > 0.3 ? "high" : b! > 0 ? "middle" : "low")),
});

export const maxout = defineStage("maxout", ({ units }: { units: number }, { input: [columns] }) => ({
  units,
  estimator: "straight-through-slope",
  parameters: { one: [columns!, units], two: [columns!, units] },
  apply: ({ one, two }, x) => maximum(matmul(x, one!), matmul(x, two!)),
}));

/** Networks of every kind of head and stage that predicts in its own way. */
export const models: Readonly<Record<string, () => Model>> = {
  classes: () =>
    mlp({
      input: 6,
      hidden: [
        { units: 9, estimator: "straight-through-slope" },
        { units: 5, estimator: "disarm" },
      ],
      classes: 3,
    }) as Model,
  "deterministic units": () => mlp({ input: 6, hidden: [{ units: 9, estimator: "tanh" }], classes: 3 }) as Model,
  "gates of a threshold": () =>
    gatedMlp({
      input: 6,
      gated: [{ blocks: 8, width: 3, activation: "rectifier", gate: "straight-through", open: 0.4 }],
      classes: 3,
    }) as Model,
  // Its gater's weight is held by unit.
  "rectifying gates": () =>
    gatedMlp({
      input: 6,
      gated: [
        {
          ...{ blocks: 8, width: 3, activation: "rectifier", gater: { name: "dense", hidden: [] } },
          ...{ gate: "noisy-rectifier", sparsity: { name: "adaptive-l1", target: 0.1 } },
        },
      ],
      classes: 3,
    }) as Model,
  "top-k gates": () =>
    gatedMlp({
      input: 6,
      gated: [
        {
          blocks: 8,
          width: 2,
          activation: "tanh",
          gater: { name: "dense", hidden: [] },
          gate: { name: "top-k", k: 2 },
        },
      ],
      classes: 3,
    }) as Model,
  "scaled numbers": () =>
    network({
      input: 6,
      preprocess: fitPreprocess("standardise", named.train.fields.x as NdArray),
      stages: [dense({ units: 7, estimator: "noisy-rectifier" }), dense({})],
      head: values(2),
    }) as Model,
  gaussian: () => network({ input: 6, stages: [maxout({ units: 4 }), dense({})], head: gaussian(2) }) as Model,
  steps: () =>
    network({
      input: [5, 3],
      stages: [recurrent({ cell: "lstm", units: 4, output: "sequence", lengths: "lengths" }), perStep({})],
      head: stepClasses(5, { classes: 3, lengths: "lengths" }),
    }) as Model,
  latents: () => network({ input: 6, stages: [latent({ units: 4, estimator: "disarm" })], head: evidence() }) as Model,
};
