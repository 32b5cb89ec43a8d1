import { type Dataset, type DatasetName, loadDataset } from "../data/index.ts";
import { gatedMlp } from "../models/gated-mlp.ts";
import { mlp } from "../models/mlp.ts";
import type { Model } from "../models/model.ts";
import type { Job } from "./schema.ts";

export const datasetFor = ({ data, dataDir, limit }: Job): Promise<Dataset> =>
  loadDataset(data as DatasetName, { dir: dataDir, limit });

export const modelFor = (
  { hidden, gated, trainingSamples }: Pick<Job, "hidden" | "gated" | "trainingSamples">,
  { inputShape: input, classes }: Dataset,
): Model =>
  gated
    ? gatedMlp({ input, trunk: hidden, gated, classes, trainingSamples })
    : mlp({ input, hidden, classes, trainingSamples });
