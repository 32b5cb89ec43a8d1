import { UserError } from "../errors.ts";
import type { IdxArray } from "./idx.ts";

/** An IDX array and the name of its file for errors. */
export interface Named extends IdxArray {
  readonly file: string;
}

/** Throws UserError unless images come with images, labels with labels, and each pair with equal counts of at least 1. */
export function refuseSwapped(trainImages: Named, trainLabels: Named, testImages: Named, testLabels: Named): void {
  const pairs = [
    [trainImages, trainLabels, testImages, testLabels],
    [testImages, testLabels, trainImages, trainLabels],
  ] as const;
  for (const [images, labels] of pairs) {
    if (images.shape.length === 1 && labels.shape.length > 1) {
      throw new UserError(
        `data: ${images.file} holds labels where images are expected, and ${labels.file} images: the two are swapped`,
      );
    }
    if (images.shape.length < 2) {
      throw new UserError(`data: ${images.file} must hold images (rank 2 or more), its rank is ${images.shape.length}`);
    }
    if (labels.shape.length !== 1) {
      throw new UserError(`data: ${labels.file} must hold labels (rank 1), its rank is ${labels.shape.length}`);
    }
  }
  for (const [images, labels, otherImages, otherLabels] of pairs) {
    const count = images.shape[0]!;
    const labelled = labels.shape[0]!;
    if (count !== labelled) {
      const swapped = count === otherLabels.shape[0] && labelled === otherImages.shape[0];
      throw new UserError(
        `data: ${images.file} holds ${count} images and ${labels.file} ${labelled} labels, the counts must be equal` +
          (swapped ? `; ${images.file} and ${otherImages.file} may be swapped` : ""),
      );
    }
    if (count === 0) throw new UserError(`data: ${images.file} holds no images`);
    if (images.shape.includes(0)) {
      throw new UserError(`data: the images of ${images.file} have no pixels, their shape is [${shapeOf(images)}]`);
    }
  }
}

/** Throws UserError unless pixels are ubyte, or float and within [0, 1]; names the first that is not. */
export function checkPixels({ type, shape, data, file }: Named): void {
  if (type === "uint8") return;
  if (type !== "float32" && type !== "float64") {
    throw new UserError(`data: the pixels of ${file} must be uint8 (0..255) or float (0..1), they are ${type}`);
  }
  const wrong = data.findIndex((value: number) => !(value >= 0 && value <= 1));
  if (wrong < 0) return;
  const features = data.length / shape[0]!;
  throw new UserError(
    `data: pixels must be within [0, 1], image ${Math.floor(wrong / features)} of ${file} has ` +
      `${data[wrong]} at pixel ${wrong % features} (both counted from 0)`,
  );
}

/** Throws UserError unless labels are integers in 0..classes-1; names the first that is not. */
export function checkLabels({ type, data, file }: Named, classes: number): void {
  if (type === "float32" || type === "float64") {
    throw new UserError(`data: the labels of ${file} must be of an integer type, they are ${type}`);
  }
  const wrong = data.findIndex((label: number) => !(label >= 0 && label < classes));
  if (wrong < 0) return;
  throw new UserError(
    `data: labels must be in 0..${classes - 1}, example ${wrong} (counted from 0) of ${file} has ${data[wrong]}`,
  );
}

/** The images from..to-1 as rows of float32 in [0, 1]; ubyte is scaled by 1/255. */
export function pixels({ type, shape, data }: Named, from: number, to: number): Float32Array {
  const features = data.length / shape[0]!;
  const rows = new Float32Array((to - from) * features);
  const scale = type === "uint8" ? 255 : 1;
  const offset = from * features;
  // Adding 0 turns -0 into 0, so that equal pixels have equal bits.
  for (let at = 0; at < rows.length; at++) rows[at] = data[offset + at]! / scale + 0;
  return rows;
}

function shapeOf(images: Named): string {
  return images.shape.slice(1).join(", ");
}
