import { type Data, sizeOf } from "../graph/index.ts";
import type { Dataset } from "./dataset.ts";
import { dithered, sideBySide } from "./drawing.ts";
import { type ImageForm, imageForm, inGrey } from "./images/form.ts";

/** Images of one class, each [height · width · channels] with values from 0 to 1. */
export interface ClassImages {
  readonly name: string;
  /** Training examples of the class. */
  readonly count: number;
  /** Of all of them. */
  readonly mean: Float32Array;
  /** The first ones, or those that were chosen. */
  readonly examples: readonly Float32Array[];
}

/** The images of a data set at one look: those of each class that come first, and the mean of each class. */
export interface ContactSheet extends ImageForm {
  /** 3 for colours, else 1. */
  readonly channels: 1 | 3;
  readonly classes: readonly ClassImages[];
}

/** Characters of an image's width in a terminal, and classes that are drawn there. */
const [MOST_COLUMNS, MOST_CLASSES] = [14, 20];

/**
 * The contact sheet of the training examples. Values are scaled so that the least is 0 and the largest 1. Undefined where examples
 * aren't images: [rows, columns] or [rows, columns, channels], without a drawing of their own, with one class each or no classes.
 * @param most   examples a class
 * @param chosen which examples of each class are shown, as places in the training split (default: the first ones)
 */
export function contactSheet(
  dataset: Dataset,
  most = 6,
  chosen?: readonly (readonly number[])[],
): ContactSheet | undefined {
  const { fields, train, drawing } = dataset;
  const { x, label } = fields;
  const form = x && imageForm(x.shape);
  if (!form || drawing !== undefined) return undefined;
  if (label && (!label.classes || label.shape.length > 0)) return undefined;
  const pixels = sizeOf(x.shape);
  const scaled = scaling(train.fields.x!.data);
  const names = label?.classes ?? ["all"];
  const found = names.map(() => ({ count: 0, sum: new Float64Array(pixels), examples: [] as Float32Array[] }));
  const { data } = train.fields.x!;
  const imageAt = (example: number): Float32Array =>
    Float32Array.from({ length: pixels }, (_, i) => scaled(data[example * pixels + i]!));
  for (let example = 0; example < train.size; example++) {
    const of = found[label ? train.fields.label!.data[example]! : 0]!;
    const from = example * pixels;
    of.count++;
    for (let i = 0; i < pixels; i++) of.sum[i]! += scaled(data[from + i]!);
    if (!chosen && of.examples.length < most) of.examples.push(imageAt(example));
  }
  chosen?.forEach((places, label) => found[label]!.examples.push(...places.slice(0, most).map(imageAt)));
  // What isn't red, green and blue is shown by its brightness.
  const shown = (image: Float32Array): Float32Array => (form.channels === 3 ? image : inGrey(image, form));
  const classes = found.map(({ count, sum, examples }, i) => ({
    ...{ name: names[i]!, count, examples: examples.map(shown) },
    mean: shown(Float32Array.from(sum, (total) => (count > 0 ? total / count : 0))),
  }));
  return { ...form, channels: form.channels === 3 ? 3 : 1, classes };
}

/** From the least value to the largest: 0 to 1. */
function scaling(values: Data): (value: number) => number {
  let [least, largest] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < least) least = value;
    if (value > largest) largest = value;
  }
  return (value) => (largest > least ? (value - least) / (largest - least) : 0);
}

/** For a terminal: an example of each class, and below it the mean of each class, in characters of dots. */
export function sheetText({ classes, ...form }: ContactSheet, columns = 80): string[] {
  const { width, height } = form;
  const shown = classes.filter(({ count }) => count > 0).slice(0, MOST_CLASSES);
  const scale = Math.min(1, (2 * MOST_COLUMNS) / width);
  const size = {
    width,
    height,
    columns: Math.max(1, Math.round(width * scale)),
    rows: Math.max(1, Math.round(height * scale)),
  };
  const drawn = (image: ArrayLike<number>, title: string): string => `${title}\n${dithered(inGrey(image, form), size)}`;
  const parts = (of: (images: ClassImages) => ArrayLike<number>): string =>
    sideBySide(
      shown.map((images) => drawn(of(images), images.name)),
      Math.min(columns, 80),
    );
  return [parts(({ examples }) => examples[0]!), parts(({ mean }) => mean)];
}
