import { nearest } from "../nearest.ts";
import { brokenRule, show, suggestion } from "../rules.ts";
import { ownRule } from "./describe.ts";
import { type AnyFamily, canonical, namesOf, optionsOf, type SpecOf } from "./family.ts";
import { callError, type Mistake, received, searched, unknownKey } from "./mistakes.ts";
import type { Given, ListOption, Option, Options, Values } from "./option.ts";

type Path = Mistake["path"];
type Raw = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Raw => typeof value === "object" && value !== null && !Array.isArray(value);

/** How an object of options is read. */
export interface Reading {
  readonly path?: Path;
  /** Whether defaults are put in the places of what is omitted; nested objects are left as they were given. */
  readonly fill?: boolean;
  /** Names of more keys that the object may have, which are left alone. */
  readonly except?: readonly string[];
  /** More such keys, which errors name last. */
  readonly rest?: readonly string[];
}

/**
 * An object of options as it was given, with the members' own names for their aliases. What is wrong with it is added to `mistakes`: all of
 * it, each with its path.
 */
export function readOptions(options: Options, given: unknown, mistakes: Mistake[], reading: Reading = {}): Raw {
  const { path = [], fill = false, except = [], rest = [] } = reading;
  if (!isObject(given)) {
    mistakes.push({ path, text: received("must be an object", given) });
    return {};
  }
  const names = Object.keys(options);
  const values: Record<string, unknown> = {};
  const before = mistakes.length;
  // Choices come first: a number's default may depend on them, where they are as they must be.
  const order = fill
    ? [...names].sort((a, b) => Number(!isChoice(options[a]!)) - Number(!isChoice(options[b]!)))
    : names;
  for (const name of order) {
    const option = options[name]!;
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    if (value === undefined && option.required === undefined) {
      if (fill && mistakes.length === before) values[name] = defaultIn(option, values);
    } else values[name] = readOption(option, value, mistakes, [...path, name]);
  }
  for (const key of Object.keys(given))
    if (!Object.hasOwn(options, key) && ![...except, ...rest].includes(key))
      mistakes.push(
        searched([...path, key], () => unknownKey(key, names.length > 0 ? [...except, ...names, ...rest] : [])),
      );
  const places = fill ? names : Object.keys(given).filter((key) => Object.hasOwn(values, key));
  return Object.fromEntries(places.flatMap((name) => (values[name] === undefined ? [] : [[name, values[name]]])));
}

const defaultIn = ({ default: standard }: Option, values: Raw): unknown =>
  typeof standard === "function" ? standard(values) : standard;

const isChoice = (option: Option): boolean => option.kind === "choice";

/** One option's value, with the members' own names for their aliases. */
export function readOption(option: Option, given: unknown, mistakes: Mistake[], path: Path): unknown {
  const wrong = (rule: string): unknown => {
    const words = (option.words ?? []).map((word) => ` or ${word}`).join("");
    mistakes.push({ path, text: received(`${rule}${words}`, given) });
    return given;
  };
  if (option.words?.includes(given as string)) return given;
  switch (option.kind) {
    case "number": {
      const broken = brokenRule(option.rule, given);
      return broken === undefined ? given : wrong(`must be ${broken}`);
    }
    case "choice": {
      const { choices, aliases = {} } = option;
      const value = typeof given === "string" && Object.hasOwn(aliases, given) ? aliases[given] : given;
      if (choices.includes(value as string)) return value;
      const rule = () => `must be one of ${choices.join(", ")}${suggestion(given, choices, aliases)}`;
      mistakes.push(searched(path, () => received(rule(), given)));
      return given;
    }
    case "text":
      return (typeof given === "string" && given !== "") || (given === null && option.nullable)
        ? given
        : wrong("must be a text that is not empty");
    case "boolean":
      return typeof given === "boolean" ? given : wrong("must be true or false");
    case "group":
      return readOptions(option.options, given, mistakes, { path });
    case "list":
      if (option.words && typeof given === "string") return wrong(`must be ${ownRule(option)}`);
      return readList(option, given, mistakes, path);
    case "spec":
      return readSpec(option.family, given, mistakes, { path });
    case "map": {
      if (!isObject(given)) return wrong("must be an object");
      return Object.fromEntries(
        Object.entries(given).map(([key, value]) => [key, readOption(option.of, value, mistakes, [...path, key])]),
      );
    }
  }
}

