import { UserError } from "../../errors.ts";
import {
  add,
  conv2d,
  mul,
  NdArray,
  notEqual,
  reshape,
  type Shape,
  sameShape,
  showShape,
  sizeOf,
  type Tensor,
  where,
} from "../../graph/index.ts";
import type { Pair } from "../../graph/window.ts";
import { affineInit } from "../../layers/affine.ts";
import { evaluatesAll } from "../../layers/gated-blocks.ts";
import { checkKeys, show } from "../../rules.ts";
import { estimatorConfigOf, type Stage, type StageCard, type StagePlace, type StageSpec } from "../stage.ts";
import { checkChannels, imageOf, inShape, windowText } from "./image.ts";
import { gateKeys, type ResidualGate, residualBegin } from "./residual-begin.ts";
import { specOf } from "./spec.ts";
import { type UnitsOption, withUnits } from "./with-units.ts";

/** Stages, and a way around them. */
export interface ResidualOptions extends UnitsOption, ResidualGate {
  /** First to last. */
  readonly stages: readonly StageSpec[];
  /** Its name in tables (default: residual1, residual2, …). */
  readonly name?: string | undefined;
}

/** What pages say about it. */
export const card: StageCard = {
  title: "stages and a way around them",
  summary:
    "Adds what the stages in it read to what they output. Where they change the shape, a convolution of one tap (of vectors, a matrix) goes the way around. With `keep` an image takes the stages by chance (stochastic depth), with `gate` where an estimator decides so.",
  formula: "y = x + f(x) \\;\\text{ or }\\; P x + f(x);\\quad x + g\\,f(x),\\; g\\in\\{0, 1\\}",
  reads: "[B, N]",
  outputs: "[B, N]",
  source: "He, Zhang, Ren and Sun 2015, Deep residual learning for image recognition, https://arxiv.org/abs/1512.03385; Huang, Sun, Liu, Sedra and Weinberger 2016, Deep networks with stochastic depth, https://arxiv.org/abs/1603.09382; Veit and Belongie 2018, Convolutional networks with adaptive inference graphs, https://arxiv.org/abs/1711.11503", // biome-ignore format: one line
};

/**
 * Stages, whose output is added to what the first of them reads, and units of the sum. Stages that make images smaller, or give them other channels,
 * are gone around by a convolution of one tap with the same steps. He, Zhang, Ren and Sun 2015.
 *
 * With `keep` each image of a training step takes the stages with that chance, and whoever samples does (stochastic depth, Huang et al. 2016, who draw
 * for a batch). Skipped images cost no convolution, count in no mean and variance of a batch, and train nothing inside; the way around and units of
 * the sum are there for all.
 *
 * With `gate` an estimator decides which images take them, and trains the gater that scores the gate (Veit and Belongie 2018, Convolutional networks with
 * adaptive inference graphs, https://arxiv.org/abs/1711.11503). Closed gates skip the stages in training where the estimator doesn't read them, at test
 * always; thresholds, controls and readouts are those of `gated`.
 *
 * Throws UserError, when the network is made, for an option that isn't as it must be.
 */
export const residual = (options: ResidualOptions): StageSpec => ({
  ...specOf("residual", options, build),
  around: {
    begin: specOf("residual begin", options, residualBegin),
    stages: Array.isArray(options?.stages) ? options.stages : [],
  },
});

function build({ estimator, stages, gate, ...options }: ResidualOptions, at: StagePlace): Stage {
  const { subject, input: output } = at;
  checkKeys(subject, options, ["stages", ...gateKeys, "estimator", "name"]);
  if (!Array.isArray(stages) || stages.length === 0)
    throw new UserError(`${subject}.stages must be a list of at least one stage, received ${show(stages)}`);
  const before = at.joined!;
  // An image without channels has one.
  const isSame = sameShape(before, output) || (before.length === 2 && sameShape([...before, 1], output));
  const around = isSame ? undefined : projection(before, output, subject);
  const { keep = 1 } = options;
  const sometimes = gate !== undefined ? ["gated"] : keep < 1 ? [`keep ${Number(keep.toPrecision(3))}`] : [];
  const stage = withUnits(at, estimator, {
    kind: "residual",
    config: { ...options, ...(gate !== undefined && { gate: estimatorConfigOf(gate) }) },
    output,
    row: {
      ...{ name: options.name ?? `residual${at.number}`, input: output },
      parameters: around ? [{ name: "weight", shape: around.shape, incoming: [0, 1, 2] }] : [],
      map: ["residual sum", ...sometimes, ...(around ? [`${around.words} around`] : [])].join(", "),
      multiplyAdds: around?.multiplyAdds ?? 0,
    },
    init: (key) => (around ? { weight: around.init(key) } : {}),
    map([own], f, { kept }): Tensor {
      const [x, gate, open] = kept.at(-1)!;
      const taken = gate ? gated(f, gate, open !== undefined && !evaluatesAll()) : f;
      return add(taken, around ? around.of(x!, own!.weight!) : inShape(x!, output));
    },
  });
  return { ...stage, joins: true };
}

/** g · f. What was skipped is no number to multiply. f [R, …], gate [R, 1] */
function gated(f: Tensor, gate: Tensor, skips: boolean): Tensor {
  const each = reshape(gate, [gate.shape[0]!, ...f.shape.slice(1).map(() => 1)]);
  return skips ? where(notEqual(each, 0), mul(f, each), 0) : mul(f, each);
}

/** The way around stages that change the shape. Throws UserError, naming the stage, where there is none. */
function projection(before: Shape, output: Shape, subject: string) {
  if (before.length === 1 && output.length === 1)
    return { ...ofImages([1, 1, before[0]!], [1, 1, output[0]!], subject, output), words: "a matrix" };
  return ofImages(imageOf({ input: before, subject }, "residual"), output, subject, output);
}

function ofImages(image: readonly [number, number, number], to: Shape, subject: string, output: Shape) {
  const [rows, columns, channels] = image;
  const [ownRows, ownColumns, features] = to as readonly [number, number, number];
  const stride: Pair = [Math.ceil(rows / ownRows), Math.ceil(columns / ownColumns)];
  const reached =
    to.length === 3 && Math.ceil(rows / stride[0]) === ownRows && Math.ceil(columns / stride[1]) === ownColumns;
  if (!reached)
    throw new UserError(
      `${subject}: what its stages output must be as large as what they read, or smaller by a whole factor, received ${showShape(output)} for ${showShape(image)}`,
    );
  checkChannels(`${subject}: channels that its stages read and change`, channels);
  checkChannels(`${subject}: channels that its stages output in place of others`, features);
  const shape: Shape = [1, 1, channels, features];
  return {
    shape,
    words: `conv ${windowText(1, stride)}`,
    multiplyAdds: channels * sizeOf(to),
    init: (key: Parameters<typeof affineInit>[0]): NdArray =>
      new NdArray(affineInit(key, channels, features).weight.data, shape),
    of: (x: Tensor, weight: Tensor): Tensor => inShape(conv2d(inShape(x, image), weight, { stride }), output),
  };
}
