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
  type Pair,
  pairOf,
  weightTaps,
  windowOptions,
  windowUnder,
} from "../window.ts";
import { convGradient } from "./conv-gradient.ts";
import { type ConvOptions, convolution } from "./conv2d.ts";

/** How a transposed convolution slides, and how large its result is. */
export interface TransposedConvOptions extends ConvOptions {
  /** Rows and columns of the result (default: as few as the window needs; with `"same"`, stride times those of the images). */
  readonly output?: number | Pair | undefined;
}

export const conv2dTransposeOp: Op<ConvAttrs> = {
  name: "conv2dTranspose",
  spec([y, w, ...gates], attrs) {
    const { window, groups, open } = attrs;
    checkImages("conv2dTranspose", "y", y!, window.output);
    const sizes: ConvSizes = { batch: y!.shape[0]!, channels: w!.shape[2]! * groups, features: y!.shape[3]! };
    const dtype = checkConv("conv2dTranspose", sizes, groups, y!, w!);
    checkWeights("conv2dTranspose", w!, attrs, sizes);
    checkGates("conv2dTranspose", gatesAmong([y!, w!, ...gates], open), sizes, groups);
    return { shape: [sizes.batch, ...window.input, sizes.channels], dtype };
  },
  derivative({ inputs, attrs }, g) {
    const [y, w] = inputs as [Tensor, Tensor];
    const gates = gatesAmong(inputs, attrs.open);
    return [convolution(g, w, attrs, gates), convGradient(g, y, attrs, gates)];
  },
  lowering: ({ attrs }) => ({ kind: "conv", how: "TRANSPOSED", ...attrs }),
  work: ({ inputs, attrs }) =>
    openWork(convWork(inputs[0]!.shape[0]!, attrs, inputs[1]!), gatesAmong(inputs, attrs.open)),
  reference(inputs, attrs, output) {
    const [y, w] = inputs;
    const totals = new Float64Array(output.data.length);
    const sizes = { batch: y!.shape[0]!, channels: output.shape[3]!, features: y!.shape[3]! };
    forEachConvTerm(
      attrs,
      sizes,
      gatesAmong(inputs, attrs.open),
      (i, j, o) => (totals[i]! += y!.data[o]! * w!.data[j]!),
    );
    output.data.set(totals);
  },
};

/** The transpose of the convolution of a window that is known: the gradient of its images. */
export function transposedConv(y: Tensor, w: Tensor, { window, groups }: ConvAttrs, open?: OpenChannels): Tensor {
  const { gates, ...which } = gateInputs(open);
  return apply(conv2dTransposeOp, [y, w, ...gates], { window, groups, ...which });
}

/**
 * The transpose of `conv2d`, which spreads each place over a window: x[b, o · stride + t · dilation − padding, c] = Σ y[b, o, n] w[t, c, n].
 * Its options are those of the convolution that it is the transpose of, so that `open.channels` closes groups of the result. Throws ShapeError for
 * weights, gates or a window that don't fit.
 * @param y [B, rows, columns, features]
 * @param w [taps of rows, taps of columns, channels / groups, features]
 * @returns [B, rows, columns, channels], of more rows and columns
 */
export function conv2dTranspose(y: Tensor, w: Tensor, options: TransposedConvOptions = {}): Tensor {
  checkTensors("conv2dTranspose", [y, w]);
  const {
    groups = 1,
    open,
    output,
    ...sliding
  } = optionsOf("conv2dTranspose", options, [...windowOptions, "groups", "open", "output"]);
  const size = weightTaps("conv2dTranspose", w);
  const given = output === undefined ? undefined : pairOf("conv2dTranspose", "output", output);
  const window = windowUnder("conv2dTranspose", imagePair("conv2dTranspose", "y", y), size, sliding, given);
  const attrs = { window, groups: wholeNumber("conv2dTranspose", "groups", groups, 1) };
  return transposedConv(y, w, attrs, openOf("conv2dTranspose", open));
}
