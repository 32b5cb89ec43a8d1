import { optionsOf, wholeNumber } from "../arguments.ts";
import { apply, type Op } from "../op.ts";
import { checkGates, gateInputs, gatesAmong, type OpenChannels, openOf, openWork } from "../open-channels.ts";
import { checkTensors } from "../operand.ts";
import type { Tensor } from "../tensor.ts";
import {
  type ConvAttrs,
  type ConvSizes,
  checkConv,
  checkImages,
  checkWeights,
  convWork,
  forEachConvTerm,
  imagePair,
  type WindowOptions,
  weightTaps,
  windowOptions,
  windowOver,
} from "../window.ts";
import { convGradient } from "./conv-gradient.ts";
import { transposedConv } from "./conv2d-transpose.ts";

/** How a convolution slides over images, and in how many parts. */
export interface ConvOptions extends WindowOptions {
  /** Parts of the channels, each with weights and features of its own (default: 1). As many as channels: a depthwise convolution. */
  readonly groups?: number | undefined;
  /** Gates that close groups of channels for an image; closed ones are skipped (default: all are open). `groups` must be 1 then. */
  readonly open?: OpenChannels | undefined;
}

export const conv2dOp: Op<ConvAttrs> = {
  name: "conv2d",
  spec([x, w, ...gates], attrs) {
    const { window, groups, open } = attrs;
    checkImages("conv2d", "x", x!, window.input);
    const sizes: ConvSizes = { batch: x!.shape[0]!, channels: x!.shape[3]!, features: w!.shape[3]! };
    const dtype = checkConv("conv2d", sizes, groups, x!, w!);
    checkWeights("conv2d", w!, attrs, sizes);
    checkGates("conv2d", gatesAmong([x!, w!, ...gates], open), sizes, groups);
    return { shape: [sizes.batch, ...window.output, sizes.features], dtype };
  },
  derivative({ inputs, attrs }, g) {
    const [x, w] = inputs as [Tensor, Tensor];
    const gates = gatesAmong(inputs, attrs.open);
    return [transposedConv(g, w, attrs, gates), convGradient(x, g, attrs, gates)];
  },
  lowering: ({ attrs }) => ({ kind: "conv", how: "FORWARD", ...attrs }),
  work: ({ inputs, attrs }) =>
    openWork(convWork(inputs[0]!.shape[0]!, attrs, inputs[1]!), gatesAmong(inputs, attrs.open)),
  reference(inputs, attrs, output) {
    const [x, w] = inputs;
    const totals = new Float64Array(output.data.length);
    const sizes = { batch: x!.shape[0]!, channels: x!.shape[3]!, features: w!.shape[3]! };
    forEachConvTerm(
      attrs,
      sizes,
      gatesAmong(inputs, attrs.open),
      (i, j, o) => (totals[o]! += x!.data[i]! * w!.data[j]!),
    );
    output.data.set(totals);
  },
};

/** The convolution of a window that is known. */
export function convolution(x: Tensor, w: Tensor, { window, groups }: ConvAttrs, open?: OpenChannels): Tensor {
  const { gates, ...which } = gateInputs(open);
  return apply(conv2dOp, [x, w, ...gates], { window, groups, ...which });
}

/**
 * A convolution as networks have it (a cross-correlation): y[b, o, n] = Σ x[b, o · stride + t · dilation − padding, c] w[t, c, n] over
 * taps t and channels c, along rows and columns. With `open`, features of a closed group are 0 and not computed, and channels of a closed group
 * count as 0 and are not read. Throws ShapeError for weights, gates or a window that don't fit.
 * @param x [B, rows, columns, channels]
 * @param w [taps of rows, taps of columns, channels / groups, features]
 * @returns [B, places, places, features]
 */
export function conv2d(x: Tensor, w: Tensor, options: ConvOptions = {}): Tensor {
  checkTensors("conv2d", [x, w]);
  const { groups = 1, open, ...sliding } = optionsOf("conv2d", options, [...windowOptions, "groups", "open"]);
  const window = windowOver("conv2d", imagePair("conv2d", "x", x), weightTaps("conv2d", w), sliding);
  return convolution(x, w, { window, groups: wholeNumber("conv2d", "groups", groups, 1) }, openOf("conv2d", open));
}
