import { UserError } from "../errors.ts";
import { type NdArray, pathOf, sameShape, showShape } from "../graph/index.ts";
import { modelFrom, type Own } from "../models/from-config.ts";
import type { Model, Params } from "../models/model.ts";
import { updateFor } from "../optimizers/index.ts";
import { checkObject, show } from "../rules.ts";
import { type Checkpoint, decodeCheckpoint } from "./checkpoint.ts";
import type { Score } from "./events.ts";
import { layoutOf } from "./layout.ts";
import { fromCheckpoint, type Identity, type Snapshot } from "./snapshot.ts";
import { incomingOf, initialState } from "./step.ts";
import { storedIn } from "./stored.ts";
import { weightNoiseFor } from "./weight-noise/index.ts";

/** A trained network, to be read. */
export interface LoadedModel {
  readonly model: Model;
  /** Those of the epoch with the lowest validation error. */
  readonly params: Params<NdArray>;
  /** log σ of each noisy weight, in the form of the parameters; empty where no weight noise was learned. */
  readonly logDeviation: Params<NdArray>;
  readonly epoch: number;
  readonly valid: Score<string>;
}

export interface LoadOptions extends Own {
  /** Stands for the file in errors (default: "the checkpoint"). */
  readonly name?: string | undefined;
}

/**
 * The network in a checkpoint that `train` wrote, with the parameters that it chose. It takes bytes and not a file, so that a browser can
 * read what Node trained. Estimators, stages, heads and cells of the user's own are passed in. Throws UserError where the bytes are no checkpoint, are
 * damaged, or hold no validation, or where the network has a part that neither the library nor the options know.
 */
export function loadModel(bytes: Uint8Array | ArrayBuffer, options: LoadOptions = {}): LoadedModel {
  checkObject("loadModel", options, ["name", "estimators", "stages", "heads", "cells"]);
  const { name = "the checkpoint", ...own } = options;
  const { model, snapshot } = networkIn(bytesOf(bytes), name, own);
  const { best } = snapshot;
  if (!best) throw new UserError(`checkpoint: ${name} contains no completed epoch: train it further`);
  const { params, logDeviation } = best;
  return { model, params, logDeviation, epoch: best.epoch, valid: best.valid };
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
export function networkIn(bytes: Uint8Array, name: string, own: Own = {}): { model: Model; snapshot: Snapshot } {
  const checkpoint = decodeCheckpoint(bytes, name);
  const { training, model: config, data } = storedIn(checkpoint, name);
  const identity: Identity = { training, model: config, data };
  const model = modelIn(checkpoint, config, name, own);
  const layout = layoutOf(model.layers);
  const noise = weightNoiseFor(training, model, data.sizes[0]);
  const initial = initialState(model, updateFor(training, incomingOf(model)), training.seed, {
    weightNoise: noise,
    batch: training.batch,
  });
  return { model, snapshot: fromCheckpoint(checkpoint, identity, initial, { layout, name }) };
}

/** The model that a header describes. Its parameters must be there before anything of their size is allocated. */
function modelIn({ arrays }: Checkpoint, config: unknown, name: string, own: Own): Model {
  let model: Model;
  try {
    model = modelFrom(config, own);
  } catch (error) {
    // A header can hold anything in the places of a config's parts.
    throw new UserError(`checkpoint: ${name}: its model can't be made: ${(error as Error).message}`);
  }
  const layout = layoutOf(model.layers);
  for (const [row, layer] of model.layers.entries())
    for (const parameter of layer.parameters) {
      const path = pathOf("state", "params", row, parameter.name);
      const found = arrays.get(path);
      const { shape } = layout.specOf(path, { shape: parameter.shape, dtype: "float32" });
      if (!found || !sameShape(found.shape, shape))
        throw new UserError(
          `checkpoint: ${name}: ${path} must be ${showShape(shape)}, as its model says, it is ${found ? showShape(found.shape) : "missing"}`,
        );
    }
  return model;
}
