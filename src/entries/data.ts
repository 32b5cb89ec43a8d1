// heaviside/data: data sets by name and from files, arrays and streams, and batches of them.
export { type Batch, type BatchOptions, batchCount, batches } from "../data/batches.ts";
export {
  classesOf,
  type Dataset,
  type Field,
  featuresOf,
  inputAndClasses,
  type LabelledDataset,
  type Split,
  type SplitName,
  type StreamedBatch,
  type StreamedDataset,
  type StreamedSplit,
  type TrainingData,
} from "../data/dataset.ts";
export type { DrawOptions } from "../data/draw.ts";
export { type Arrays, type DrawnSplitOptions, datasetFromArrays, type FromArraysOptions } from "../data/from-arrays.ts";
export { datasetFromIdx, type FromIdxOptions, type IdxFiles } from "../data/from-idx.ts";
export { decodeIdx, encodeIdx, type IdxArray, type IdxData, type IdxType, readIdx } from "../data/idx.ts";
export { type InMemory, inMemory } from "../data/in-memory.ts";
export { type DatasetName, datasets, type LoadOptions, loadDataset } from "../data/index.ts";
export type { LoadProgress, OnLoadProgress } from "../data/progress.ts";
export type { Rows } from "../data/rows.ts";
export { type StreamOptions, streamed } from "../data/stream.ts";
export {
  type DatasetSummary,
  type FieldSummary,
  type Moments,
  type SplitSummary,
  summarize,
} from "../data/summary.ts";
export { type TableDataset, type TableOptions, tableFrom } from "../data/table.ts";
export { type EncodableNpy, encodeNpz, type NpyArray, type NpyType, readNpz } from "../formats/npy.ts";
export { readSafetensors } from "../formats/safetensors-any.ts";
export type { NumberColumn, TableColumn, TextColumn } from "../tables/columns.ts";
