import { UserError } from "../../errors.ts";
import { add, conv2d, NdArray, type Shape, sameShape, showShape, sizeOf, type Tensor } from "../../graph/index.ts";
import type { Pair } from "../../graph/window.ts";
import { affineInit } from "../../layers/affine.ts";
import { checkKeys, show } from "../../rules.ts";
import { keptGates, type Stage, type StageCard, type StagePlace, type StageSpec } from "../stage.ts";
import { imageOf, inShape, windowText } from "./image.ts";
import { type UnitsOption, withUnits } from "./with-units.ts";

/** Stages, and a way around them. */
export interface ResidualOptions extends UnitsOption {
  /** First to last. */
  readonly stages: readonly StageSpec[];
  /** Its name in tables (default: residual1, residual2, …). */
  readonly name?: string | undefined;
}

/** What pages say about it. */
export const card: StageCard = {
  title: "stages and a way around them",
  summary:
    "Adds what the stages in it read to what they output. Where they change the shape, a convolution of one tap (of vectors, a matrix) goes the way around.",
  formula: "y = x + f(x) \\;\\text{ or }\\; P x + f(x)",
  reads: "[B, N]",
  outputs: "[B, N]",
  source: "He, Zhang, Ren and Sun 2015, Deep residual learning for image recognition, https://arxiv.org/abs/1512.03385",
};

/**
 * Stages, whose output is added to what the first of them reads, and units of the sum. Stages that make images smaller, or give them other channels,
 * are gone around by a convolution of one tap with the same steps. He, Zhang, Ren and Sun 2015. Throws UserError, when the network is made, for an option that isn't as it must be.
 */
export const residual = ({ stages, ...options }: ResidualOptions): StageSpec => ({
  kind: "residual",
  around: { begin: { kind: "residual begin", build: begin }, stages: Array.isArray(stages) ? stages : [] },
  build: (at) => build({ ...options, stages }, at),
});

/** Keeps what the stages read. */
const begin = ({ input }: StagePlace): Stage => ({
  kind: "residual begin",
  config: { kind: "residual begin" },
  ...{ rows: [], output: input, units: sizeOf(input) },
  keeps: (x) => [x],
  outputGates: keptGates,
  init: () => ({ params: [], states: [] }),
  preactivation: (_, x) => x,
});

function build({ estimator, stages, ...options }: ResidualOptions, at: StagePlace): Stage {
  const { subject, input: output } = at;
  checkKeys(subject, options, ["stages", "estimator", "name"]);
  if (!Array.isArray(stages) || stages.length === 0)
    throw new UserError(`${subject}.stages must be a list of at least one stage, received ${show(stages)}`);
  const before = at.joined!;
  const around = sameShape(before, output) ? undefined : projection(before, output, subject);
  const stage = withUnits(at, estimator, {
    kind: "residual",
    config: options,
    output,
    row: {
      ...{ name: options.name ?? `residual${at.number}`, input: output },
      parameters: around ? [{ name: "weight", shape: around.shape, incoming: [0, 1, 2] }] : [],
      ...{ map: `residual sum${around ? `, ${around.words} around` : ""}`, multiplyAdds: around?.multiplyAdds ?? 0 },
    },
    init: (key) => (around ? { weight: around.init(key) } : {}),
    map([own], f, { kept }): Tensor {
      const [x] = kept.at(-1)!;
      return add(f, around ? around.of(x!, own!.weight!) : inShape(x!, output));
    },
  });
  return { ...stage, joins: true };
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
