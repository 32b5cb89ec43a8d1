import { augmentedForm, augmenter } from "../data/augment/index.ts";
import type { Batch } from "../data/batches.ts";
import { floats, isStreamed, type TrainingData } from "../data/dataset.ts";
import { NdArray } from "../graph/index.ts";
import type { Model } from "../models/model.ts";
import type { TrainingConfig } from "./config.ts";

/** Batches of training examples as a training sees them in an epoch, counted from 1. */
export type Augmented = (batch: Batch, epoch: number) => Batch;

/**
 * How a training changes the images of a batch: not at all where its config says nothing of it. The arrays of a batch in memory are changed in place,
 * those of a stream, which are its owner's, are copied. Throws UserError for data that aren't images, and for a change that doesn't fit them.
 */
export function augmentationFor(
  { augment, seed }: Pick<TrainingConfig, "augment" | "seed">,
  { input }: Pick<Model, "input">,
  data: TrainingData,
): Augmented {
  if (augment === undefined || augment.length === 0) return (batch) => batch;
  const apply = augmenter(augment, augmentedForm(data, input), seed);
  return (batch, epoch) => {
    const given = batch.fields[input]!;
    const x = isStreamed(data.train) ? new NdArray(floats(given).slice(), given.shape) : given;
    apply(floats(x), epoch, (i) => batch.places[i]!);
    return { ...batch, fields: { ...batch.fields, [input]: x } };
  };
}
