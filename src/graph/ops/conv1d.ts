import { optionsOf } from "../arguments.ts";
import { showShape } from "../ndarray.ts";
import { checkTensors } from "../operand.ts";
import { inNameOf, shapeError } from "../site.ts";
import type { Tensor } from "../tensor.ts";
import { conv2d } from "./conv2d.ts";
import { reshape } from "./reshape.ts";

/** How a convolution slides along a sequence, and in how many parts. */
export interface Conv1dOptions {
  /** Steps from one place of the window to the next (default: 1). */
  readonly stride?: number | undefined;
  /** Steps from one tap to the next (default: 1). */
  readonly dilation?: number | undefined;
  /** What lies around the sequence: `"valid"` (the default), `"same"`, steps on both sides, or `[before, after]`. */
  readonly padding?: "valid" | "same" | number | readonly [before: number, after: number] | undefined;
  /** Parts of the channels, each with weights and features of its own (default: 1). */
  readonly groups?: number | undefined;
}

/**
 * A convolution along a sequence: y[b, o, n] = Σ x[b, o · stride + t · dilation − padding, c] w[t, c, n] over taps t and channels c. Throws ShapeError
 * for weights or a window that don't fit.
 * @param x [B, steps, channels]
 * @param w [taps, channels / groups, features]
 * @returns [B, places, features]
 */
export function conv1d(x: Tensor, w: Tensor, options: Conv1dOptions = {}): Tensor {
  checkTensors("conv1d", [x, w]);
  const {
    stride = 1,
    dilation = 1,
    padding = 0,
    groups,
  } = optionsOf("conv1d", options, ["stride", "dilation", "padding", "groups"]);
  if (x.rank !== 3 || w.rank !== 3)
    throw shapeError(
      `conv1d: needs a sequence [B, steps, channels] and weights [taps, channels / groups, features], received ${showShape(x.shape)} and ${showShape(w.shape)}`,
    );
  const [batch, steps, channels] = x.shape as readonly [number, number, number];
  const along = padding === "same" || padding === "valid" ? padding : Array.isArray(padding) ? padding : [padding, padding]; // biome-ignore format: one line
  const y = inNameOf("conv1d", () =>
    conv2d(reshape(x, [batch, 1, steps, channels]), reshape(w, [1, ...w.shape]), {
      stride: [1, stride],
      dilation: [1, dilation],
      padding: typeof along === "string" ? along : [[0, 0], along as readonly [number, number]],
      groups,
    }),
  );
  return reshape(y, [batch, ...y.shape.slice(2)]);
}
