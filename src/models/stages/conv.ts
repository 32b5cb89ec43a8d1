import { add, conv2d, NdArray, type Shape, sizeOf, type Tensor } from "../../graph/index.ts";
import { convWork } from "../../graph/window.ts";
import { affineInit, gainRule } from "../../layers/affine.ts";
import { evaluatesAll } from "../../layers/gated-blocks.ts";
import { checkBoolean, checkKeys, checkNumber } from "../../rules.ts";
import type { Stage, StageCard, StagePlace, StageSpec } from "../stage.ts";
import { checkChannels, convWindow, imageOf, inShape, windowText } from "./image.ts";
import { specOf } from "./spec.ts";
import { type UnitsOption, withUnits } from "./with-units.ts";

/** A number for rows and columns, or one for each of the two. */
export type Sides = number | readonly number[];

/** A convolution, and units that an estimator trains through. */
export interface ConvOptions extends UnitsOption {
  /** N: features, the channels of what it outputs. */
  readonly features: number;
  /** Taps along rows and columns (default: 3). */
  readonly size?: Sides | undefined;
  /** Steps of the window (default: 1). */
  readonly stride?: Sides | undefined;
  /** Zeros around the image: as many as keep its size at a step of 1 ("same", default), none ("valid"), a number, or [[above, below], [left, right]]. */
  readonly padding?: "same" | "valid" | Sides | readonly Sides[] | undefined;
  /** Distance of neighbouring taps (default: 1). */
  readonly dilation?: Sides | undefined;
  /** Parts of the channels, each with features of its own (default: 1). "depthwise": one for each channel. */
  readonly groups?: number | "depthwise" | undefined;
  /** Whether a number is added to each feature (default: true). Before a normalise stage, which has one, it is of no use. */
  readonly bias?: boolean | undefined;
  /** Factor on the range of the first weights (default: 1). */
  readonly gain?: number | undefined;
  /** Its name in tables (default: conv1, conv2, …). */
  readonly name?: string | undefined;
}

/** What pages say about it. */
export const card: StageCard = {
  title: "a convolution and its units",
  summary:
    "One small affine map at each place of an image. An estimator decides how the units fire at each of them and how they are trained.",
  formula: "a_{rch} = b_h + \\sum_{ijm} x_{r+i,\\,c+j,\\,m}\\, W_{ijmh}",
  reads: "[B, R, C, M]",
  outputs: "[B, R, C, H]",
  source:
    "LeCun, Bottou, Bengio and Haffner 1998, Gradient-based learning applied to document recognition, https://doi.org/10.1109/5.726791",
};

const keys = [
  ...["features", "size", "stride", "padding", "dilation", "groups", "bias", "gain", "estimator", "name"],
] as const;

/**
 * A convolution of images [rows, columns, channels] and units for each feature at each place: weights [taps, taps, channels / groups, features].
 * Images without channels have one. LeCun, Bottou, Bengio and Haffner 1998. Throws UserError, when the network is made, for an option that isn't as it must be.
 */
export const conv = (options: ConvOptions): StageSpec => specOf("conv", options, build);

function build({ estimator, ...options }: ConvOptions, at: StagePlace): Stage {
  const { subject } = at;
  checkKeys(subject, options, keys);
  const { features, bias = true, gain = 1, groups: asked = 1, name = `conv${at.number}` } = options;
  checkChannels(`${subject}.features`, features);
  checkBoolean(`${subject}.bias`, bias);
  checkNumber(`${subject}.gain`, gain, gainRule);
  const image = imageOf(at, "conv");
  const [, , channels] = image;
  const { taps, window, sliding } = convWindow(at, "conv", image, options);
  const { dilation, stride } = window;
  const groups = asked === "depthwise" ? channels : asked;
  checkNumber(`${subject}.groups`, groups, { whole: true, atLeast: 1 });
  for (const [what, count] of [["channels", channels], ["features", features]] as const) // biome-ignore format: one line
    checkNumber(`${subject}.groups: ${what} of a group`, count / groups, { whole: true, atLeast: 1 });
  const weight: Shape = [...taps, channels / groups, features];
  const output = [...window.output, features];
  const incoming = sizeOf(weight) / features;
  const parted = groups > 1 && groups < channels ? [`${groups} groups`] : [];
  const spread = sizeOf(dilation) > 1 ? ["dilated"] : [];
  const whole = groups > 1 && groups === channels ? "depthwise conv" : "conv";
  return withUnits(at, estimator, {
    kind: "conv",
    config: options,
    output,
    row: {
      ...{ name, input: at.input, multiplyAdds: convWork(1, { window, groups }, { shape: weight, dtype: "float32" }) },
      map: [`${whole} ${windowText(taps, stride)}`, ...spread, ...parted].join(", "),
      parameters: [
        { name: "weight", shape: weight, incoming: [0, 1, 2] },
        ...(bias ? [{ name: "bias", shape: [features] }] : []),
      ],
    },
    init: (key) => ({
      weight: new NdArray(affineInit(key, incoming, features, gain).weight.data, weight),
      ...(bias && { bias: NdArray.zeros([features]) }),
    }),
    map([own], x, { gates: channels, around }): Tensor {
      // What is skipped is 0 before the bias: what stands behind it masks it.
      const features = evaluatesAll() ? undefined : around;
      const open = groups === 1 && (channels ?? features) ? { channels, features } : undefined;
      const y = conv2d(inShape(x, image), own!.weight!, { ...sliding, groups, open });
      return bias ? add(y, own!.bias!) : y;
    },
  });
}
