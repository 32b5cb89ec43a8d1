import { UserError } from "../errors.ts";
import { allocate } from "../formats/memory.ts";
import { counted } from "../rules.ts";
import type { IdxArray, OpenIdx } from "./idx.ts";

/** An IDX file and its name for errors. */
export interface NamedFile extends OpenIdx {
  readonly file: string;
}

/** An IDX array and the name of its file for errors. */
export interface Named extends IdxArray {
  readonly file: string;
}

const decoded = (file: NamedFile): Named => ({ ...file.decode(), file: file.file });

/**
 * Throws UserError unless images come with images, labels with labels, each pair with equal counts of at least 1, and all
 * images have one shape and a type that pixels can have. Headers alone are read: what doesn't fit is never unpacked.
 */
export function checkHeaders(
  trainImages: NamedFile,
  trainLabels: NamedFile,
  testImages: NamedFile,
  testLabels: NamedFile,
): void {
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
      throw new UserError(
        `data: ${labels.file} must hold labels (rank 1), its rank is ${labels.shape.length}: [${labels.shape.join(", ")}]`,
      );
    }
  }
  for (const [images, labels, otherImages, otherLabels] of pairs) {
    const count = images.shape[0]!;
    const labelled = labels.shape[0]!;
    if (count !== labelled) {
      const swapped = count === otherLabels.shape[0] && labelled === otherImages.shape[0];
      throw new UserError(
        `data: ${images.file} holds ${counted(count, "image")} and ${labels.file} ${counted(labelled, "label")}, the counts must be equal` +
          (swapped ? `; ${images.file} and ${otherImages.file} may be swapped` : ""),
      );
    }
    if (count === 0) throw new UserError(`data: ${images.file} holds no images`);
    if (images.shape.includes(0)) {
      throw new UserError(`data: the images of ${images.file} have no pixels, their shape is [${shapeOf(images)}]`);
    }
    if (images.type !== "uint8" && !isFloat(images)) {
      throw new UserError(
        `data: the pixels of ${images.file} must be uint8 (0..255) or float (0..1), they are ${images.type}`,
      );
    }
    if (isFloat(labels)) {
      throw new UserError(`data: the labels of ${labels.file} must be of an integer type, they are ${labels.type}`);
    }
  }
  if (shapeOf(trainImages) !== shapeOf(testImages)) {
    throw new UserError(
      `data: images must be of one shape, those of ${trainImages.file} are [${shapeOf(trainImages)}] ` +
        `and those of ${testImages.file} are [${shapeOf(testImages)}]`,
    );
  }
}

const isFloat = ({ type }: { type: string }): boolean => type === "float32" || type === "float64";

/** Throws UserError unless float pixels are within [0, 1]; names the first that is not. */
function checkPixels({ type, shape, data, file }: Named): void {
  if (type === "uint8") return;
  const wrong = data.findIndex((value: number) => !(value >= 0 && value <= 1));
  if (wrong < 0) return;
  const features = data.length / shape[0]!;
  throw new UserError(
    `data: pixels must be within [0, 1], image ${Math.floor(wrong / features)} of ${file} has ` +
      `${data[wrong]} at pixel ${wrong % features} (both counted from 0)`,
  );
}

/** The labels of a file, as they are there. */
export const readLabels = (file: NamedFile): Int32Array => Int32Array.from(decoded(file).data);

/**
 * The images of each list of positions as rows of float32 in [0, 1]; ubyte is scaled by 1/255. Throws UserError for any
 * pixel of the file out of range, in a list or not.
 */
export function readPixels(images: NamedFile, lists: readonly Int32Array[]): Float32Array[] {
  const features = images.shape.slice(1).reduce((product, size) => product * size, 1);
  // Allocated before the file is unpacked, which may take long: where there is no memory, that is for nothing.
  const rows = lists.map(({ length }) =>
    allocate(`data: ${images.file}`, 4 * length * features, () => new Float32Array(length * features)),
  );
  const array = decoded(images);
  checkPixels(array);
  lists.forEach((list, i) => {
    list.forEach((image, row) => {
      copyScaled(array, image * features, rows[i]!, row * features, features);
    });
  });
  return rows;
}

function copyScaled({ type, data }: Named, from: number, rows: Float32Array, to: number, count: number): void {
  const scale = type === "uint8" ? 255 : 1;
  // Adding 0 turns -0 into 0, so that equal pixels have equal bits.
  for (let at = 0; at < count; at++) rows[to + at] = data[from + at]! / scale + 0;
}

function shapeOf(images: Pick<NamedFile, "shape">): string {
  return images.shape.slice(1).join(", ");
}
