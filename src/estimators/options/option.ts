import { type ChoiceOption, type NumberOption, number as ofNumber, choice as option } from "../../options/index.ts";
import type { NumberRule } from "../../rules.ts";

/** An option of an estimator: it always has a default. */
export type Option =
  | (NumberOption & { readonly default: NonNullable<NumberOption["default"]> })
  | (ChoiceOption & { readonly default: string });
export type Options = { readonly [name: string]: Option };

/** A graph has nodes for each of K samples: more are a slip of the hand, and would take all memory. */
export const MOST_SAMPLES = 10_000;
/** Hidden units of an estimator's own net, whose weights must be one array whatever the layer's width. */
export const MOST_HIDDEN = 10_000;

/** @param standard a value, or what it is given the choices that were made */
export const number = (standard: NonNullable<NumberOption["default"]>, rule: NumberRule, description: string) =>
  ofNumber(rule, description, { default: standard });

export const choice = <const T extends string>(choices: readonly T[], standard: NoInfer<T>, description: string) =>
  option<T, { default: NoInfer<T> }>(choices, description, { default: standard });
