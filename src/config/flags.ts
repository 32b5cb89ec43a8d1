import { isTableFile } from "../data/table-text.ts";
import { UserError } from "../errors.ts";
import {
  canonical,
  helpOf,
  type ListOption,
  namesOf,
  type Option,
  type Options,
  optionsOf,
  type SpecOption,
} from "../options/index.ts";
import { parseFlag } from "../options/text.ts";
import { show } from "../rules.ts";
import { sections } from "./config.ts";

type Raw = { [key: string]: unknown };

/** The flags' texts as they were typed, by the names that flagKey gives them. */
export interface ConfigFlags {
  /** The run folder; false: nothing is written. */
  readonly out?: string | false | undefined;
  /** Whether events for TensorBoard are written. */
  readonly tensorboard?: boolean | undefined;
  /** Whether the op is looked for that gave a number which isn't finite. */
  readonly debugNan?: boolean | undefined;
  readonly [flag: string]: unknown;
}

/** A flag as it is typed: maxNorm → --max-norm. */
export const flagName = (key: string): string => `--${key.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`;
/** The name of an option's flag among the texts: "--max-norm <number>" → maxNorm. */
const flagKey = (flag: string): string =>
  flag
    .slice(2)
    .replace(/ .*$/, "")
    .replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

/** A flag with its line of help. */
export interface Flag {
  readonly key: string;
  readonly flags: string;
  readonly help: string;
  readonly option: Option;
}

/** The options directly below one: a member's, and those of a list's elements, which a flag reaches. */
function below(option: Option): Options[] {
  if (option.kind === "group") return option.parse ? [] : [option.options];
  if (option.kind === "list") return option.of.kind === "group" ? [option.of.options] : [];
  if (option.kind !== "spec") return [];
  return namesOf(option.family).map((name) => optionsOf(option.family, name)!);
}

const known = new WeakMap<Option, readonly Flag[]>();

/** Every flag of an option and of what is below it, each once. */
export function flagsOf(option: Option): readonly Flag[] {
  const before = known.get(option);
  if (before) return before;
  const found = new Map<string, Flag>();
  const visit = (at: Option): void => {
    if (at.flag !== undefined) {
      const key = flagKey(at.flag);
      if (!found.has(key)) found.set(key, { key, flags: at.flag, help: helpOf(at), option: at });
    }
    for (const options of below(at)) for (const each of Object.values(options)) visit(each);
  };
  visit(option);
  const flags = [...found.values()];
  known.set(option, flags);
  return flags;
}

const has = (options: Options, key: string): boolean =>
  Object.values(options).some((option) => flagsOf(option).some((flag) => flag.key === key));

/** The members of a family that have a flag. */
export const membersWith = ({ family }: SpecOption, key: string): string[] =>
  namesOf(family).filter((name) => has(optionsOf(family, name)!, key));

/**
 * `--data my.csv` in full: the data set `table`, with this file, and `my.npz` the data set `npz`; and `--data ./photos`: the data set `images`, with this folder. Throws UserError where
 * another flag names a file or a folder too.
 */
export function inFull<F extends ConfigFlags>(flags: F): F {
  const { data, file, dataDir } = flags;
  if (typeof data !== "string") return flags;
  if (isTableFile(data) || /\.npz$/i.test(data)) {
    if (file !== undefined)
      throw new UserError(`--file: ${show(data)} is a file already, by --data, received --file ${show(file)} too`);
    return { ...flags, data: /npz$/i.test(data) ? "npz" : "table", file: data };
  }
  const [, path = data, options = ""] = /^(.*?)(:\w+=.*)$/s.exec(data) ?? [];
  if (!/[/\\]/.test(path)) return flags;
  if (dataDir !== undefined)
    throw new UserError(
      `--data-dir: ${show(path)} is a folder already, by --data, received --data-dir ${show(dataDir)} too`,
    );
  return { ...flags, data: `images${options}`, dataDir: path };
}

/** A config of a file (or nothing) with the flags' values over it. What is wrong with it is for resolveConfig to say. */
export function overlay(base: Readonly<Raw>, typed: ConfigFlags): Raw {
  // A flag that nothing follows says yes.
  const flags: ConfigFlags = Object.fromEntries(
    Object.entries(inFull(typed)).map(([key, value]) => [key, value === true ? "true" : value]),
  );
  const config: Raw = { ...base };
  for (const [section, option] of Object.entries<Option>(sections)) {
    const given = flagsOf(option).filter(({ key }) => typeof flags[key] === "string");
    if (given.length === 0) continue;
    const standard = option.default ?? {};
    config[section] = over(option, config[section] ?? standard, flags);
  }
  if (flags.out !== undefined)
    config.machine = { ...(config.machine as Raw | undefined), out: flags.out === false ? null : flags.out };
  for (const key of ["tensorboard", "debugNan"] as const)
    if (typed[key]) config.machine = { ...(config.machine as Raw | undefined), [key]: true };
  return config;
}

const textOf = (flags: ConfigFlags, option: Option): string | undefined => {
  const value = option.flag === undefined ? undefined : flags[flagKey(option.flag)];
  return typeof value === "string" ? value : undefined;
};

