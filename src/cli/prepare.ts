import { inputAndClasses, type LabelledDataset, type LabelledDatasetName, loadDataset } from "../data/index.ts";
import { sizeOf } from "../graph/index.ts";
import { gatedMlp } from "../models/gated-mlp.ts";
import { mlp } from "../models/mlp.ts";
import type { Classifier, Model } from "../models/model.ts";
import type { Job } from "./schema.ts";

export const datasetFor = ({ data, dataDir, limit }: Job): Promise<LabelledDataset> =>
  loadDataset(data as LabelledDatasetName, { dir: dataDir, limit });

export const modelFor = (
  { hidden, gated, trainingSamples }: Pick<Job, "hidden" | "gated" | "trainingSamples">,
  data: LabelledDataset,
): Classifier =>
  gated
    ? gatedMlp({ ...inputAndClasses(data), trunk: hidden, gated, trainingSamples })
    : mlp({ ...inputAndClasses(data), hidden, trainingSamples });

/** A model in a few characters: 784-400-10; with gates 784-128×64-10, gater 784-400-128. */
export function architecture({ inputShape, layers }: Model): string {
  const [main, gaters] = [[sizeOf(inputShape)] as (number | string)[], [] as string[]];
  let gater: (number | string)[] = [];
  for (const { name, input, output, gates } of layers) {
    if (name.startsWith("gater")) gater = [...(gater.length > 0 ? gater : [sizeOf(input)]), sizeOf(output)];
    else {
      if (gates) main.push(gates.width === 1 ? gates.blocks : `${gates.blocks}×${gates.width}`);
      main.push(sizeOf(output));
      if (gater.length > 0) gaters.push(`gater ${gater.join("-")}`);
      gater = [];
    }
  }
  return [main.join("-"), ...gaters].join(", ");
}
