import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Backend } from "../../backends/backend.ts";
import type { Dataset } from "../../data/dataset.ts";
import { mlp } from "../../models/mlp.ts";
import type { Model } from "../../models/model.ts";
import { files } from "../../runs/index.ts";
import { type Progress, type TrainingConfig, train } from "../../train/index.ts";
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
  /** How the gated net was trained: the dense ones have the same epochs, batches, optimizer and schedule. */
  readonly training: TrainingConfig;
  /** The gated net's validation error, per cent. */
  readonly error: number;
  /** No wider net is tried. */
  readonly widest: number;
  /** The trainings are kept below this folder and not done again. */
  readonly folder: string;
  readonly backend: Backend;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((net: { readonly width: number; readonly rate: number }, at: Progress) => void) | undefined;
}

const NARROWEST = 16;
/** The learning rate is chosen at this width, on validation data, from these multiples of the gated net's. */
const RATE_WIDTH = 64;
const RATES = [1 / 3, 1, 3];

/** One hidden layer of rectifiers. */
export const denseNet = ({ inputShape, classes }: Pick<Dataset, "inputShape" | "classes">, width: number): Model =>
  mlp({ input: inputShape, hidden: [{ units: width, estimator: "rectifier" }], classes });

/**
 * Trains dense nets of one hidden layer, twice as wide each time, until one has the gated net's validation error, with the learning
 * rate that serves them best. Rejects with Interrupted after the signal was aborted; the same call goes on from there.
 */
export async function match(data: Dataset, options: MatchOptions): Promise<Match> {
  const { training, error, widest, folder, backend, signal } = options;
  const tried: (DenseRun & { rate: number })[] = [];
  const runOf = async (width: number, rate: number): Promise<number> => {
    const found = tried.find((run) => run.width === width && run.rate === rate);
    if (found) return found.error;
    const path = join(folder, `dense-${width}-rate-${Number(rate.toPrecision(3))}`);
    const { valid } = await train(denseNet(data, width), data, {
      ...{ ...training, optimizer: { ...training.optimizer, rate }, test: "end" },
      ...{ backend, signal, runFolder: path, resume: existsSync(join(path, files.checkpoint)) },
      onProgress: (at) => options.onProgress?.({ width, rate }, at),
    });
    tried.push({ width, rate, error: valid.error });
    return valid.error;
  };

  let rate = training.optimizer.rate;
  let least = Number.POSITIVE_INFINITY;
  for (const factor of RATES) {
    const found = await runOf(Math.min(RATE_WIDTH, widest), factor * training.optimizer.rate);
    if (found < least) [least, rate] = [found, factor * training.optimizer.rate];
  }
  for (let width = Math.min(NARROWEST, widest); width <= widest; width *= 2)
    if ((await runOf(width, rate)) <= error) break;

  const standardError = errorOfRate(error, data.valid.size);
  const runs = tried.filter((run) => run.rate === rate);
  return { ...matchedWidth(runs, error, standardError), error, standardError, rate, tried };
}
