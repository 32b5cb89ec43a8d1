import type { NumberRule } from "../../rules.ts";

export interface NumberOption {
  readonly kind: "number";
  readonly description: string;
  readonly rule: NumberRule;
  /** A value, or what it is given the choices that were made. */
  readonly default: number | ((given: Readonly<Record<string, unknown>>) => number);
}

export interface ChoiceOption<T extends string = string> {
  readonly kind: "choice";
  readonly description: string;
  readonly choices: readonly T[];
  readonly default: T;
}

/** What may be said about one option of an estimator: enough to check a config, and to make a flag and its help. */
export type Option = NumberOption | ChoiceOption;
export type Options = { readonly [name: string]: Option };

export type OptionValue<O extends Option> = O extends ChoiceOption<infer T> ? T : number;
/** The values of all options. */
export type OptionValues<O extends Options> = { readonly [K in keyof O]: OptionValue<O[K]> };
/** What a user gives: any of them. */
export type GivenOptions<O extends Options> = { readonly [K in keyof O]?: OptionValue<O[K]> | undefined };

/** A graph has nodes for each of K samples: more are a slip of the hand, and would take all memory. */
export const MOST_SAMPLES = 10_000;

export const number = (defaults: NumberOption["default"], rule: NumberRule, description: string): NumberOption => ({
  kind: "number",
  description,
  rule,
  default: defaults,
});

export const choice = <const T extends string>(
  choices: readonly T[],
  standard: NoInfer<T>,
  description: string,
): ChoiceOption<T> => ({ kind: "choice", description, choices, default: standard });
