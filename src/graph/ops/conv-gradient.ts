import { apply, type Op } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import { type ConvAttrs, type ConvSizes, checkConv, checkImages, convWork, forEachConvTerm } from "../window.ts";
import { convolution } from "./conv2d.ts";
import { transposedConv } from "./conv2d-transpose.ts";

export const convGradientOp: Op<ConvAttrs> = {
  name: "convGradient",
  spec([x, y], { window, groups }) {
    checkImages("convGradient", "x", x!, window.input);
    checkImages("convGradient", "y", y!, window.output);
    const sizes: ConvSizes = { batch: x!.shape[0]!, channels: x!.shape[3]!, features: y!.shape[3]! };
    const dtype = checkConv("convGradient", sizes, groups, x!, y!);
    return { shape: [...window.size, sizes.channels / groups, sizes.features], dtype };
  },
  derivative: ({ inputs: [x, y], attrs }, g) => [transposedConv(y!, g, attrs), convolution(x!, g, attrs)],
  lowering: ({ attrs }) => ({ kind: "conv", how: "WEIGHTS", ...attrs }),
  work: ({ inputs: [x], output, attrs }) => ({ multiplyAdds: convWork(x!.shape[0]!, attrs, output) }),
  reference([x, y], attrs, output) {
    const totals = new Float64Array(output.data.length);
    const sizes = { batch: x!.shape[0]!, channels: x!.shape[3]!, features: y!.shape[3]! };
    forEachConvTerm(attrs, sizes, (i, j, o) => (totals[j]! += x!.data[i]! * y!.data[o]!));
    output.data.set(totals);
  },
};

/**
 * The gradient of a convolution's weights: w[t, c, n] = Σ x[b, o · stride + t · dilation − padding, c] y[b, o, n] over images and places.
 * @param x [B, rows, columns, channels]
 * @param y [B, places, places, features]
 */
export const convGradient = (x: Tensor, y: Tensor, attrs: ConvAttrs): Tensor => apply(convGradientOp, [x, y], attrs);
