import { UserError } from "../errors.ts";
import { cut, show } from "../rules.ts";
import { withArticle } from "./describe.ts";
import { type AnyFamily, canonical, namesOf, optionsOf, type Tag } from "./family.ts";
import type { Option, Options } from "./option.ts";

/** A number where the text is one, the text itself otherwise: validation says what it should have been. */
export const numberOrText = (text: string): number | string =>
  text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text;

/** True or false where the text says so. */
const booleanOrText = (text: string): boolean | string =>
  text === "true" || text === "false" ? text === "true" : text;

/**
 * Reads `name:key=value,key=value`: { name, key: value, … }, or the name alone where there are no options. A value is read as its option
 * says, where the family has it: `gater=dense(hidden=20)` is an object, `hidden=20+30` a list. `cell=leaky:spike=threshold,slope=arctan`: an option
 * that the member lacks belongs to the member before it that has one of this name, as in `spike=threshold(slope=arctan)`. A value without a name,
 * as in `conv:32`, is that of the option that may stand so.
 * Throws UserError for an option that comes twice.
 */
export function parseSpec(text: string, family?: AnyFamily): { name: string; [option: string]: unknown } {
  const [name, pairs] = namedPairs(text, family);
  return { name, ...pairs };
}

/** Reads one of several members that stand apart by spaces. Throws UserError as `parseSpec`, and for a text without a name. */
export function parseMember(text: string, family: AnyFamily): Record<string, unknown> {
  const [called] = splitOnce(text, ":");
  if (called === "" || /[()]/.test(called))
    throw new UserError(
      `${show(text)} must begin with the name of ${withArticle(family.noun)}, and a colon before its options, as in ${namesOf(family)[0]}:…`,
    );
  const [name, pairs] = namedPairs(text, family, true);
  return { [family.tag]: name, ...pairs };
}

/** A member's name and its options. @param spaced whether it is one of several that stand apart by spaces */
function namedPairs(text: string, family?: AnyFamily, spaced = false): [string, Record<string, unknown>] {
  const [name, options] = splitOnce(text, ":");
  const given = options === undefined || options === "" ? [] : split(options, ",");
  const known = family && optionsOf(family, canonical(family, name));
  // Where there is no such member, its name is what is wrong, and not a value that no option may take.
  const parts = family && !known ? given.filter((part) => !isUnnamed(part)) : given;
  if (spaced) checkSpaces(text, parts, family!);
  const pairs = pairsOf(parts, text, known, family?.tag);
  checkLeading(text, known ?? {}, pairs);
  return [name, pairs];
}

/** Throws UserError where a comma stands in the place of the space before another member, as in `shift:2,flip`. */
function checkSpaces(text: string, parts: readonly string[], family: AnyFamily): void {
  const other = parts.slice(1).find((part) => {
    const [name = ""] = /^[^:=]*/.exec(part) ?? [];
    return part[name.length] !== "=" && optionsOf(family, canonical(family, name)) !== undefined;
  });
  if (other !== undefined)
    throw new UserError(
      `${show(text)} must have a space before each ${family.noun}, as in ${cut(text.replace(`,${other}`, ` ${other}`))}`,
    );
}

/** Throws UserError where the value that may stand without its name is missing and has to be there, as in `conv` for `conv:32`. */
function checkLeading(text: string, options: Options, pairs: Record<string, unknown>): void {
  const missing = Object.entries(options).find(([key, o]) => o.unnamed && o.required && !Object.hasOwn(pairs, key));
  if (!missing) return;
  const [key, { kind, description }] = missing;
  const [name] = splitOnce(text, ":");
  const example = kind === "number" ? `, as in ${name}:32` : "";
  throw new UserError(`${show(text)} must say its ${key}: ${description}${example}`);
}

