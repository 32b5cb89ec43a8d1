import { UserError } from "./errors.ts";

/** What a number must be: within the bounds given, and whole where asked. */
export interface NumberRule {
  readonly whole?: boolean;
  readonly above?: number;
  readonly atLeast?: number;
  readonly below?: number;
  readonly atMost?: number;
}

/** A received value, short, for a message. */
export const show = (value: unknown): string => {
  if (typeof value === "number" || typeof value === "bigint" || value === undefined) return String(value);
  if (typeof value === "function") return "a function";
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
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

/** Throws UserError unless `value` is one of `choices`. */
export function checkChoice<T extends string>(
  subject: string,
  value: unknown,
  choices: readonly T[],
): asserts value is T {
  if (!choices.includes(value as T))
    throw new UserError(`${subject} must be one of ${choices.join(", ")}, received ${show(value)}`);
}

/** Throws UserError for a key of `value` that isn't in `known`: a misspelt option is a mistake and not a wish. */
export function checkKeys(subject: string, value: object, known: readonly string[]): void {
  for (const key of Object.keys(value))
    if (!known.includes(key)) throw new UserError(`${subject}: the options are ${known.join(", ")}, received ${key}`);
}
