import { inputAndClasses, type LabelledDataset } from "../data/dataset.ts";
import { mlp } from "../models/mlp.ts";
import type { Classifier, Model } from "../models/model.ts";
import { Diverged } from "../train/events.ts";
import { type DenseRun, errorOfRate, type MatchedWidth, matchedWidth } from "./matched-width.ts";

/** The smallest dense net that is as good: how it was looked for, and what was found. */
export interface Match extends MatchedWidth {
  /** The validation error to reach, and its standard error; per cent. */
  readonly error: number;
  readonly standardError: number;
  readonly rate: number;
  /** Every dense net that was trained, by its learning rate too. */
  readonly tried: readonly (DenseRun & { readonly rate: number })[];
}

export interface MatchOptions {
  /** The gated net's validation error, per cent, and the examples that it is of. */
  readonly error: number;
  readonly examples: number;
  /** The gated net's learning rate. */
  readonly rate: number;
  /** No wider net is tried. */
  readonly widest: number;
  /** Trains a dense net as the gated one was, with this rate, and gives its validation error in per cent. */
  train(width: number, rate: number): Promise<number>;
}

const NARROWEST = 16;
/** The learning rate is chosen at this width, on validation data, from these multiples of the gated net's. */
const RATE_WIDTH = 64;
const RATES = [1 / 3, 1, 3];

/** Whether a dense net can be looked for: one that tells classes apart by the same labels. */
export const isMatchable = ({ head }: Pick<Model, "head">): boolean =>
  Object.values(head.fields).some(({ classes }) => classes !== undefined);

/** One hidden layer of rectifiers. */
export const denseNet = (data: Pick<LabelledDataset, "fields">, width: number): Classifier =>
  mlp({ ...inputAndClasses(data), hidden: [{ units: width, estimator: "rectifier" }] });

/**
 * Trains dense nets of one hidden layer, twice as wide each time, until one has the gated net's validation error, with the learning
 * rate that serves them best. Rejects with what a training rejects with.
 */
export async function match({ error, examples, rate: own, widest, train }: MatchOptions): Promise<Match> {
  const tried: (DenseRun & { rate: number })[] = [];
  const errorOf = async (width: number, rate: number): Promise<number> => {
    const found = tried.find((run) => run.width === width && run.rate === rate);
    if (found) return found.error;
    const reached = await train(width, rate).catch(diverged);
    tried.push({ width, rate, error: reached });
    return reached;
  };
  let rate = own;
  let least = Number.POSITIVE_INFINITY;
  for (const factor of RATES) {
    const found = await errorOf(Math.min(RATE_WIDTH, widest), factor * own);
    if (found < least) [least, rate] = [found, factor * own];
  }
  for (let width = Math.min(NARROWEST, widest); width <= widest; width *= 2)
    if ((await errorOf(width, rate)) <= error) break;

  const standardError = errorOfRate(error, examples);
  const runs = tried.filter((run) => run.rate === rate);
  return { ...matchedWidth(runs, error, standardError), error, standardError, rate, tried };
}

/** A rate at which the loss overflows is one that serves nobody; other errors go on. */
function diverged(error: unknown): number {
  if (error instanceof Diverged) return 100;
  throw error;
}
