import { UserError } from "../errors.ts";
import { checkKeys } from "../rules.ts";
import type { DataSource, LabelledDataset, LoadOptions } from "./dataset.ts";
import { fashionMnist } from "./fashion-mnist.ts";
import { folder } from "./folder.ts";
import { mnist } from "./mnist.ts";

/** The data sets by name. */
export const datasets = {
  mnist,
  "fashion-mnist": fashionMnist,
  folder,
} as const satisfies Record<string, DataSource>;

export type DatasetName = keyof typeof datasets;

/** Loads a data set by its name in the table. Throws UserError for an unknown name and for missing or damaged files. */
export async function loadDataset(name: DatasetName, options: LoadOptions = {}): Promise<LabelledDataset> {
  if (!Object.hasOwn(datasets, name)) {
    throw new UserError(`data: the data sets are ${Object.keys(datasets).join(", ")}; '${name}' was given`);
  }
  checkKeys("data", options, ["dir", "limit", "classes", "splitSeed"]);
  return datasets[name].load(options);
}

export { type Batch, type BatchOptions, batchCount, batches, shuffled } from "./batches.ts";
export {
  classesOf,
  type DataSource,
  type Dataset,
  type Field,
  featuresOf,
  floats,
  inputAndClasses,
  integers,
  type LabelledDataset,
  type LabelledSplit,
  type LoadOptions,
  type Split,
  type SplitName,
  type StreamedBatch,
  type StreamedDataset,
  type StreamedSplit,
  type TrainingData,
} from "./dataset.ts";
export { type Arrays, type DrawnSplitOptions, datasetFromArrays, type FromArraysOptions } from "./from-arrays.ts";
export { datasetFromIdx, type FromIdxOptions, type IdxFiles } from "./from-idx.ts";
export { decodeIdx, encodeIdx, type IdxArray, type IdxData, type IdxType, readIdx } from "./idx.ts";
export type { Rows } from "./rows.ts";
export { type StreamOptions, streamed } from "./stream.ts";
export { type DatasetSummary, type SplitSummary, summarize } from "./summary.ts";
