import type { Borrowed } from "../backends/select.ts";
import type { Dataset } from "../data/dataset.ts";
import { UserError } from "../errors.ts";
import type { NdArray } from "../graph/index.ts";
import type { Model } from "../models/model.ts";
import { show } from "../rules.ts";
import type { RunFolder } from "../runs/folder.ts";
import { decodeCheckpoint } from "./checkpoint.ts";
import type { TrainingConfig } from "./config.ts";
import type { TrainOptions } from "./options.ts";
import { fromCheckpoint, identityOf, type Position, type Snapshot } from "./snapshot.ts";
import type { TrainingState } from "./step.ts";

/** A new training with its folder, or the one that a folder's checkpoint holds. */
export async function begin(
  model: Model,
  data: Dataset,
  config: TrainingConfig,
  { runFolder, resume, config: written }: TrainOptions,
  state: TrainingState<NdArray>,
): Promise<{ folder: RunFolder | undefined; snapshot: Snapshot }> {
  const identity = identityOf(config, model, data);
  if (runFolder !== undefined && typeof process === "undefined")
    throw new UserError(`train: a runFolder needs a file system, which browsers lack; received ${show(runFolder)}`);
  const runs = runFolder === undefined ? undefined : await import("../runs/folder.ts");
  if (runs && resume) {
    const folder = await runs.openRun(runFolder!);
    const name = `${runFolder}/${runs.files.checkpoint}`;
    const snapshot = fromCheckpoint(decodeCheckpoint(await folder.load(), name), identity, state, name);
    await folder.rewrite(snapshot.metrics);
    return { folder, snapshot };
  }
  const folder = await runs?.createRun(runFolder!, written ?? { ...identity });
  const position: Position = {
    epoch: 1,
    batch: 0,
    loss: 0,
    wrong: 0,
    open: [],
    examples: 0,
    trained: 0,
    stepSeconds: 0,
    seconds: 0,
  };
  return { folder, snapshot: { identity, position, metrics: [], best: undefined, state } };
}

/** The backend that the options name, the current one where they name none; one that is started for this training has to be ended. */
export async function backendOf({ backend, threads, precision }: TrainOptions): Promise<Borrowed> {
  const select = await import("../backends/select.ts");
  return select.borrowBackend(backend, {
    ...(threads !== undefined && { threads }),
    ...(precision !== undefined && { precision }),
  });
}