/** Reads a comma-separated list of specs; `key=value` belongs to the spec before it. A spec without options is its name. */
export function parseSpecs(text: string, family?: AnyFamily): (string | { name: string })[] {
  const specs: string[] = [];
  for (const part of split(text, ",").map((s) => s.trim())) {
    const continues = part.includes("=") && !splitOnce(part, "=")[0].includes(":") && specs.length > 0;
    if (continues) specs.push(`${specs.pop()},${part}`);
    else specs.push(part);
  }
  return specs.map((spec) => (spec.includes(":") ? parseSpec(spec, family) : spec));
}

/** Reads `key=value,key=value`. */
export const parsePairs = (text: string): Record<string, unknown> => pairsOf(split(text, ","), text);

/** Reads `dense:units=64,estimator=disarm gated:blocks=8,gate=straight-through`: members apart by spaces. */
export function parseMembers(text: string, family: AnyFamily): unknown[] {
  const [opened, closed] = ["(", ")"].map((mark) => text.split(mark).length - 1) as [number, number];
  if (opened !== closed)
    throw new UserError(
      `${show(text)} must close each parenthesis that it opens, received ${opened} opened and ${closed} closed`,
    );
  const deepest = deepestOf(text);
  if (deepest > DEEPEST)
    throw new UserError(`${show(text)} may have at most ${DEEPEST} parentheses within each other, received ${deepest}`);
  return split(text.replaceAll(/\s/g, " "), " ")
    .filter((part) => part !== "")
    .map((part) => parseMember(part, family));
}

/** A spec with its name under the family's own key. */
export const tagged = ({ name, ...options }: { name: string }, tag: Tag): Record<string, unknown> => ({
  [tag]: name,
  ...options,
});

/** The value of a flag, as its option reads it. */
export function parseFlag(option: Option, text: string): unknown {
  if (option.parse) return option.parse(text);
  if (option.kind === "spec") {
    const { bare, tag } = option.family;
    if (bare && !text.includes(":")) return text;
    const [name, pairs] = namedPairs(text, option.family);
    return { [tag]: name, ...pairs };
  }
  if (option.kind === "boolean") return booleanOrText(text);
  if (option.kind !== "list") return option.kind === "number" ? numberOrText(text) : text;
  if (text === "none") return [];
  const { of } = option;
  if (of.kind !== "spec") return split(text, ",").map((part) => parseFlag(of, part));
  if (of.family.tag === "kind") return parseMembers(text, of.family);
  return parseSpecs(text, of.family).map((spec) =>
    typeof spec === "string" && !of.family.bare ? { [of.family.tag]: spec } : spec,
  );
}

