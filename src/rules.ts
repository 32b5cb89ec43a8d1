import { UserError } from "./errors.ts";
import { nearest } from "./nearest.ts";

/** What a number must be: within the bounds given, and whole where asked. */
export interface NumberRule {
  readonly whole?: boolean;
  readonly above?: number;
  readonly atLeast?: number;
  readonly below?: number;
  readonly atMost?: number;
}

/** Under this name the prototypes of the library's classes say what they are: other copies of the library read it too. */
export const KIND = Symbol.for("heaviside.kind");

/** What a value is among this library's own classes, whichever copy of the library made it. */
export function kindOf(value: unknown): Kind | undefined {
  return typeof value === "object" && value !== null ? (value as { readonly [KIND]?: Kind })[KIND] : undefined;
}

type Kind = "tensor" | "array" | "resident" | "backend";

/** A text of any length, short enough for a message. */
export const cut = (text: string, most = 80): string => (text.length > most ? `${text.slice(0, most - 3)}...` : text);

/** Characters of a reason that stands in another message: a file's own names may be of any length. */
export const LONGEST_REASON = 2000;

/** The word for one of a thing, or for several. */
export const plural = (count: number, one: string, several = `${one}s`): string => (count === 1 ? one : several);

/** A count with what is counted: "1 row", "2 rows". */
export const counted = (count: number, one: string, several?: string): string =>
  `${count} ${plural(count, one, several)}`;

/** Names that a message lists. */
const MOST_NAMES = 12;

/** Names for a message, shortened where they are many. */
export const listed = (names: readonly string[]): string =>
  names.length <= MOST_NAMES
    ? names.map((name) => cut(name)).join(", ")
    : `${listed(names.slice(0, MOST_NAMES))}, … (${names.length} in all)`;

/** A received value, short, for a message. */
export function show(value: unknown): string {
  if (typeof value !== "object" || value === null) return typeof value === "string" ? cut(quoted(value)) : plain(value);
  const thing = named(value);
  if (thing !== undefined) return thing;
  try {
    // No more of it is looked at than is shown.
    const part = Array.isArray(value) ? value.slice(0, 80) : value;
    // What stands there, and not what its toJSON gives.
    const replaced = function (this: Record<string, unknown>, key: string): unknown {
      return inline(this[key]);
    };
    return cut(JSON.stringify(part, replaced).replace(/"<|>"/g, ""));
  } catch {
    return Array.isArray(value) ? `an array of ${value.length}` : "an object";
  }
}

const quoted = (text: string): string => JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
function plain(value: unknown): string {
  if (typeof value === "function") return "a function";
  return typeof value === "bigint" ? `${value}n` : String(value);
}

/** What JSON has no word for, in angle brackets that `show` takes off. */
function inline(value: unknown): unknown {
  if (typeof value === "object" && value !== null) {
    const thing = named(value);
    return thing === undefined ? value : `<${thing}>`;
  }
  const isJson = typeof value === "string" || typeof value === "boolean" || Number.isFinite(value) || value === null;
  return isJson ? value : `<${plain(value)}>`;
}

/** An object that is better named than listed. */
function named(value: object): string | undefined {
  const kind = kindOf(value);
  if (kind === "resident" || kind === "backend") return `a ${kind}`;
  if (kind) {
    const { dtype, shape } = value as { readonly dtype: string; readonly shape: readonly number[] };
    return `${kind === "tensor" ? "a tensor" : "an NdArray"} ${dtype}[${shape.join(", ")}]`;
  }
  const name = Object.prototype.toString.call(value).slice(8, -1);
  if (ArrayBuffer.isView(value)) return `a ${name}${"length" in value ? ` of ${value.length} numbers` : ""}`;
  if (name !== "Object" && name !== "Array") return `a ${name}`;
  const maker = Object.getPrototypeOf(value)?.constructor?.name;
  return name === "Array" || !maker || maker === "Object" ? undefined : `a ${maker}`;
}

