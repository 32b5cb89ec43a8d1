import { UserError } from "../errors.ts";
import { type NdArray, sameShape, showShape } from "../graph/index.ts";
import type { FieldMemories } from "../models/feed.ts";
import { remembered } from "../models/feed.ts";
import type { Model, Params } from "../models/model.ts";
import { kindOf, show } from "../rules.ts";
import type { Score } from "../train/events.ts";
import { layoutOf } from "../train/layout.ts";
import { encodeModelFile } from "./model-file.ts";
import { specOf } from "./program.ts";
import { storedPrograms } from "./stored-programs.ts";

/** A trained network: what `train` and `loadModel` give, or a network and parameters of one's own. */
export interface Saveable {
  /** The network. */
  readonly model: Model;
  /** Its parameters: one record of arrays for each layer. */
  readonly params: Params<NdArray>;
  /** What it remembers of the data (default: what it needs of them, without names). */
  readonly fields?: FieldMemories | undefined;
  /** The epoch of the parameters, from 1. */
  readonly epoch?: number | undefined;
  /** The epoch that validation selected, from 1. */
  readonly selectedEpoch?: number | undefined;
  /** The score at that validation. */
  readonly valid?: Score<never> | undefined;
}

/** The name of a parameter's array in a model file: its row of the network's table and its own name. */
export const arrayName = ({ layers }: Model, row: number, name: string): string => `${layers[row]!.name}.${name}`;

/**
 * A network with its parameters as one safetensors file: the arrays once, by names that docs/reference/model-files.md lists, the config with its
 * preprocessing, class names, and programs for heaviside/inference. `predictor` and `loadModel` read it. Training can't be resumed from it; that
 * takes a checkpoint.
 *
 *     await writeFile("digits.safetensors", save(await train(model, data)));
 *
 * Throws UserError for anything but a network with its parameters.
 */
export function save(trained: Saveable): Uint8Array<ArrayBuffer> {
  const { model, params, valid, epoch = trained?.selectedEpoch } = checked(trained);
  const layout = layoutOf(model.layers);
  const fields = trained.fields ?? remembered(model, {});
  const arrays = new Map<string, NdArray>();
  for (const [row, { parameters }] of model.layers.entries())
    for (const { name } of parameters)
      arrays.set(arrayName(model, row, name), layout.stored(`${row}.${name}`, params[row]![name]!));
  const programs = storedPrograms(model, specOf(model, fields), (row, name) => arrayName(model, row, name));
  for (const [name, array] of programs.arrays) arrays.set(name, array);
  const training = epoch === undefined ? null : { epoch, valid };
  return encodeModelFile({ network: model.config, fields, training, programs: programs.described, arrays });
}

function checked(trained: Saveable): Saveable {
  const { model, params } = (trained ?? {}) as Partial<Saveable>;
  if (typeof model?.predict !== "function" || !Array.isArray(params))
    throw new UserError(
      `save: needs { model, params }, as train and loadModel give them, received ${Object.prototype.toString.call(trained) === "[object Promise]" ? "a promise: await it first" : show(trained)}`,
    );
  for (const [row, layer] of model.layers.entries())
    for (const { name, shape } of layer.parameters) {
      const found = params[row]?.[name];
      if (kindOf(found) !== "array" || !sameShape(found!.shape, shape))
        throw new UserError(
          `save: the ${name} of ${layer.name} must be an array ${showShape(shape)}, received ${kindOf(found) === "array" ? showShape(found!.shape) : show(found)}`,
        );
    }
  return trained;
}