function readList({ of, single, least }: ListOption, given: unknown, mistakes: Mistake[], path: Path): unknown {
  if (!Array.isArray(given)) {
    if (single) return readOption(of, given, mistakes, path);
    mistakes.push({ path, text: received("must be a list", given) });
    return given;
  }
  if (given.length < least) mistakes.push({ path, text: received(`must be a list of at least ${least}`, given) });
  return given.map((value, i) => readOption(of, value, mistakes, [...path, i]));
}

/** More names than these are not listed. */
const FEW = 12;

/** A member of a family as it was given, with its own name for an alias. */
export function readSpec(family: AnyFamily, given: unknown, mistakes: Mistake[], reading: Reading = {}): unknown {
  const { path = [], ...how } = reading;
  const { tag, bare } = family;
  if (bare && !isObject(given)) {
    const name = canonical(family, given);
    const options = optionsOf(family, name);
    if (options === undefined) mistakes.push(searched(path, () => wrongName(family, given)));
    else readOptions(options, {}, mistakes, { path });
    return how.fill && options ? { [tag]: name, ...readOptions(options, {}, [], how) } : name;
  }
  if (!isObject(given)) {
    const name = canonical(family, given);
    const fix = optionsOf(family, name) ? `: write { ${tag}: ${show(name)}, … }` : "";
    mistakes.push({ path, text: `${received(`must be an object with a ${tag}`, given)}${fix}` });
    return given;
  }
  const { [tag]: called, ...options } = given;
  const name = canonical(family, called);
  const known = optionsOf(family, name);
  if (known === undefined) {
    mistakes.push(searched(bare ? path : [...path, tag], () => wrongName(family, called)));
    return given;
  }
  return { [tag]: name, ...readOptions(known, options, mistakes, { ...how, path, except: [tag] }) };
}

function wrongName(family: AnyFamily, given: unknown): string {
  const names = namesOf(family);
  const others = { ...family.hints, ...family.aliases };
  if (names.length <= FEW)
    return received(`must be one of ${names.join(", ")}${suggestion(given, names, others)}`, given);
  const meant = typeof given === "string" ? nearest(given, names, others) : undefined;
  if (meant !== undefined) return `there is no ${family.noun} ${show(given)}, did you mean "${meant}"?`;
  const all = family.lister ? `${family.lister} lists all ${names.length}` : `the names are ${names.join(", ")}`;
  const noun = `${/^[aeiou]/.test(family.noun) ? "an" : "a"} ${family.noun}`;
  return received(`must be the name of ${noun} (${all})`, given);
}

/** The options with every default in its place. Throws UserError, naming `subject`, that says all that is wrong. */
export function resolveOptions<O extends Options>(
  subject: string,
  options: O,
  given: Given<O>,
  except: readonly string[] = [],
): Values<O> {
  const mistakes: Mistake[] = [];
  const values = readOptions(options, given, mistakes, { fill: true, except });
  if (mistakes.length > 0) throw callError(subject, mistakes);
  return values as Values<O>;
}

/** A member of a family as it was given, with its own name for an alias. Throws as resolveOptions. */
export function resolveSpec<F extends AnyFamily>(
  subject: string,
  family: F,
  given: unknown,
  reading: Reading = {},
): SpecOf<F> {
  const mistakes: Mistake[] = [];
  const spec = readSpec(family, given, mistakes, reading);
  if (mistakes.length === 0) return spec as SpecOf<F>;
  const name = canonical(family, isObject(given) ? given[family.tag] : given);
  throw callError(optionsOf(family, name) ? `${subject} ${name}` : subject, mistakes);
}
