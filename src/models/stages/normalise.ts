import { add, div, mean, mul, NdArray, reshape, sizeOf, sqrt, square, stopGradient, sub, type Tensor } from "../../graph/index.ts"; // biome-ignore format: one line
import { checkChoice, checkKeys, checkNumber } from "../../rules.ts";
import type { Stage, StageCard, StagePlace, StageSpec } from "../stage.ts";
import { byChannel } from "./image.ts";
import { type UnitsOption, withUnits } from "./with-units.ts";

/** What mean and variance are taken over. */
export const normalisations = ["batch", "layer"] as const;

/** Numbers of mean 0 and variance 1, which are then scaled and shifted as is learned. */
export interface NormaliseOptions extends UnitsOption {
  /**
   * batch (default): of each channel, over the examples of a batch and all places; at test, over those of the training's last steps.
   * layer: over all values of an example.
   */
  readonly over?: (typeof normalisations)[number] | undefined;
  /** The share of a batch in the mean and variance that test uses (default: 0.1). */
  readonly momentum?: number | undefined;
  /** What is added to a variance (default: 1e-5). */
  readonly epsilon?: number | undefined;
  /** Its name in tables (default: normalise1, normalise2, …). */
  readonly name?: string | undefined;
}

/** What pages say about it. */
export const card: StageCard = {
  title: "mean 0 and variance 1",
  summary:
    "Batch normalisation: each channel has mean 0 and variance 1 over a batch, then a scale and a shift that are learned. Or layer normalisation, over the values of an example.",
  formula: "y = \\gamma\\,\\frac{x-\\mu}{\\sqrt{\\sigma^2+\\epsilon}} + \\beta",
  reads: "[B, N]",
  outputs: "[B, N]",
  source: "Ioffe and Szegedy 2015, Batch normalization, https://arxiv.org/abs/1502.03167; Ba, Kiros and Hinton 2016, Layer normalization, https://arxiv.org/abs/1607.06450", // biome-ignore format: one line
};

/**
 * Batch or layer normalisation, and units. Of a batch, mean and variance are those of the examples that a training step reads (several copies of them
 * are normalised one by one); at test they are running means, which each step moves by `momentum`. The running variance is that of n − 1. Ioffe and Szegedy 2015; Ba, Kiros and
 * Hinton 2016.
 * Throws UserError, when the network is made, for an option that isn't as it must be.
 */
export const normalise = (options: NormaliseOptions = {}): StageSpec => ({
  kind: "normalise",
  build: (at) => build(options, at),
});

function build({ estimator, ...options }: NormaliseOptions, at: StagePlace): Stage {
  const { subject, input } = at;
  checkKeys(subject, options, ["over", "momentum", "epsilon", "estimator", "name"]);
  const { over = "batch", momentum = 0.1, epsilon = 1e-5, name = `normalise${at.number}` } = options;
  checkChoice(`${subject}.over`, over, normalisations);
  checkNumber(`${subject}.momentum`, momentum, { above: 0, atMost: 1 });
  checkNumber(`${subject}.epsilon`, epsilon, { above: 0 });
  const channels = input.at(-1)!;
  const values = sizeOf(input);
  const scaled = (own: { readonly [name: string]: Tensor }, centred: Tensor, variance: Tensor): Tensor =>
    add(mul(centred, div(own.scale!, sqrt(add(variance, epsilon)))), own.shift!);
  const stage = withUnits(at, estimator, {
    kind: "normalise",
    config: options,
    output: input,
    row: {
      ...{ name, map: `${over} normalisation`, input, multiplyAdds: 2 * values },
      parameters: [
        { name: "scale", shape: [channels] },
        { name: "shift", shape: [channels] },
        ...(over === "batch" ? ["mean", "variance"] : []).map((name) => ({
          ...{ name, shape: [channels], byRule: true as const },
        })),
      ],
    },
    init: () => ({
      scale: ones(channels),
      shift: NdArray.zeros([channels]),
      ...(over === "batch" && { mean: NdArray.zeros([channels]), variance: ones(channels) }),
    }),
    map([own], x, { training, rows }): Tensor {
      if (over === "layer") return ofLayer(own!, x, epsilon);
      if (!training) return reshape(scaled(own!, sub(byChannel(x), own!.mean!), own!.variance!), x.shape);
      const copies = x.shape[0]! / rows;
      const all = reshape(x, [copies, (rows * values) / channels, channels]);
      const of = momentsOf(copies === 1 ? byChannel(x) : all, copies === 1 ? 0 : 1);
      return reshape(scaled(own!, of.centred, of.variance), x.shape);
    },
  });
  return over === "layer" ? stage : { ...stage, control: ([own], _, { x }) => moving(own!, x, momentum) };
}

const ones = (count: number): NdArray => new NdArray(new Float32Array(count).fill(1), [count]);

/** x less its mean over `axis`, and the mean of that squared. */
function momentsOf(x: Tensor, axis: number): { mean: Tensor; centred: Tensor; variance: Tensor } {
  const of = mean(x, axis, { keep: true });
  const centred = sub(x, of);
  return { mean: of, centred, variance: mean(square(centred), axis, { keep: true }) };
}

function ofLayer(own: { readonly [name: string]: Tensor }, x: Tensor, epsilon: number): Tensor {
  const { centred, variance } = momentsOf(reshape(x, [x.shape[0]!, sizeOf(x.shape.slice(1))]), 1);
  const normal = reshape(div(centred, sqrt(add(variance, epsilon))), x.shape);
  return add(mul(normal, own.scale!), own.shift!);
}

/** The running mean and variance after a step that read x. */
function moving(own: { readonly [name: string]: Tensor }, x: Tensor, momentum: number) {
  const values = byChannel(stopGradient(x));
  const { mean: of, variance } = momentsOf(values, 0);
  const [count, channels] = values.shape as [number, number];
  const towards = (before: Tensor, now: Tensor): Tensor =>
    add(before, mul(sub(reshape(now, [channels]), before), momentum));
  return {
    states: {},
    moved: {
      mean: towards(own.mean!, of),
      variance: towards(own.variance!, mul(variance, count / Math.max(1, count - 1))),
    },
  };
}