/** Throws UserError, naming `subject`, the rule and the value, unless `value` is a number of float32's range that keeps to the rule. */
export function checkNumber(subject: string, value: unknown, rule: NumberRule): asserts value is number {
  const broken = brokenRule(rule, value);
  if (broken !== undefined) throw new UserError(`${subject} must be ${broken}, received ${show(value)}`);
}

/** What a value had to be, in words, where it isn't: a finite number that keeps to the rule and that float32 holds. */
export function brokenRule(rule: NumberRule, value: unknown): string | undefined {
  if (!keepsTo(rule, value)) return ruleText(rule);
  return rule.whole || Number.isFinite(Math.fround(value)) ? undefined : "within ±3.4e38, which float32 holds";
}

function keepsTo(rule: NumberRule, value: unknown): value is number {
  const { whole = false, above = -Infinity, atLeast = -Infinity, below = Infinity, atMost = Infinity } = rule;
  return (
    typeof value === "number" &&
    (whole ? Number.isSafeInteger(value) : Number.isFinite(value)) &&
    value > above &&
    value >= atLeast &&
    value < below &&
    value <= atMost
  );
}

/** The rule in words: "a whole number at least 1 and at most 64". */
export function ruleText({ whole = false, above, atLeast, below, atMost }: NumberRule): string {
  const bounds = [
    above !== undefined && above > -Infinity && `above ${above}`,
    atLeast !== undefined && atLeast > -Infinity && `at least ${atLeast}`,
    below !== undefined && below < Infinity && `below ${below}`,
    atMost !== undefined && atMost < Infinity && `at most ${atMost}`,
  ].filter((bound) => bound !== false);
  return [whole ? "a whole number" : "a finite number", bounds.join(" and ")].join(" ").trim();
}

/**
 * Throws UserError unless `value` is one of `choices`, with the one that was likely meant.
 * @param aliases what others call the choices
 */
export function checkChoice<T extends string>(
  subject: string,
  value: unknown,
  choices: readonly T[],
  aliases?: Readonly<Record<string, T>>,
): asserts value is T {
  if (choices.includes(value as T)) return;
  throw new UserError(
    `${subject} must be one of ${choices.join(", ")}${suggestion(value, choices, aliases)}, received ${show(value)}`,
  );
}

/** Throws UserError, naming the subject, for anything but true and false. */
export function checkBoolean(subject: string, value: unknown): asserts value is boolean {
  if (typeof value !== "boolean") throw new UserError(`${subject} must be true or false, received ${show(value)}`);
}

/** ` (did you mean …?)` where a name is near, for the end of a rule. */
export function suggestion(
  value: unknown,
  names: readonly string[],
  aliases?: Readonly<Record<string, string>>,
): string {
  const meant = typeof value === "string" ? nearest(value, names, aliases) : undefined;
  return meant === undefined ? "" : ` (did you mean ${meant}?)`;
}

/** Throws UserError unless `value` is an object whose `name` says what it is. */
export function checkNamed(subject: string, value: unknown): asserts value is { readonly name: unknown } {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new UserError(`${subject} must be an object with a name, received ${show(value)}`);
}

/** Throws UserError, naming `subject`, unless `value` is an object whose keys are all `known`. */
export function checkObject(subject: string, value: unknown, known: readonly string[]): asserts value is object {
  if (typeof value !== "object" || value === null)
    throw new UserError(`${subject}: options must be an object of ${known.join(", ")}, received ${show(value)}`);
  checkKeys(subject, value, known);
}

/** Throws UserError for a key of `value` that isn't in `known`: unknown options are rejected. */
export function checkKeys(subject: string, value: object, known: readonly string[]): void {
  if (typeof value !== "object" || value === null)
    throw new UserError(`${subject}: the options must be an object of ${known.join(", ")}, received ${show(value)}`);
  for (const key of Object.keys(value))
    if (!known.includes(key))
      throw new UserError(
        `${subject}: the options are ${known.join(", ")}${suggestion(key, known)}, received ${cut(key)}`,
      );
}
