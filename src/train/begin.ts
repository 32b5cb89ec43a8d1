import type { Backend } from "../backends/backend.ts";
import { type Borrowed, backendNames, borrowBackend } from "../backends/select.ts";
import type { TrainingData } from "../data/dataset.ts";
import { UserError } from "../errors.ts";
import { leaves, type NdArray, type Tree } from "../graph/index.ts";
import type { Model } from "../models/model.ts";
import { show } from "../rules.ts";
import { createRun, files, lastCheckpoint, openRun, type RunFolder } from "../runs/folder.ts";
import { decodeCheckpoint } from "./checkpoint.ts";
import type { TrainingConfig } from "./config.ts";
import { allFinite, nameOf } from "./finite.ts";
import { layoutOf } from "./layout.ts";
import type { TrainOptions } from "./options.ts";
import {
  checkSame,
  fromCheckpoint,
  identityOf,
  type Position,
  type RanOn,
  ranOn,
  type Snapshot,
  sameRanOn,
  showRanOn,
} from "./snapshot.ts";
import type { TrainingState } from "./step.ts";
import { storedIn } from "./stored.ts";

/** A training that can go on. */
export interface Begun<M extends string> {
  readonly folder: RunFolder | undefined;
  readonly snapshot: Snapshot<M>;
}

/** The options' run folder. Throws UserError where there is no file system. */
function folderIn({ runFolder }: TrainOptions): string | undefined {
  if (runFolder !== undefined && typeof process === "undefined")
    throw new UserError(`train: a runFolder needs a file system, which browsers lack; received ${show(runFolder)}`);
  return runFolder;
}

/** A new training with its folder, which is taken until it is closed. */
export async function create<M extends string>(
  model: Model<M>,
  data: TrainingData,
  config: TrainingConfig,
  options: TrainOptions,
  state: TrainingState<NdArray>,
): Promise<Begun<M>> {
  const identity = identityOf(config, model, data);
  const path = folderIn(options);
  const folder = path === undefined ? undefined : await createRun(path, options.config ?? { ...identity });
  return { folder, snapshot: fresh(identity, state) };
}

/**
 * The training that a folder's checkpoint holds; where it ended before the first checkpoint, it is begun again. The folder is taken until it is
 * closed.
 */
export async function reopen<M extends string>(
  model: Model<M>,
  data: TrainingData,
  config: TrainingConfig,
  options: TrainOptions,
  state: TrainingState<NdArray>,
): Promise<Begun<M>> {
  const runFolder = folderIn(options)!;
  const identity = identityOf(config, model, data);
  const folder = await openRun(runFolder);
  try {
    const bytes = await folder.load();
    const name = `${runFolder}/${files.checkpoint}`;
    const snapshot = bytes
      ? fromCheckpoint<M>(decodeCheckpoint(bytes, name), identity, state, { layout: layoutOf(model.layers), name })
      : fresh<M>(identity, state);
    checkSnapshot(snapshot, model, state, name);
    await folder.rewrite(snapshot.metrics);
    return { folder, snapshot };
  } catch (error) {
    await folder.close();
    throw error;
  }
}

/**
 * The training of a snapshot, which stays as it is. Throws UserError naming the first option that differs, and for a run folder: that has a past
 * of its own.
 */
export function continued<M extends string>(
  model: Model<M>,
  data: TrainingData,
  config: TrainingConfig,
  { runFolder }: TrainOptions,
  from: Snapshot<never>,
): Begun<M> {
  if (runFolder !== undefined)
    throw new UserError(`train: from continues a training in memory: omit runFolder, received ${show(runFolder)}`);
  const identity = identityOf(config, model, data);
  checkSame(from.identity, identity, "the snapshot");
  // The same network has the same metrics.
  const { metrics, best } = from as unknown as Snapshot<M>;
  return {
    folder: undefined,
    snapshot: { ...from, metrics, best, identity, position: structuredClone(from.position) },
  };
}

/** What the training in a run folder ran on last; undefined where it has no checkpoint, or one that doesn't say. */
export async function lastRanOn(runFolder: string): Promise<RanOn | undefined> {
  const bytes = await lastCheckpoint(runFolder);
  const name = `${runFolder}/${files.checkpoint}`;
  return bytes && storedIn(decodeCheckpoint(bytes, name), name).ranOn;
}

const fresh = <M extends string>(identity: Snapshot["identity"], state: TrainingState<NdArray>): Snapshot<M> => {
  const position: Position = {
    epoch: 1,
    batch: 0,
    step: 0,
    loss: 0,
    sums: {},
    observed: [],
    examples: 0,
    looked: { loss: 0, steps: 0 },
    trained: 0,
    stepSeconds: 0,
    seconds: 0,
    ranOn: [],
  };
  return { identity, position, metrics: [], best: undefined, state, fields: undefined, ranOn: undefined };
};

/** A checkpoint of an earlier version of the library may hold NaN, and none leads on from there. */
function checkSnapshot(
  { state }: Pick<Snapshot, "state">,
  model: Model,
  initial: TrainingState<NdArray>,
  name: string,
): void {
  const watched = watchedIn(initial);
  for (const { path, value } of leaves(state as unknown as Tree<NdArray>))
    if (watched(path) && !allFinite(value))
      throw new UserError(`resume: ${nameOf(path, model)} in ${name} isn't finite: that training diverged, begin anew`);
}

/** Which arrays of a state must stay finite: all but what an estimator keeps that isn't finite from the start. */
export function watchedIn(initial: TrainingState<NdArray>): (path: string) => boolean {
  const own = leaves(initial as unknown as Tree<NdArray>).filter(
    ({ path, value }) => path.startsWith("estimators.") && !allFinite(value),
  );
  const excluded = new Set(own.map(({ path }) => path));
  return (path) => !excluded.has(path);
}

/**
 * The backend that the options name; where they name none, what the training ran on before, the current backend or the fastest. One that
 * is started for this training has to be ended. Throws as `backend` does.
 */
export async function backendOf({ backend, threads, precision }: TrainOptions, before?: RanOn): Promise<Borrowed> {
  const more = { ...(threads !== undefined && { threads }), ...(precision !== undefined && { precision }) };
  const known = before && backendNames.find((name) => name === before.backend);
  if (known && (backend ?? "auto") === "auto") {
    const there = await borrowBackend("auto", more);
    if (sameRanOn(ranOn(there.backend), before)) return there;
    await there.end();
    const own = { ...(before.precision !== "float32" && { precision: before.precision }), ...more };
    // Where it isn't there, the fastest takes its place, of which `changed` tells.
    const again = await borrowBackend(known, own).catch((error) => {
      if (!(error instanceof UserError)) throw error;
    });
    if (again) return again;
  }
  return borrowBackend(backend, more);
}

/** What to say where a training goes on elsewhere than it ran before; undefined where it does not. */
export function changed(before: RanOn | undefined, backend: Backend): string | undefined {
  const now = ranOn(backend);
  if (!before || sameRanOn(before, now)) return undefined;
  return `train: the epochs before ran on ${showRanOn(before)}, those from here on run on ${showRanOn(now)}: the result is not what one backend alone would give`;
}
