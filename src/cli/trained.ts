import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { datasetFor } from "../config/index.ts";
import { type Dataset, inMemory } from "../data/index.ts";
import { type DataConfig, datasetFamily } from "../data/options.ts";
import { UserError } from "../errors.ts";
import type { Model } from "../models/model.ts";
import { configError, type Mistake, optionsOf, readSpec } from "../options/index.ts";
import { fileError, files, lastCheckpoint } from "../runs/index.ts";
import { heldRuns } from "../runs/run-folders.ts";
import { networkIn } from "../train/network-in.ts";
import { type Best, identityOf, type Snapshot } from "../train/snapshot.ts";
import { readConfig } from "./config.ts";

/** What a run folder holds, ready to be used. */
export interface TrainedRun {
  readonly data: Dataset;
  readonly model: Model;
  readonly snapshot: Snapshot & { readonly best: Best<string> };
}

/**
 * Reads the network of a run folder, and the data that it was trained on. Throws UserError where the folder is no run, its checkpoint is
 * damaged, no epoch of it is done, or its data are no longer the same; `subject` names who asks.
 */
export async function trainedRun(subject: string, folder: string): Promise<TrainedRun> {
  const found = await readdir(folder).catch((error) => {
    throw new UserError(fileError("read", folder, error).message.replace(/^runs/, subject));
  });
  for (const file of [files.config, files.checkpoint])
    if (!found.includes(file))
      throw new UserError(
        `${subject}: ${folder} is not the folder of a run, it has no ${file}${await heldRuns(folder)}`,
      );
  const name = join(folder, files.checkpoint);
  const { model, snapshot } = networkIn(await checkpointOf(folder, name), name);
  const { best, identity } = snapshot;
  if (!best) throw new UserError(`${subject}: ${folder} contains no completed epoch: train it further`);

  const config = join(folder, files.config);
  const given = dataIn(await readConfig(config), identity.data.name, config);
  const [limit] = identity.data.sizes;
  const limited = Object.hasOwn(optionsOf(datasetFamily, given.name) ?? {}, "limit") ? { limit } : {};
  const data = await datasetFor({ data: { ...given, ...limited } });
  const now = identityOf(identity.training, model, data).data;
  if (JSON.stringify(now) !== JSON.stringify(identity.data))
    throw new UserError(`${subject}: ${folder} was trained on other data than ${data.name} is now`);
  return { data: await inMemory(data, { seed: identity.training.seed }), model, snapshot: { ...snapshot, best } };
}

/** What a config says of the data set that was trained on; one that `train` was given may say other things of it, or none. */
function dataIn(config: Readonly<Record<string, unknown>>, name: string, path: string): DataConfig {
  const known = Object.keys(optionsOf(datasetFamily, name) ?? {});
  const given = Object.entries(config.data ?? {}).filter(([key]) => known.includes(key));
  const mistakes: Mistake[] = [];
  const data = readSpec(datasetFamily, { ...Object.fromEntries(given), name }, mistakes, { path: ["data"] });
  if (mistakes.length > 0) throw configError(path, mistakes);
  return data as DataConfig;
}

/** The bytes of a checkpoint that was there a moment ago. */
async function checkpointOf(folder: string, name: string): Promise<Uint8Array> {
  const bytes = await lastCheckpoint(folder);
  if (bytes === undefined) throw fileError("read", name, { code: "ENOENT" });
  return bytes;
}
