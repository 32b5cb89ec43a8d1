import type { Dataset } from "../../data/dataset.ts";
import { sizeOf } from "../../graph/index.ts";
import type { Model } from "../../models/model.ts";
import type { Readings } from "./readings.ts";

/** A test example whose class was not recognised. */
export interface Mistake {
  /** Its place in the test set, from 0. */
  readonly example: number;
  /** Its input, [features]. */
  readonly input: Float32Array;
  /** The name of its class. */
  readonly truth: string;
  /** The name of the class that the network predicts. */
  readonly predicted: string;
  /** What the network says of the class that it predicts. */
  readonly probability: number;
}

/** The test examples whose class a network did not recognise. */
export interface Mistakes {
  /** How many there are. */
  readonly count: number;
  /** Examples of the test set. */
  readonly examples: number;
  /** The ones of which the network was most certain, the most certain first. */
  readonly shown: readonly Mistake[];
  /** How often each class is taken for which. */
  readonly confusion?: Confusion | undefined;
}

/** How often examples of each class are taken for each class. */
export interface Confusion {
  /** Names of the classes. */
  readonly names: readonly string[];
  /** counts[truth][predicted]: examples of the test set. */
  readonly counts: readonly (readonly number[])[];
}

/**
 * The test examples that a classifier gets wrong, by what it said of them.
 * @param most how many of them are shown
 */
export function mistakesOf(
  { names, truth, predicted, confidence }: Readings,
  { input, inputShape }: Pick<Model, "input" | "inputShape">,
  { test }: Pick<Dataset, "test">,
  most = 24,
): Mistakes {
  const features = sizeOf(inputShape);
  const inputs = test.fields[input]!.data;
  const counts = names.map(() => new Array<number>(names.length).fill(0));
  truth.forEach((label, i) => {
    counts[label]![predicted[i]!]!++;
  });
  const wrong = Array.from(truth.keys()).filter((i) => predicted[i] !== truth[i]);
  wrong.sort((a, b) => confidence[b]! - confidence[a]!);
  const shown = wrong.slice(0, most).map((example) => ({
    ...{ example, truth: names[truth[example]!]!, predicted: names[predicted[example]!]! },
    probability: confidence[example]!,
    input: Float32Array.from(inputs.subarray(example * features, (example + 1) * features)),
  }));
  return { count: wrong.length, examples: truth.length, shown, confusion: { names, counts } };
}
