import { apply, type Op } from "../op.ts";
import { checkGates, gateInputs, gatesAmong, type OpenChannels, openWork } from "../open-channels.ts";
import type { Tensor } from "../tensor.ts";
import { type ConvAttrs, type ConvSizes, checkConv, checkImages, convWork, forEachConvTerm } from "../window.ts";
import { convolution } from "./conv2d.ts";
import { transposedConv } from "./conv2d-transpose.ts";

export const convGradientOp: Op<ConvAttrs> = {
  name: "convGradient",
  spec([x, y, ...gates], { window, groups, open }) {
    checkImages("convGradient", "x", x!, window.input);
    checkImages("convGradient", "y", y!, window.output);
    const sizes: ConvSizes = { batch: x!.shape[0]!, channels: x!.shape[3]!, features: y!.shape[3]! };
    const dtype = checkConv("convGradient", sizes, groups, x!, y!);
    checkGates("convGradient", gatesAmong([x!, y!, ...gates], open), sizes, groups);
    return { shape: [...window.size, sizes.channels / groups, sizes.features], dtype };
  },
  derivative({ inputs, attrs }, g) {
    const [x, y] = inputs as [Tensor, Tensor];
    const gates = gatesAmong(inputs, attrs.open);
    return [transposedConv(y, g, attrs, gates), convolution(x, g, attrs, gates)];
  },
  lowering: ({ attrs }) => ({ kind: "conv", how: "WEIGHTS", ...attrs }),
  work: ({ inputs, output, attrs }) =>
    openWork(convWork(inputs[0]!.shape[0]!, attrs, output), gatesAmong(inputs, attrs.open)),
  reference(inputs, attrs, output) {
    const [x, y] = inputs;
    const totals = new Float64Array(output.data.length);
    const sizes = { batch: x!.shape[0]!, channels: x!.shape[3]!, features: y!.shape[3]! };
    forEachConvTerm(
      attrs,
      sizes,
      gatesAmong(inputs, attrs.open),
      (i, j, o) => (totals[j]! += x!.data[i]! * y!.data[o]!),
    );
    output.data.set(totals);
  },
};

/**
 * The gradient of a convolution's weights: w[t, c, n] = Σ x[b, o · stride + t · dilation − padding, c] y[b, o, n] over images and places.
 * @param x [B, rows, columns, channels]
 * @param y [B, places, places, features]
 */
export function convGradient(x: Tensor, y: Tensor, { window, groups }: ConvAttrs, open?: OpenChannels): Tensor {
  const { gates, ...which } = gateInputs(open);
  return apply(convGradientOp, [x, y, ...gates], { window, groups, ...which });
}
