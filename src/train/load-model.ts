import { UserError } from "../errors.ts";
import { type NdArray, sameShape, showShape } from "../graph/index.ts";
import { modelFrom } from "../models/from-config.ts";
import type { Model, Params } from "../models/model.ts";
import { updateFor } from "../optimizers/index.ts";
import { show } from "../rules.ts";
import { type Checkpoint, decodeCheckpoint } from "./checkpoint.ts";
import type { Score } from "./events.ts";
import { fromCheckpoint, type Identity, type Snapshot } from "./snapshot.ts";
import { incomingOf, initialState } from "./step.ts";
import { storedIn } from "./stored.ts";

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
export function loadModel(bytes: Uint8Array | ArrayBuffer, name = "the checkpoint"): LoadedModel {
  const { model, snapshot } = networkIn(bytesOf(bytes), name);
  const { best } = snapshot;
  if (!best) throw new UserError(`checkpoint: ${name} contains no completed epoch: train it further`);
  return { model, params: best.params, epoch: best.epoch, valid: best.valid };
}

function bytesOf(given: unknown): Uint8Array {
  const type = Object.prototype.toString.call(given).slice(8, -1);
  if (type === "ArrayBuffer") return new Uint8Array(given as ArrayBuffer);
  if (type === "Uint8Array") return given as Uint8Array;
  const file = typeof given === "string" && given.endsWith(".safetensors") ? given : `${given}/checkpoint.safetensors`;
  const [received, fix] =
    typeof given === "string"
      ? [`the path ${show(given)}`, `loadModel(await readFile(${show(file)})) with node:fs/promises reads a file`]
      : type === "Promise"
        ? ["a promise", "loadModel(await …) waits for it"]
        : [show(given), "readFile of node:fs/promises gives them"];
  throw new UserError(`loadModel: takes the bytes of a checkpoint, a Uint8Array, received ${received}: ${fix}`);
}

/**
 * The network in the bytes of a checkpoint, and where its training stands. Throws UserError as `loadModel` does.
 * @param name stands for the file in errors
 */
export function networkIn(bytes: Uint8Array, name: string): { model: Model; snapshot: Snapshot } {
  const checkpoint = decodeCheckpoint(bytes, name);
  const { training, model: config, data } = storedIn(checkpoint, name);
  const identity: Identity = { training, model: config, data };
  const model = modelIn(checkpoint, config, name);
  const initial = initialState(model, updateFor(training, incomingOf(model)), training.seed);
  return { model, snapshot: fromCheckpoint(checkpoint, identity, initial, name) };
}

/** The model that a header describes. Its parameters must be there before anything of their size is allocated. */
function modelIn({ arrays }: Checkpoint, config: unknown, name: string): Model {
  let model: Model;
  try {
    model = modelFrom(config);
  } catch (error) {
    // A header can hold anything in the places of a config's parts.
    throw new UserError(
      `checkpoint: ${name}: its model isn't one that this library makes: ${(error as Error).message}`,
    );
  }
  for (const [row, layer] of model.layers.entries())
    for (const parameter of layer.parameters) {
      const path = `state.params.${row}.${parameter.name}`;
      const found = arrays.get(path);
      if (!found || !sameShape(found.shape, parameter.shape))
        throw new UserError(
          `checkpoint: ${name}: ${path} must be ${showShape(parameter.shape)}, as its model says, it is ${found ? showShape(found.shape) : "missing"}`,
        );
    }
  return model;
}
