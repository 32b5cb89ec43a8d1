import type { Backend } from "../backends/backend.ts";
import { compile } from "../compile/compile.ts";
import type { Estimator, EstimatorState } from "../estimators/estimator.ts";
import { abs, add, gradients, max, mean, mul, type NdArray, stack, sum, type Tensor } from "../graph/index.ts";
import { batchOf } from "../models/feed.ts";
import type { Batch } from "../models/head.ts";
import type { Model, Params } from "../models/model.ts";
import { key } from "../random/index.ts";
import { show } from "../rules.ts";
import { TRAINING_NOISE } from "./step.ts";

/** What a training's first step computes, before any update: what is not finite in it, and how large the rest is. */
export interface FirstStep {
  /** The first thing that isn't finite, in the order in which a step computes them, and what to do about it; undefined if all are. */
  readonly broken: { readonly what: string; readonly cure: string } | undefined;
  /** Mean loss of the batch. */
  readonly loss: number;
  /** The largest absolute value of a gradient. */
  readonly gradient: number;
  /** The layer whose gradient that is, in words. */
  readonly layer: string;
}

interface Part {
  readonly what: string;
  readonly cure: string;
  readonly value: Tensor;
}

/**
 * Looks at each part of a first step: every layer's pre-activations and output, the class scores, the losses, the penalty, the gradients.
 * It is run once a training has failed, to say why; it is not part of any step.
 */
export function firstStep(model: Model, seed: number, backend: Backend, batch: readonly NdArray[]): FirstStep {
  const { params, states } = model.init(seed);
  let parts: readonly Part[] = [];
  let rows: readonly { readonly name: string }[] = [];
  const program = compile(
    (p: Params<Tensor>, own: readonly EstimatorState[], ...given: readonly Tensor[]) => {
      const found = partsOf(model, seed, { params: p, states: own, batch: batchOf(model, given) });
      parts = found.parts;
      rows = found.gradients;
      return {
        sums: stack(parts.map(({ value }) => sum(mul(value, 0)))),
        sizes: stack(found.gradients.map(({ value }) => max(abs(value)))),
        loss: found.loss,
      };
    },
    { backend },
  );
  const { sums, sizes, loss } = program(params, states, ...batch);
  const at = sums.data.findIndex((value) => value !== 0);
  const largest = Array.from(sizes.data).reduce((best, size, i, all) => (size > all[best]! ? i : best), 0);
  return {
    broken: at < 0 ? undefined : parts[at]!,
    loss: loss.item(),
    gradient: sizes.data[largest]!,
    layer: rows[largest]!.name,
  };
}

interface Inputs {
  readonly params: Params<Tensor>;
  readonly states: readonly EstimatorState[];
  readonly batch: Batch<Tensor>;
}

function partsOf(model: Model, seed: number, { params, states, batch }: Inputs) {
  const noise = key(seed).fold(TRAINING_NOISE).fold(0);
  const layers = model.unitLayers;
  const smallerGain = "its first weights are too large: choose a smaller gain";
  const forward: Part[] = [];
  const losses: Part[] = [];
  for (const [i, { estimator, name, row }] of layers.entries()) {
    const { read, a } = model.cut(params, batch[model.input]!, i, noise, batch);
    const downstream = model.behind(params, batch, i, read, noise, states);
    const sent: Tensor[] = [];
    const watched: typeof downstream = (h, mode) => {
      sent.push(h);
      return downstream(h, mode);
    };
    const { loss } = estimator.estimate(a, noise.fold(i), watched, states[row] ?? {});
    const cure = `look at ${inWords(model, estimator, i)}`;
    forward.push({ what: `the pre-activations of ${name}`, cure: smallerGain, value: a });
    forward.push(...sent.map((value) => ({ what: `the output of ${name}`, cure, value })));
    losses.unshift({ what: `the loss that the estimator of ${name} gives`, cure, value: loss });
  }
  const pass = model.train(params, batch, noise, states);
  const loss = mean(pass.loss);
  const penalty = pass.penalty && [
    { what: "the penalty of the gates", cure: "look at the options of sparsity", value: pass.penalty },
  ];
  const weights = model.layers.flatMap(({ name, parameters, estimator }, row) =>
    parameters.flatMap((parameter) => {
      const tensor = params[row]?.[parameter.name];
      return tensor ? [{ name: `the ${parameter.name} of ${name}`, tensor, estimator }] : [];
    }),
  );
  const flowing = gradients(
    pass.penalty ? add(loss, pass.penalty) : loss,
    weights.map(({ tensor }) => tensor),
  );
  const begun = weights.map(({ name, tensor }): Part => ({ what: name, cure: smallerGain, value: tensor }));
  const slopes = weights.map(({ name, estimator }, i) => ({ name, estimator, value: flowing[i]! }));
  const derivatives = slopes.toReversed().map(({ name, estimator, value }): Part => {
    const at = layers.findIndex((layer) => layer.estimator === estimator);
    const cure = estimator ? `look at ${inWords(model, estimator, at)}` : smallerGain;
    return { what: `the gradient of ${name}`, cure, value };
  });
  const scores = { what: model.head.reads, cure: smallerGain, value: pass.output };
  const whole = { what: "the loss", cure: smallerGain, value: loss };
  const parts = [...begun, ...forward, scores, ...losses, whole, ...(penalty ?? []), ...derivatives];
  return { parts, gradients: slopes, loss };
}

/** An estimator as it stands in the model's config, with its options. */
function inWords({ config }: Model, { card }: Estimator, layer: number): string {
  const { stages } = config as { readonly stages: readonly Readonly<Record<string, unknown>>[] };
  const found = stages.flatMap(({ estimator, gate }) => estimator ?? gate ?? [])[layer];
  const options = typeof found === "object" && found !== null ? Object.entries(found).slice(1) : [];
  const list = options.map(([name, value]) => `${name} ${show(value)}`).join(", ");
  return list === "" ? `the estimator ${card.name}` : `the options of the estimator ${card.name} (${list})`;
}
