import { UserError } from "../errors.ts";
import { type NdArray, sameShape, showShape } from "../graph/index.ts";
import { type FieldMemories, fieldsFor, remembered } from "../models/feed.ts";
import { modelFrom, type Own } from "../models/from-config.ts";
import type { Model, Params } from "../models/model.ts";
import { checkObject, cut, LONGEST_REASON, show } from "../rules.ts";
import type { Score } from "../train/events.ts";
import { layoutOf } from "../train/layout.ts";
import { networkIn } from "../train/network-in.ts";
import { checkBeginning, decodeModelFile, isModelFile, trainingIn } from "./model-file.ts";
import { arrayName } from "./save.ts";

/** A trained network, to be read. */
export interface LoadedModel {
  /** The network, with the functions that its parameters go into. */
  readonly model: Model;
  /** Those of the epoch that the head's metric selected. */
  readonly params: Params<NdArray>;
  /** log σ of each noisy weight, in the form of the parameters; empty where no weight noise was learned, and in saved models. */
  readonly logDeviation: Params<NdArray>;
  /** What it remembers of the data: shapes, class names, columns. */
  readonly fields: FieldMemories;
  /** The selected epoch and its scores; undefined in a saved model that no training made. */
  readonly epoch: number | undefined;
  /** The score at the selected validation; undefined where the file has none. */
  readonly valid: Score<string> | undefined;
}

export interface LoadOptions extends Own {
  /** Stands for the file in errors (default: "the file"). */
  readonly name?: string | undefined;
}

/**
 * The network in a model file that `save` wrote, or in a checkpoint that `train` wrote, with the parameters that training selected. It takes bytes
 * and not a file, so that a browser can read what Node trained. Estimators, stages, heads and cells of the user's own are passed in. Throws
 * UserError where the bytes are neither, are damaged, or hold no completed epoch, or where the network has a part that neither the library nor the
 * options know.
 */
export function loadModel(given: Uint8Array | ArrayBuffer, options: LoadOptions = {}): LoadedModel {
  checkObject("loadModel", options, ["name", "estimators", "stages", "heads", "cells"]);
  const { name = "the file", ...own } = options;
  const bytes = bytesOf(given);
  checkBeginning(bytes, name);
  if (isModelFile(bytes)) return saved(bytes, name, own);
  const { model, snapshot } = networkIn(bytes, name, own);
  const { best, fields = remembered(model, {}) } = snapshot;
  if (!best) throw new UserError(`checkpoint: ${name} contains no completed epoch: train it further`);
  const { params, logDeviation } = best;
  return { model, params, logDeviation, fields, epoch: best.epoch, valid: best.valid };
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
  throw new UserError(`loadModel: takes the bytes of a model, a Uint8Array, received ${received}: ${fix}`);
}

function saved(bytes: Uint8Array, name: string, own: Own): LoadedModel {
  const { network, fields, training, arrays } = decodeModelFile(bytes, name);
  let model: Model;
  try {
    model = modelFrom(network, own);
  } catch (error) {
    // A file can hold anything in the places of a config's parts.
    throw new UserError(
      `model file: ${name}: its network can't be made: ${cut((error as Error).message, LONGEST_REASON)}`,
    );
  }
  const layout = layoutOf(model.layers);
  const params = model.layers.map(({ parameters }, row) =>
    Object.fromEntries(
      parameters.map((parameter) => {
        const array = arrayName(model, row, parameter.name);
        const path = `${row}.${parameter.name}`;
        const found = arrays.get(array);
        const { shape } = layout.specOf(path, { shape: parameter.shape, dtype: "float32" });
        if (found?.dtype !== "float32" || !sameShape(found.shape, shape))
          throw new UserError(
            `model file: ${name}: ${cut(array)} must be float32${showShape(shape)}, it is ${found ? `${found.dtype}${showShape(found.shape)}` : "missing"}`,
          );
        return [parameter.name, layout.held(path, found)];
      }),
    ),
  );
  const at = `model file: ${name}`;
  const note = trainingIn(training, at);
  const valid = note?.valid as Score<string> | undefined;
  return { model, params, logDeviation: [], fields: fieldsFor(model, fields, at), epoch: note?.epoch, valid };
}
