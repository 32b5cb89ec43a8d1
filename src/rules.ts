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

/** A text of any length, short enough for a message. */
export const cut = (text: string, most = 80): string => (text.length > most ? `${text.slice(0, most - 3)}...` : text);

/** A list of any length, short enough for a message: the first of its members, and how many more there are. */
export const some = (members: readonly string[], most = 20): readonly string[] =>
  members.length > most ? [...members.slice(0, most), `and ${members.length - most} more`] : members;

/** A received value, short, for a message. */
export const show = (value: unknown): string => {
  if (typeof value === "number" || typeof value === "bigint" || value === undefined) return String(value);
  if (typeof value === "function") return "a function";
  try {
    return cut(JSON.stringify(value) ?? String(value));
  } catch {
    // Circular, nested too deep, or with something in it that JSON hasn't got.
    return Array.isArray(value) ? "a list" : "an object";
  }
};

/** Throws UserError, naming `subject`, the rule and the value, unless `value` is a finite number that keeps to the rule. */
export function checkNumber(subject: string, value: unknown, rule: NumberRule): asserts value is number {
  const { whole = false, above = -Infinity, atLeast = -Infinity, below = Infinity, atMost = Infinity } = rule;
  if (
    typeof value === "number" &&
    (whole ? Number.isSafeInteger(value) : Number.isFinite(value)) &&
    value > above &&
    value >= atLeast &&
    value < below &&
    value <= atMost
  )
    return;
  const bounds = [
    above > -Infinity && `above ${above}`,
    atLeast > -Infinity && `at least ${atLeast}`,
    below < Infinity && `below ${below}`,
    atMost < Infinity && `at most ${atMost}`,
  ].filter((bound) => bound !== false);
  const kind = whole ? "a whole number" : "a finite number";
  throw new UserError(`${subject} must be ${[kind, bounds.join(" and ")].join(" ").trim()}, received ${show(value)}`);
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

/** Throws UserError for a key of `value` that isn't in `known`: a misspelt option is a mistake and not a wish. */
export function checkKeys(subject: string, value: object, known: readonly string[]): void {
  for (const key of Object.keys(value))
    if (!known.includes(key))
      throw new UserError(`${subject}: the options are ${known.join(", ")}, received ${cut(key)}`);
}