/** Whether a flag of the option, or of what is below it, is given. */
const isGiven = (option: Option, flags: ConfigFlags): boolean =>
  flagsOf(option).some(({ key }) => typeof flags[key] === "string");

/** A value with the flags' over it. */
function over(option: Option, base: unknown, flags: ConfigFlags): unknown {
  if (option.kind === "spec") return overSpec(option, base, flags);
  const text = textOf(flags, option);
  if (text !== undefined) return parseFlag(option, text);
  if (option.kind === "group") return overOptions(option.options, base, flags);
  return option.kind === "list" ? overList(option, base, flags) : base;
}

function overOptions(options: Options, base: unknown, flags: ConfigFlags): unknown {
  if (typeof base !== "object" || base === null || Array.isArray(base)) return base;
  const values: Raw = { ...base };
  for (const [name, option] of Object.entries(options)) {
    if (!isGiven(option, flags)) continue;
    const { instead } = option;
    if (instead !== undefined && textOf(flags, options[instead]!) === undefined) delete values[instead];
    values[name] = over(option, values[name] ?? option.default, flags);
  }
  return values;
}

/** A member by its flag, with the options that flags of their own give it. */
function overSpec(option: SpecOption, base: unknown, flags: ConfigFlags): unknown {
  const { family } = option;
  const { tag } = family;
  const text = textOf(flags, option);
  const typed = text === undefined ? undefined : parseFlag(option, text);
  if (family.bare || option.parse) return typed ?? base;
  const named = typeof base === "object" && base !== null ? (base as Raw) : {};
  const before: Raw = named[tag] === undefined ? { ...(option.default as Raw | undefined), ...named } : named;
  const given = typed as Raw | undefined;
  const name = canonical(family, given?.[tag] ?? before[tag]);
  const options = optionsOf(family, name);
  // Another member keeps those options that it has too.
  const kept =
    given === undefined || name === before[tag]
      ? before
      : Object.fromEntries(Object.entries(before).filter(([key]) => options && Object.hasOwn(options, key)));
  const member = { ...kept, ...given, [tag]: name };
  if (options === undefined) return member;
  checkOwn(option, name, options, flags);
  for (const [key, each] of Object.entries(options))
    if (given?.[key] !== undefined && textOf(flags, each) !== undefined)
      throw new UserError(
        `${wordOf(each)}: must be given once, received ${textOf(flags, each)} and ${wordOf(option)} ${text}`,
      );
  return overOptions(options, member, flags);
}

/** A flag without what follows it. */
const wordOf = ({ flag = "" }: Option): string => flag.replace(/ .*$/, "");

/** Throws UserError for a flag of an option that other members have and this one doesn't. */
function checkOwn(option: SpecOption, name: unknown, options: Options, flags: ConfigFlags): void {
  for (const { key, option: of } of flagsOf(option)) {
    if (of === option || typeof flags[key] !== "string" || has(options, key)) continue;
    const having = membersWith(option, key).join(" or ");
    throw new UserError(`${wordOf(of)}: needs ${wordOf(option)} ${having}, received ${show(name)}`);
  }
}

/** A list of layers: a flag has one value for all of them, or one for each; that of their first option says how many there are. */
function overList(option: ListOption, base: unknown, flags: ConfigFlags): unknown {
  if (option.of.kind !== "group" || !Array.isArray(base)) return base;
  const { options } = option.of;
  if (option.flags !== "each") return base.map((layer) => overOptions(options, layer, flags));
  const [first] = Object.keys(options);
  const sizes = textOf(flags, options[first!]!);
  const listed = sizes === undefined ? undefined : (valuesOf(options[first!]!, sizes) as unknown[]);
  const length = listed?.length ?? base.length;
  const given = Object.entries(options).flatMap(([name, each]) => {
    const text = textOf(flags, each);
    if (text === undefined) return [];
    if (length === 0 && name !== first) refuseWithoutLayers(each, text);
    return [[name, oneEach(each, valuesOf(each, text), length)] as const];
  });
  const before: readonly unknown[] = base.length > 0 ? base : [option.element ?? {}];
  return Array.from({ length }, (_, i) => ({
    ...(before[i] ?? (before.at(-1) as Raw)),
    ...Object.fromEntries(given.map(([name, values]) => [name, values[i]])),
  }));
}

function valuesOf(option: Option, text: string): unknown[] {
  const parsed = parseFlag({ kind: "list", description: "", of: option, single: false, least: 0 }, text);
  return parsed as unknown[];
}

function oneEach(option: Option, values: readonly unknown[], layers: number): unknown[] {
  if (values.length !== 1 && values.length !== layers)
    throw new UserError(
      `${wordOf(option)}: must be one for all hidden layers or one each (${layers}), received ${values.length}`,
    );
  return Array.from({ length: layers }, (_, i) => (values.length === 1 ? values[0] : values[i]));
}

function refuseWithoutLayers(option: Option, text: string): never {
  throw new UserError(
    `${wordOf(option)}: needs a hidden layer, received ${show(text)} for a network without one (of gates the flags are --gate and --block-gain)`,
  );
}
