import { flagName } from "../../config/flags.ts";
import { numberOrText } from "../../options/text.ts";
import { checkChoice, checkNumber, type NumberRule } from "../../rules.ts";

/** One option of an experiment, as data: its flag's help, its check and its type are made of it. */
export interface Option<T> {
  /** Stands for the value in the help, such as n in `--seeds <n>`; a switch has none. */
  readonly value?: string;
  /** A noun phrase or an imperative; the default is added to it. */
  readonly help: string;
  /** What may be typed, where that is a list of names: the help gives them. */
  readonly names?: readonly string[];
  /** The value where the option isn't given; undefined: the experiment decides. */
  readonly usual: T;
  /** What was typed, as a value. Throws UserError that begins with `subject`. */
  read(typed: string | true, subject: string): T;
}

/** An experiment's options by name; `dataDir` is typed `--data-dir`. */
export type Options = { readonly [name: string]: Option<unknown> };

/** What an experiment is given: a value for each of its options. */
export type Values<O extends Options> = { readonly [K in keyof O]: O[K] extends Option<infer T> ? T : never };

/** Options as they were typed, by name: a text each, true for a switch. */
export type Typed = { readonly [name: string]: string | boolean | undefined };

/** A number that keeps to a rule, `usual` where it isn't given. */
export function number(help: string, rule: NumberRule, usual: number): Option<number>;
export function number(help: string, rule: NumberRule): Option<number | undefined>;
export function number(help: string, rule: NumberRule, usual?: number): Option<number | undefined> {
  const read = (typed: string | true, subject: string): number => {
    const value = numberOrText(String(typed));
    checkNumber(subject, value, rule);
    return value;
  };
  return { value: "n", help, usual, read };
}

/** One of some names. */
export const choice = <const N extends string>(help: string, names: readonly N[], usual: N): Option<N> => ({
  ...{ value: "name", help, names, usual },
  read(typed, subject) {
    const name = String(typed);
    checkChoice(subject, name, names);
    return name as N;
  },
});

/** Some of some names, with commas between. Throws UserError for one that isn't known. */
export const choices = <const N extends string>(
  help: string,
  names: readonly N[],
): Option<readonly N[] | undefined> => ({
  ...{ value: "names", help, names, usual: undefined },
  read(typed, subject) {
    const chosen = String(typed)
      .split(",")
      .map((name) => name.trim());
    for (const name of chosen) checkChoice(subject, name, names);
    return [...new Set(chosen)] as N[];
  },
});

/** Text, as it was typed; `value` stands for it in the help. */
export const text = (help: string, value = "text"): Option<string | undefined> => ({
  ...{ value, help, usual: undefined },
  read: (typed) => String(typed),
});

/** What stands for places in the help: other ones give the same results elsewhere. */
export const places: readonly (string | undefined)[] = ["folder", "url"];

export const folder = (help: string) => text(help, "folder");

/** An address of a server, which may hold a password. */
export const address = (help: string) => text(help, "url");

/** Something that is off unless it is asked for. */
export const toggle = (help: string): Option<boolean> => ({ help, usual: false, read: () => true });

/** The folder of a data set's IDX files. */
export const dataDir = folder("folder of the data set's IDX files");

/** `--seeds <n>`, as help pages and parsers of command lines have it. */
export const flagOf = (name: string, { value }: Option<unknown>): string =>
  `${flagName(name)}${value === undefined ? "" : ` <${value}>`}`;

/** An option's line in the help, with the names that it takes and its default. */
export const helpOf = ({ help, usual, value, names }: Option<unknown>): string =>
  `${help}${value === undefined || usual === undefined ? "" : ` (default: ${usual})`}${names ? `: ${names.join(", ")}` : ""}`;

/** The values of options. Throws UserError, naming `subject` and the option, for one that breaks its rule. */
export function valuesOf<O extends Options>(subject: string, options: O, typed: Typed): Values<O> {
  const values = Object.entries(options).map(([name, option]) => {
    const given = typed[name];
    const value =
      given === undefined || given === false ? option.usual : option.read(given, `${subject}: ${flagName(name)}`);
    return [name, value];
  });
  return Object.fromEntries(values) as Values<O>;
}
