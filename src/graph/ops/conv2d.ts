import { optionsOf, wholeNumber } from "../arguments.ts";
import { apply, type Op } from "../op.ts";
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
}

export const conv2dOp: Op<ConvAttrs> = {
  name: "conv2d",
  spec([x, w], attrs) {
    const { window, groups } = attrs;
    checkImages("conv2d", "x", x!, window.input);
    const sizes: ConvSizes = { batch: x!.shape[0]!, channels: x!.shape[3]!, features: w!.shape[3]! };
    const dtype = checkConv("conv2d", sizes, groups, x!, w!);
    checkWeights("conv2d", w!, attrs, sizes);
    return { shape: [sizes.batch, ...window.output, sizes.features], dtype };
  },
  derivative: ({ inputs: [x, w], attrs }, g) => [transposedConv(g, w!, attrs), convGradient(x!, g, attrs)],
  lowering: ({ attrs }) => ({ kind: "conv", how: "FORWARD", ...attrs }),
  work: ({ inputs: [x, w], attrs }) => ({ multiplyAdds: convWork(x!.shape[0]!, attrs, w!) }),
  reference([x, w], attrs, output) {
    const totals = new Float64Array(output.data.length);
    const sizes = { batch: x!.shape[0]!, channels: x!.shape[3]!, features: w!.shape[3]! };
    forEachConvTerm(attrs, sizes, (i, j, o) => (totals[o]! += x!.data[i]! * w!.data[j]!));
    output.data.set(totals);
  },
};

/** The convolution of a window that is known. */
export const convolution = (x: Tensor, w: Tensor, attrs: ConvAttrs): Tensor => apply(conv2dOp, [x, w], attrs);

/**
 * A convolution as networks have it (a cross-correlation): y[b, o, n] = Σ x[b, o · stride + t · dilation − padding, c] w[t, c, n] over
 * taps t and channels c, along rows and columns. Throws ShapeError for weights or a window that don't fit.
 * @param x [B, rows, columns, channels]
 * @param w [taps of rows, taps of columns, channels / groups, features]
 * @returns [B, places, places, features]
 */
export function conv2d(x: Tensor, w: Tensor, options: ConvOptions = {}): Tensor {
  checkTensors("conv2d", [x, w]);
  const { groups = 1, ...sliding } = optionsOf("conv2d", options, [...windowOptions, "groups"]);
  const window = windowOver("conv2d", imagePair("conv2d", "x", x), weightTaps("conv2d", w), sliding);
  return convolution(x, w, { window, groups: wholeNumber("conv2d", "groups", groups, 1) });
}
