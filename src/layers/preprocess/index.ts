import { UserError } from "../../errors.ts";
import { isFloat, type NdArray, type Shape, sizeOf, type Tensor } from "../../graph/index.ts";
import { checkChoice, checkKeys, checkNamed, checkNumber, kindOf, show } from "../../rules.ts";
import { channelsOf, type Preprocess } from "./preprocess.ts";
import { type StandardiseConfig, standardise } from "./standardise.ts";
import { type StandardiseChannelsConfig, standardiseChannels } from "./standardise-channels.ts";
import { type UnitRangeConfig, unitRange } from "./unit-range.ts";

/** How inputs are scaled, as JSON that belongs to a model. */
export type PreprocessConfig = StandardiseConfig | StandardiseChannelsConfig | UnitRangeConfig;
/** A way to scale inputs by name: "standardise", "standardise-channels" or "unit-range". */
export type PreprocessName = PreprocessConfig["name"];

type Table = { readonly [N in PreprocessName]: Preprocess<Extract<PreprocessConfig, { name: N }>> };

/** Every way to scale inputs by the name that a config uses. Adding a file means adding a line here. */
export const preprocesses: Table = {
  standardise,
  "standardise-channels": standardiseChannels,
  "unit-range": unitRange,
};

export const preprocessNames = Object.keys(preprocesses) as PreprocessName[];

/**
 * The config of a way to scale inputs, fitted to examples, which are those to train on alone.
 *
 *     network({ preprocess: fitPreprocess("standardise", data.train.fields.x), … })
 *
 * LeCun, Bottou, Orr and Müller 1998, Efficient backprop, section 4.3.
 * Throws UserError for an unknown name, for an array without rows or of whole numbers, and for a value that isn't finite.
 * @param rows [N, …] float32
 */
export function fitPreprocess<N extends PreprocessName>(
  name: N,
  rows: NdArray,
): Extract<PreprocessConfig, { name: N }> {
  checkChoice("fitPreprocess: name", name, preprocessNames);
  if (kindOf(rows) !== "array" || !isFloat(rows.dtype) || !(rows.shape[0]! > 0) || rows.data.length === 0)
    throw new UserError(`fitPreprocess: the examples must be a float32 NdArray [N, …], received ${show(rows)}`);
  const at = rows.data.findIndex((value: number) => !Number.isFinite(value));
  const width = rows.data.length / rows.shape[0]!;
  if (at >= 0)
    throw new UserError(
      `fitPreprocess: the examples must be finite numbers, row ${Math.floor(at / width)}, value ${at % width} is ${rows.data[at]} (counted from 0)`,
    );
  return preprocesses[name].fit(rows);
}

/**
 * The config as it is, checked: of a known name, with lists of finite numbers, one for each value of an example or for each channel.
 * Throws UserError naming what isn't so; for a list of another length both lengths.
 * @param example the shape of an example
 */
export function resolvePreprocess(config: unknown, example: Shape): PreprocessConfig {
  checkNamed("preprocess:", config);
  checkChoice("preprocess: name", config.name, preprocessNames);
  const { lists, per = "value" } = preprocesses[config.name] as Preprocess<PreprocessConfig>;
  const length = per === "channel" ? channelsOf(example) : sizeOf(example);
  const subject = `preprocess ${config.name}`;
  checkKeys(subject, config, ["name", ...Object.keys(lists)]);
  for (const [key, least] of Object.entries<number>(lists)) {
    const list: unknown = (config as { readonly [key: string]: unknown })[key];
    if (!Array.isArray(list))
      throw new UserError(`${subject}: ${key} must be a list of numbers, received ${show(list)}`);
    if (list.length !== length)
      throw new UserError(
        `${subject}: ${key} must have a number for each of the ${length} ${per}s of an example, it has ${list.length}`,
      );
    for (const [at, value] of list.entries()) checkNumber(`${subject}: ${key}[${at}]`, value, { atLeast: least });
  }
  return config as unknown as PreprocessConfig;
}

/**
 * Inputs, scaled as a config says. Throws UserError, naming both lengths, for inputs of another number of values than it was fitted to.
 * @param x [B, …] float32
 * @returns [B, …]
 */
export function preprocess(config: PreprocessConfig, x: Tensor): Tensor {
  const { apply } = preprocesses[resolvePreprocess(config, x.shape.slice(1)).name] as Preprocess<PreprocessConfig>;
  return apply(config, x);
}

export type { Preprocess, StandardiseChannelsConfig, StandardiseConfig, UnitRangeConfig };
