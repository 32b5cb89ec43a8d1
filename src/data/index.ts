import { UserError } from "../errors.ts";
import { checkKeys, show, suggestion } from "../rules.ts";
import { cifar10, cifar100 } from "./cifar.ts";
import type { DataSource, TrainingData } from "./dataset.ts";
import { fashionMnist } from "./fashion-mnist.ts";
import { folder } from "./folder.ts";
import { images } from "./images/source.ts";
import { mnist } from "./mnist.ts";
import { npz } from "./npz.ts";
import { planeSources } from "./plane.ts";
import type { OnLoadProgress } from "./progress.ts";
import { adding } from "./sequences/adding.ts";
import { characters } from "./sequences/characters.ts";
import { copy } from "./sequences/copy.ts";
import { iamOnline } from "./sequences/iam-online.ts";
import { manifolds } from "./sequences/manifolds.ts";
import { parity } from "./sequences/parity.ts";
import { sequentialMnist } from "./sequences/sequential-mnist.ts";
import { strokes } from "./sequences/strokes.ts";
import { table } from "./table.ts";
import { isTableFile } from "./table-text.ts";

/** The data sets by name. */
export const datasets = {
  mnist,
  "fashion-mnist": fashionMnist,
  cifar10,
  cifar100,
  folder,
  images,
  table,
  npz,
  adding,
  copy,
  parity,
  "sequential-mnist": sequentialMnist,
  manifolds,
  characters,
  strokes,
  "iam-online": iamOnline,
  ...planeSources,
} as const satisfies Record<string, DataSource<never, TrainingData>>;

type Datasets = typeof datasets;
/** A data set by name, such as "mnist". */
export type DatasetName = keyof Datasets;
/** The data sets of images with a class each. */
export const labelledDatasetNames = [
  "mnist",
  "fashion-mnist",
  "folder",
  "images",
] as const satisfies readonly DatasetName[];
export type LabelledDatasetName = (typeof labelledDatasetNames)[number];
/** The options that a data set is loaded with. */
export type LoadOptions<Name extends DatasetName = DatasetName> = Parameters<Datasets[Name]["load"]>[0];
type Loaded<Name extends DatasetName> = Awaited<ReturnType<Datasets[Name]["load"]>>;

/** A data set whatever its options are. */
interface AnySource {
  readonly options: readonly string[];
  load(options: object, report?: OnLoadProgress): Promise<TrainingData>;
}

/**
 * Loads a data set by its name in the table. Throws UserError for an unknown name and for missing or damaged files.
 * @param report told of the progress where reading takes longer than a second
 */
export async function loadDataset<Name extends DatasetName>(
  name: Name,
  options: LoadOptions<Name> = {},
  report?: OnLoadProgress,
): Promise<Loaded<Name>> {
  if (!Object.hasOwn(datasets, name)) {
    const names = Object.keys(datasets);
    const table = isTableFile(name) ? `: loadDataset("table", { file: ${show(name)}, target: … })` : "";
    const arrays = /\.npz$/i.test(name) ? `: loadDataset("npz", { file: ${show(name)} })` : "";
    throw new UserError(
      `data: the data sets are ${names.join(", ")}${table || arrays || suggestion(name, names)}; '${name}' was given`,
    );
  }
  const source: AnySource = datasets[name];
  checkKeys("data", options, source.options);
  return (await source.load(options, report)) as Loaded<Name>;
}

export { type Batch, type BatchOptions, batchCount, batches, shuffled } from "./batches.ts";
export type { Cifar100Options, CifarOptions } from "./cifar.ts";
export {
  type DataSource,
  type Dataset,
  type Field,
  inputAndClasses,
  type LabelledDataset,
  type LabelledSplit,
  type Split,
  type SplitName,
  type StreamedBatch,
  type StreamedDataset,
  type StreamedSplit,
  type TrainingData,
} from "./dataset.ts";
export type { IdxOptions } from "./folder.ts";
export { type Arrays, type DrawnSplitOptions, datasetFromArrays, type FromArraysOptions } from "./from-arrays.ts";
export { datasetFromIdx, type FromIdxOptions, type IdxFiles } from "./from-idx.ts";
export { encodeIdx, type IdxArray, type IdxData, type IdxType, readIdx } from "./idx.ts";
export type { ImagesOptions } from "./images/source.ts";
export { type InMemory, inMemory } from "./in-memory.ts";
export type { NpzOptions } from "./npz.ts";
export type { PlaneOptions } from "./plane.ts";
export type { LoadProgress, OnLoadProgress } from "./progress.ts";
export type { Rows } from "./rows.ts";
export { type StreamOptions, streamed } from "./stream.ts";
export { type DatasetSummary, type FieldSummary, type Moments, type SplitSummary, summarize } from "./summary.ts";
export type { TableDataset, TableOptions } from "./table.ts";
