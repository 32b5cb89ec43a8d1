import { type Dataset, type DatasetName, loadDataset } from "../data/index.ts";
import { mlp } from "../models/mlp.ts";
import type { Model } from "../models/model.ts";
import type { Job } from "./schema.ts";

export const datasetFor = ({ data, dataDir, limit }: Job): Promise<Dataset> =>
  loadDataset(data as DatasetName, { dir: dataDir, limit });

export const modelFor = (
  { hidden, trainingSamples }: Pick<Job, "hidden" | "trainingSamples">,
  { inputShape, classes }: Dataset,
): Model => mlp({ input: inputShape, hidden, classes, trainingSamples });

/** A model in a few characters: 784-400-10. */
export const architecture = (model: Model): string =>
  [model.inputShape, ...model.layers.map((layer) => layer.output)]
    .map((shape) => shape.reduce((product, length) => product * length, 1))
    .join("-");
