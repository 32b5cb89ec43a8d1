import { UserError } from "../../errors.ts";
import { canonical, family, make, optionsOf, type SpecOf } from "../../options/index.ts";
import { parseMember } from "../../options/text.ts";
import { philoxWords } from "../../random/philox.ts";
import type { TrainingData } from "../dataset.ts";
import { type ImageForm, imageForm } from "../images/form.ts";
import type { ForForm } from "./augmentation.ts";
import { erase } from "./erase.ts";
import { flip } from "./flip.ts";
import { rotate } from "./rotate.ts";
import { shift } from "./shift.ts";

/** Random changes of images by the name that a config uses. Adding a file means adding a line here. */
export const augmentations = { shift, flip, rotate, erase };

/** The changes as a config names them. */
export const augmentationFamily = family("augmentation", augmentations, {
  aliases: { crop: "shift", translate: "shift", cutout: "erase", mirror: "flip" },
});

/** Which change of images, as JSON. */
export type AugmentationConfig = SpecOf<typeof augmentationFamily>;

/** Keeps these words apart from those that other draws take from the same key ("AUGM"). */
const AUGMENT_DOMAIN = 0x4155474d;

/** Reads `shift:2 flip rotate:degrees=10`: changes apart by spaces, the first option of each may stand without its name. */
export function parseAugmentations(text: string): unknown[] {
  const words = text.trim().split(/\s+/);
  return words
    .filter((word) => word !== "" && !(word === "none" && words.length === 1))
    .map((word) => {
      const [, name = "", value = "", rest = ""] = /^([^:=]+):([^:=,]+)(,.*)?$/.exec(word) ?? [];
      if (name === "") return parseMember(word, augmentationFamily);
      const [first] = Object.keys(optionsOf(augmentationFamily, canonical(augmentationFamily, name)) ?? {});
      // The check of the config says that there is no such change.
      return first === undefined ? { name } : parseMember(`${name}:${first}=${value}${rest}`, augmentationFamily);
    });
}

/** The form of a data set's images. Throws UserError where its field holds none. */
export function augmentedForm(
  { name, fields, drawing }: Pick<TrainingData, "name" | "fields" | "drawing">,
  field: string,
): ImageForm {
  const spec = fields[field];
  const form = spec?.dtype === "float32" ? imageForm(spec.shape) : undefined;
  if (form && drawing === undefined && fields.lengths === undefined) return form;
  const found = form ? "sequences" : `${field} ${spec ? `[${spec.shape.join(", ")}]` : "is not there"}`;
  throw new UserError(
    `augment: ${name} must hold images, [rows, columns] or [rows, columns, channels], received ${found}: omit augment (--augment)`,
  );
}

/**
 * Changes images in place.
 * @param images  one after another
 * @param epoch   from 1
 * @param placeOf the place of image i among the training examples
 */
export type Augmenter = (images: Float32Array, epoch: number, placeOf: (i: number) => number) => void;

/**
 * Changes images at random, one change after the other as listed. The draws for an image are a function of the seed, the epoch, its place among the
 * training examples and the place of the change in the list: they don't depend on the order of examples, on batches, or on where a training was resumed.
 * Throws UserError for a change that doesn't exist or doesn't fit the images.
 */
export function augmenter(configs: readonly AugmentationConfig[], form: ImageForm, seed: number): Augmenter {
  const changes = configs.map((config) => make<ForForm, []>("augment", augmentationFamily, config)(form));
  const size = form.height * form.width * form.channels;
  const scratch = [new Float32Array(size), new Float32Array(size)] as const;
  return (images, epoch, placeOf) => {
    for (let i = 0; (i + 1) * size <= images.length; i++) {
      const image = images.subarray(i * size, (i + 1) * size);
      let [from, to] = scratch;
      from.set(image);
      changes.forEach((change, k) => {
        change(from, to, philoxWords([seed, epoch], AUGMENT_DOMAIN, [placeOf(i), k]));
        [from, to] = [to, from];
      });
      image.set(from);
    }
  };
}
