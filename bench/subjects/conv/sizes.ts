import { UserError } from "../../../src/errors.ts";
import { type Conv, convLayers, convPasses, denseWidths } from "../../workloads/conv.ts";
import { positiveInteger } from "../../workloads/sizes.ts";
import type { ReadList } from "../subject.ts";

/** LeNet-like, as on MNIST. */
const usual = { batch: [100, 32, 1], image: [28, 28, 1], channels: [32, 64], size: [5] } as const;

export type ConvLists = Readonly<Partial<Record<keyof typeof usual, readonly number[]>>>;

/** Rows x columns x channels. */
export const imageSize: ReadList = (option, text) => {
  const values = text.split("x").map(positiveInteger);
  if (values.length !== 3 || values.includes(0))
    throw new UserError(`${option} takes rows x columns x channels such as 28x28x1; received ${text}`);
  return values;
};

/** Odd numbers, so that an image has as many rows and columns around it on both sides. */
export const windowSize: ReadList = (option, text) => {
  const value = positiveInteger(text);
  if (value % 2 !== 1) throw new UserError(`${option} takes an odd number such as 5; received ${text}`);
  return [value];
};

/** What is measured, a training step and inference of each batch. Throws UserError for images that are too small, and arrays beyond 512 MB. */
export function convTasks(lists: ConvLists = {}): Conv[] {
  const { batch: batches, image, channels, size } = { ...usual, ...lists };
  const [rows, columns, depth] = image as readonly [number, number, number];
  const named = `${image.join("x")}, ${channels.join("-")} by ${size[0]}`;
  if (Math.min(rows, columns) >> channels.length < 1)
    throw new UserError(
      `conv: ${channels.length} poolings by 2 need ${2 ** channels.length} rows and columns or more; received ${named}`,
    );
  return batches.flatMap((batch) =>
    convPasses.map((pass) => {
      const task: Conv = { kind: "conv", pass, batch, image: [rows, columns, depth], channels, size: size[0]! };
      const [input, hidden] = denseWidths(task);
      const arrays = convLayers(task).flatMap((layer) => [
        batch * layer.rows * layer.columns * Math.max(layer.channels, layer.features),
        size[0]! ** 2 * layer.channels * layer.features,
      ]);
      if (Math.max(...arrays, input * hidden) > 2 ** 27)
        throw new UserError(`conv: an array has at most 134217728 elements (512 MB); received ${batch} of ${named}`);
      return task;
    }),
  );
}
