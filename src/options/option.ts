import type { NumberRule } from "../rules.ts";
import type { AnyFamily, SpecOf } from "./family.ts";

/** The type of an option's value, which no option has at run time. */
interface Typed<T> {
  readonly value?: T;
}

/** What an option may say beside its kind and its rule. */
export interface Extras<T = unknown> {
  /** What stands for it when it is omitted: a value, or what it is given the choices that were made. */
  readonly default?: T | ((given: Readonly<Record<string, unknown>>) => T);
  /** It must be given. An option without this and without a default may be absent. */
  readonly required?: true;
  /** Its flag with what follows it: "--epochs <n>". */
  readonly flag?: string;
  /** What happens when it is omitted, where that is no value of its own: "all processors". */
  readonly usual?: string;
  /** What the flag's line of help says for that, where a flag alone stands for more. */
  readonly flagUsual?: string;
  /** Reads the flag's text where that has a short form of its own. */
  readonly parse?: (text: string) => unknown;
  /** Whether its value may come first without its name: `conv:32` for `conv:features=32`. */
  readonly unnamed?: true;
  /** Texts that may stand in the place of its value. */
  readonly words?: readonly string[];
  /** The option in whose place it stands: a flag of one takes the other out of a config. */
  readonly instead?: string;
  /** Whether a stopped training may be resumed with another value: no step depends on it. */
  readonly mayChange?: true;
}

export interface NumberOption extends Extras<number>, Typed<number> {
  readonly kind: "number";
  readonly description: string;
  readonly rule: NumberRule;
}

export interface ChoiceOption<T extends string = string> extends Extras<T>, Typed<T> {
  readonly kind: "choice";
  readonly description: string;
  readonly choices: readonly T[];
  /** What others call the choices. */
  readonly aliases?: Readonly<Record<string, T>>;
}

export interface TextOption<T = unknown> extends Extras<string>, Typed<T> {
  readonly kind: "text";
  readonly description: string;
  /** Whether null stands for none. */
  readonly nullable?: true;
}

/** Yes or no; a flag's text is "true" or "false". */
export interface BooleanOption extends Extras<boolean>, Typed<boolean> {
  readonly kind: "boolean";
  readonly description: string;
}

/** A list; `single`: one element may stand by itself. */
export interface ListOption<T = unknown> extends Extras, Typed<T> {
  readonly kind: "list";
  readonly description: string;
  readonly of: Option;
  readonly single: boolean;
  /** The fewest elements. */
  readonly least: number;
  /** Of a list of objects whose options have flags: a flag has one value for all of them, or one for each too. */
  readonly flags?: "all" | "each";
  /** What an element has that flags don't say, where the list has none yet. */
  readonly element?: Readonly<Record<string, unknown>>;
}

/** A member of a family, by its name and options. */
export interface SpecOption<T = unknown> extends Extras, Typed<T> {
  readonly kind: "spec";
  readonly description: string;
  readonly family: AnyFamily;
}

/** An object of options. */
export interface GroupOption<T = unknown> extends Extras, Typed<T> {
  readonly kind: "group";
  readonly description: string;
  readonly options: Options;
}

/** An object with any keys, whose values are alike. */
export interface MapOption<T = unknown> extends Extras, Typed<T> {
  readonly kind: "map";
  readonly description: string;
  readonly of: Option;
}

/**
 * What is said about one option, once: enough to check a config, to type it, to make a flag with its help line, and a row of the
 * documentation.
 */
export type Option =
  | NumberOption
  | ChoiceOption
  | TextOption
  | BooleanOption
  | ListOption
  | SpecOption
  | GroupOption
  | MapOption;
export type Options = { readonly [name: string]: Option };

/** The type of an option's value. */
export type ValueOf<O> =
  | (O extends { readonly value?: infer T } ? Exclude<T, undefined> : never)
  | (O extends { readonly words: readonly (infer W)[] } ? W : never);

type Required<O extends Options> = { [K in keyof O]: O[K] extends { required: true } ? K : never }[keyof O];
type Filled<O extends Options> = {
  [K in keyof O]: O[K] extends { required: true } | { default: unknown } ? K : never;
}[keyof O];

/** What a user gives: options with a default may be omitted. */
export type Given<O extends Options> = { readonly [K in Required<O>]: ValueOf<O[K]> } & {
  readonly [K in Exclude<keyof O, Required<O>>]?: ValueOf<O[K]> | undefined;
};
/** The same with every default in its place. */
export type Values<O extends Options> = { readonly [K in Filled<O>]: ValueOf<O[K]> } & {
  readonly [K in Exclude<keyof O, Filled<O>>]?: ValueOf<O[K]> | undefined;
};

export const number = <const E extends Extras<number>>(
  rule: NumberRule,
  description: string,
  extras: E = {} as E,
): NumberOption & E => ({ kind: "number", description, rule, ...extras });

/** A whole number from `atLeast`, or within a rule. */
export const whole = <const E extends Extras<number>>(
  atLeast: number | NumberRule,
  description: string,
  extras: E = {} as E,
): NumberOption & E =>
  number(typeof atLeast === "number" ? { whole: true, atLeast } : { whole: true, ...atLeast }, description, extras);

export const choice = <
  const T extends string,
  const E extends Extras<NoInfer<T>> & { readonly aliases?: Readonly<Record<string, NoInfer<T>>> },
>(
  choices: readonly T[],
  description: string,
  extras: E = {} as E,
): ChoiceOption<T> & E => ({ kind: "choice", description, choices, ...extras });

export const text = <const E extends Extras<string> & { readonly nullable?: true }>(
  description: string,
  extras: E = {} as E,
): TextOption<E extends { readonly nullable: true } ? string | null : string> & E => ({
  kind: "text",
  description,
  ...extras,
});

export const boolean = <const E extends Extras<boolean>>(
  description: string,
  extras: E = {} as E,
): BooleanOption & E => ({
  kind: "boolean",
  description,
  ...extras,
});

interface ListExtras extends Extras {
  readonly single?: boolean;
  readonly least?: number;
  readonly flags?: "all" | "each";
  readonly element?: Readonly<Record<string, unknown>>;
}
export const list = <const O extends Option, const E extends ListExtras>(
  of: O,
  description: string,
  extras: E = {} as E,
): ListOption<readonly ValueOf<O>[] | (E extends { readonly single: true } ? ValueOf<O> : never)> & E => ({
  kind: "list",
  description,
  of,
  single: false,
  least: 0,
  ...extras,
});

export const spec = <F extends AnyFamily, const E extends Extras>(
  family: F,
  description: string,
  extras: E = {} as E,
): SpecOption<SpecOf<F>> & E => ({ kind: "spec", description, family, ...extras });

export const group = <const O extends Options, const E extends Extras>(
  options: O,
  description: string,
  extras: E = {} as E,
): GroupOption<Given<O>> & E => ({ kind: "group", description, options, ...extras });

export const map = <const O extends Option, const E extends Extras>(
  of: O,
  description: string,
  extras: E = {} as E,
): MapOption<{ readonly [name: string]: ValueOf<O> }> & E => ({ kind: "map", description, of, ...extras });