/** A value within a spec: parentheses in the place of the colon, + between the elements of a list. */
function parseWithin(option: Option | undefined, text: string): unknown {
  if (option === undefined || option.kind === "number") return numberOrText(text);
  if (option.kind === "boolean") return booleanOrText(text);
  if (option.kind === "spec") {
    const [, name, options] = /^([^(]*)\((.*)\)$/s.exec(text) ?? [];
    return parseFlag(option, name === undefined ? text : `${name}:${options}`);
  }
  if (option.kind !== "list") return text;
  if (option.of.kind === "spec" && option.of.family.tag === "kind") {
    const end = closing(text);
    if (end < 0)
      throw new UserError(
        `${show(text)} must stand in parentheses within another ${option.of.family.noun}, as in (${cut(text)})`,
      );
    const [members, behind] = [text.slice(0, end + 1), text.slice(end + 1)];
    if (behind !== "")
      throw new UserError(
        `${show(text)} must have a comma behind its parenthesis, as in ${cut(members)},${cut(behind)}`,
      );
    return parseMembers(members.slice(1, -1), option.of.family);
  }
  if (option.of.kind === "number" && /^\d+(x\d+)+$/.test(text))
    throw new UserError(`${show(text)} must have + between its numbers, as in ${text.replaceAll("x", "+")}`);
  // A list within a list stands in parentheses.
  const list = closing(text) === text.length - 1 ? text.slice(1, -1) : text;
  const parts = text === "none" ? [] : split(list, "+").map((part) => parseWithin(option.of, part));
  return option.single && parts.length === 1 ? parts[0] : parts;
}

/** `spike=threshold,slope=arctan` as `spike=threshold(slope=arctan)`, where the options have no slope and those of threshold do. */
function nested(parts: readonly string[], options: Options): string[] {
  const joined: string[] = [];
  for (const part of parts) {
    const before = joined.at(-1);
    const key = splitOnce(part, "=")[0].trim();
    if (before !== undefined && !Object.hasOwn(options, key) && memberHas(options, before, key))
      joined[joined.length - 1] = before.endsWith(")") ? `${before.slice(0, -1)},${part})` : `${before}(${part})`;
    else joined.push(part);
  }
  return joined;
}

/** Whether `spike=threshold` or `spike=threshold(…)` names a member that has the option. */
function memberHas(options: Options, pair: string, key: string): boolean {
  const [outer, value = ""] = splitOnce(pair, "=");
  const option = Object.hasOwn(options, outer.trim()) ? options[outer.trim()] : undefined;
  if (option?.kind !== "spec") return false;
  const member = optionsOf(option.family, canonical(option.family, splitOnce(value, "(")[0]));
  return member !== undefined && Object.hasOwn(member, key);
}

/** Whether a value stands without a name: `32`, or `(conv:32,size=3 normalise)`. */
const isUnnamed = (text: string): boolean => text.startsWith("(") || !text.includes("=");

/** What is said about a value without an option's name, as in dense:64. */
function unnamed(whole: string, text: string, options: Options): string {
  if (text === "") return `${show(whole)} must have an option behind each comma`;
  const [first] = Object.entries(options);
  const example = first ? `${first[0]}=${first[1].kind === "number" ? text : "…"}` : "option=value";
  return `${show(whole)} must give each option by its name, as in ${example}; received ${show(text)}`;
}

/**
 * Throws UserError for a value without a name, and for a key that comes twice, of which one value would go unheard; `tag`, which names the member, is no
 * option of it.
 */
function pairsOf(
  parts: readonly string[],
  whole: string,
  options: Options = {},
  tag: Tag = "name",
): Record<string, unknown> {
  const [leading] = Object.entries(options).find(([, option]) => option.unnamed) ?? [];
  const pairs = nested(parts, options).map((text, i): [string, unknown] => {
    const [given, value] = i === 0 && leading !== undefined && isUnnamed(text) ? [leading, text] : splitOnce(text, "=");
    if (value === undefined) throw new UserError(unnamed(whole, text, options));
    const key = given.trim();
    return [key, parseWithin(Object.hasOwn(options, key) ? options[key] : undefined, value)];
  });
  const keys = new Set<string>([tag]);
  for (const [key] of pairs) {
    if (keys.has(key)) throw new UserError(`${show(whole)} must give each option once, received ${show(key)} twice`);
    keys.add(key);
  }
  return Object.fromEntries(pairs);
}

function splitOnce(text: string, mark: string): [string, string | undefined] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

/** Where the parenthesis closes that the text begins with; -1 where it begins with none. */
function closing(text: string): number {
  if (!text.startsWith("(")) return -1;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "(") depth++;
    if (text[i] === ")" && --depth === 0) return i;
  }
  return -1;
}

/** Parentheses within each other that are read. */
const DEEPEST = 64;

/** How many parentheses stand within each other. */
function deepestOf(text: string): number {
  let [depth, deepest] = [0, 0];
  for (const letter of text) {
    if (letter === "(") deepest = Math.max(deepest, ++depth);
    if (letter === ")") depth--;
  }
  return deepest;
}

/** The parts of a text between marks that stand outside of parentheses. */
function split(text: string, mark: string): string[] {
  const parts = [""];
  let depth = 0;
  for (const letter of text) {
    if (letter === "(") depth++;
    if (letter === ")") depth--;
    if (letter === mark && depth <= 0) parts.push("");
    else parts.push(parts.pop()! + letter);
  }
  return parts;
}
