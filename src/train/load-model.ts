import { UserError } from "../errors.ts";
import type { NdArray } from "../graph/index.ts";
import { modelFrom } from "../models/from-config.ts";
import type { Model, Params } from "../models/model.ts";
import { updateFor } from "../optimizers/index.ts";
import { decodeCheckpoint } from "./checkpoint.ts";
import type { Score } from "./events.ts";
import { fromCheckpoint, type Identity } from "./snapshot.ts";
import { initialState } from "./step.ts";

/** A trained network, to be read. */
export interface LoadedModel {
  readonly model: Model;
  /** Those of the epoch with the lowest validation error. */
  readonly params: Params<NdArray>;
  readonly epoch: number;
  readonly valid: Score;
}

/**
 * The network in a checkpoint that `train` wrote, with the parameters that it chose. It takes bytes and not a file, so that a browser can
 * read what Node trained. Throws UserError where the bytes are no checkpoint, are damaged, or hold no epoch that is done, or where an
 * estimator of the user's own is part of the model.
 * @param name stands for the file in errors
 */
export function loadModel(bytes: Uint8Array, name = "the checkpoint"): LoadedModel {
  const checkpoint = decodeCheckpoint(bytes, name);
  const { training, model: config, data } = checkpoint.header as Identity;
  const model = modelFrom(config);
  const identity = { training, model: config, data };
  const initial = initialState(model, updateFor(training), training.seed);
  const { best } = fromCheckpoint(checkpoint, identity, initial, name);
  if (!best) throw new UserError(`checkpoint: ${name} has no epoch that is done: train it further`);
  return { model, params: best.params, epoch: best.epoch, valid: best.valid };
}
