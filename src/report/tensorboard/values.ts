import { imageForm } from "../../data/images/form.ts";
import { type NdArray, sameShape } from "../../graph/index.ts";
import type { Model } from "../../index.ts";
import type { Params } from "../../models/model.ts";
import { weightsPng } from "../../plots/image-grid.ts";
import type { EpochMetrics, Trained } from "../../train/index.ts";
import { layoutOf } from "../../train/layout.ts";
import { type Filters, filtersOf } from "../gather/filters.ts";
import { type Hyperparameters, histogram, image, scalar, type Value } from "./event.ts";

/** The numbers of something nested, by their paths: { gates: [{ open: 0.1 }] } has one at "gates.0.open". */
const numbersIn = (value: unknown, path: readonly string[] = []): (readonly [string, number])[] => {
  if (typeof value === "number") return [[path.join("."), value]];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => numbersIn(inner, [...path, key]));
};

const isEqual = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** A score as scalars, such as error/valid.deterministic: TensorBoard puts the same metric of all splits beside each other. */
const scoreValues = (score: object, of: string): Value[] =>
  numbersIn(score).map(([name, value]) => scalar(`${name}/${of}`, value));

const scoresValues = (scores: { readonly deterministic: object; readonly stochastic: object }, of: string): Value[] => [
  ...scoreValues(scores.deterministic, `${of}.deterministic`),
  // They are one where no unit draws anything.
  ...(isEqual(scores.deterministic, scores.stochastic) ? [] : scoreValues(scores.stochastic, `${of}.stochastic`)),
];

/** The numbers of a validation, by the names that they have in metrics.jsonl. */
export const metricValues = (at: EpochMetrics<string>): Value[] => [
  ...scoreValues(at.train, "train"),
  ...scoresValues(at.valid, "valid"),
  ...(at.test ? scoresValues(at.test, "test") : []),
  ...scoreValues(at.weightNoise ?? {}, "weight noise"),
  scalar("time/epoch", at.epoch),
  scalar("time/examplesPerSecond", at.examplesPerSecond),
  scalar("time/seconds", at.seconds),
];

/** The numbers of the selected epoch, as result.json has them. */
export const resultValues = ({ train, valid, test }: Trained<string>): Value[] => [
  ...scoreValues(train, "result.train"),
  ...scoreValues(valid, "result.valid"),
  ...scoresValues(test, "result.test"),
];

/** All parameters as histograms, and what the first layer looks for in an image as a picture. */
export async function parameterValues(model: Model, params: Params<NdArray>): Promise<Value[]> {
  const { layers } = model;
  const names = layers.map(({ name }) => name);
  const histograms = layers.flatMap(({ name, parameters }, row) => {
    const own = names.indexOf(name) === names.lastIndexOf(name) ? name : `${name} ${row + 1}`;
    return parameters.map((each) => histogram(`${own}/${each.name}`, params[row]![each.name]!.data));
  });
  const seen = filtersOf(model, params) ?? inputWeights(model, params);
  if (!seen) return histograms;
  const { png, total } = await weightsPng(seen.images, { ...seen, columns: 8 });
  return [...histograms, image(`${seen.name}/weight image`, png, total)];
}

/** Units of a dense layer that are drawn. */
const MOST = 64;

/** The weights of the first units of a dense layer over images, in the form of filters; undefined where the first weights aren't such. */
function inputWeights(model: Model, params: Params<NdArray>): Filters | undefined {
  const form = imageForm(model.inputShape);
  const row = model.layers.findIndex(({ parameters }) => parameters.length > 0);
  const held = params[row]?.weight;
  if (!form || !held || (form.channels !== 1 && form.channels !== 3)) return undefined;
  const { data, shape } = layoutOf(model.layers).stored(`${row}.weight`, held);
  const [pixels, features = 0] = [form.height * form.width * form.channels, shape[1]];
  if (!sameShape(shape, [pixels, features])) return undefined;
  const images = Array.from({ length: Math.min(MOST, features) }, (_, unit) =>
    Float32Array.from({ length: pixels }, (_, at) => data[at * features + unit]!),
  );
  return { name: model.layers[row]!.name, images, ...form, channels: form.channels, features };
}

/** What was chosen, by paths such as training.optimizer.rate; lists of numbers and texts as one text. */
export function hyperparameters(config: unknown): Hyperparameters {
  const found: [string, number | string | boolean][] = [];
  const visit = (value: unknown, path: readonly string[]): void => {
    const isPlain = ["number", "string", "boolean"].includes(typeof value);
    if (isPlain) found.push([path.join("."), value as number | string | boolean]);
    else if (Array.isArray(value) && value.every((one) => typeof one !== "object"))
      found.push([path.join("."), value.join(", ")]);
    else if (typeof value === "object" && value !== null)
      for (const [key, inner] of Object.entries(value)) visit(inner, [...path, key]);
  };
  const { machine: _, ...chosen } = (config ?? {}) as Readonly<Record<string, unknown>>;
  visit(chosen, []);
  return Object.fromEntries(found);
}
