import { UserError } from "../errors.ts";
import { type NdArray, sameShape, showShape, showSpec } from "../graph/index.ts";
import { type FieldMemories, fieldsFor, remembered } from "../models/feed.ts";
import type { Model, Params } from "../models/model.ts";
import { kindOf, show } from "../rules.ts";
import type { Score } from "../train/events.ts";
import { layoutOf } from "../train/layout.ts";
import { encodeModelFile, trainingIn } from "./model-file.ts";
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
 * Throws UserError for anything but a network with its parameters, for numbers that aren't finite, and for two layers of one name.
 */
export function save(trained: Saveable): Uint8Array<ArrayBuffer> {
  const { model, params, fields } = checkedTrained(trained, "save");
  const { valid, epoch = trained.selectedEpoch } = trained;
  const layout = layoutOf(model.layers);
  const arrays = new Map<string, NdArray>();
  for (const [row, { parameters }] of model.layers.entries())
    for (const { name } of parameters)
      arrays.set(ownName(model, row, name, arrays), layout.stored(`${row}.${name}`, params[row]![name]!));
  const programs = storedPrograms(model, specOf(model, fields), (row, name) => arrayName(model, row, name));
  for (const [name, array] of programs.arrays) arrays.set(name, array);
  const training = trainingIn(epoch === undefined ? null : { epoch, valid }, "save");
  return encodeModelFile({ network: model.config, fields, training, programs: programs.described, arrays });
}

/** An array's name. Throws UserError where another array has it: a network may call two layers alike, a file can't. */
function ownName(model: Model, row: number, name: string, taken: ReadonlyMap<string, unknown>): string {
  const own = arrayName(model, row, name);
  if (taken.has(own) || own.startsWith("programs."))
    throw new UserError(`save: layers must have names of their own, two arrays would be ${own}: name the layers apart`);
  return own;
}

/**
 * A network, its parameters and what it remembers of the data. Throws UserError in the name of `call` for anything else, and for numbers that aren't
 * finite.
 */
export function checkedTrained(trained: Saveable, call: string) {
  const { model, params } = (trained ?? {}) as Saveable;
  if (typeof model?.predict !== "function" || !Array.isArray(params))
    throw new UserError(
      `${call}: needs { model, params }, as train and loadModel give them, received ${Object.prototype.toString.call(trained) === "[object Promise]" ? "a promise: await it first" : show(trained)}`,
    );
  for (const [row, layer] of model.layers.entries())
    for (const { name, shape } of layer.parameters) {
      const found = params[row]?.[name];
      const isArray = kindOf(found) === "array";
      if (!isArray || found!.dtype !== "float32" || !sameShape(found!.shape, shape))
        throw new UserError(
          `${call}: the ${name} of ${layer.name} must be an array float32${showShape(shape)}, received ${isArray ? showSpec(found!) : show(found)}`,
        );
      if (!found!.data.every(Number.isFinite))
        throw new UserError(`${call}: the ${name} of ${layer.name} must be finite numbers: this network has diverged`);
    }
  const fields = trained.fields === undefined ? remembered(model, {}) : fieldsFor(model, trained.fields, call);
  return { model, params, fields };
}
