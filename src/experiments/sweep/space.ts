import type { Dimension, Range, Value } from "../../compare/index.ts";
import { UserError } from "../../errors.ts";
import { checkBoolean, checkNumber, cut, show } from "../../rules.ts";
import { checkMembers } from "../own/file.ts";
import { MOST_DIMENSIONS } from "./sobol.ts";

/** The options that a sweep varies. */
export type Space = { readonly [option: string]: Dimension };

/** One value for each option, as it would be typed. */
export type Point = { readonly [option: string]: string };

/** Digits of a number of a range: short enough to be typed, and near enough. */
const DIGITS = 6;

const isList = (dimension: Dimension): dimension is Extract<Dimension, readonly unknown[]> => Array.isArray(dimension);

/** Throws UserError, naming `subject` and the option, for a space that isn't as it must be. */
export function checkSpace(space: unknown, subject: string): asserts space is Space {
  if (typeof space !== "object" || space === null || Array.isArray(space) || Object.keys(space).length === 0)
    throw new UserError(`${subject} must be an object of options and their values, received ${show(space)}`);
  for (const [option, dimension] of Object.entries(space)) checkDimension(dimension, `${subject}.${option}`);
  if (Object.keys(space).length > MOST_DIMENSIONS)
    throw new UserError(
      `${subject} must have at most ${MOST_DIMENSIONS} options, received ${Object.keys(space).length}`,
    );
}

function checkDimension(dimension: unknown, subject: string): void {
  if (Array.isArray(dimension)) {
    if (dimension.length === 0) throw new UserError(`${subject} must have at least one value, received []`);
    const texts = new Set<string>();
    // A hole in a list is a value, too.
    for (const [i, value] of (dimension as readonly unknown[]).entries()) {
      checkValue(value, `${subject}[${i}]`);
      if (texts.has(String(value)))
        throw new UserError(`${subject}: values must differ, ${cut(String(value))} comes twice`);
      texts.add(String(value));
    }
    return;
  }
  if (typeof dimension !== "object" || dimension === null)
    throw new UserError(`${subject} must be a list of values or { from, to }, received ${show(dimension)}`);
  checkMembers(subject, dimension, ["from", "to", "log", "whole"], calledElsewhere);
  const { from, to, log = false, whole = false } = dimension as Range;
  checkBoolean(`${subject}.log`, log);
  checkBoolean(`${subject}.whole`, whole);
  checkNumber(`${subject}.from`, from, { whole });
  if (log && from <= 0)
    throw new UserError(`${subject}.from must be above 0, for log: true needs its logarithm, received ${from}`);
  checkNumber(`${subject}.to`, to, { whole, above: from });
}

/** What other tools call the ends of a range. */
const calledElsewhere = {
  ...{ min: "from", low: "from", lower: "from", start: "from", minimum: "from" },
  ...{ max: "to", high: "to", upper: "to", end: "to", stop: "to", maximum: "to" },
};

function checkValue(value: unknown, subject: string): asserts value is Value {
  if (typeof value === "string" || typeof value === "boolean" || Number.isFinite(value)) return;
  const rule = typeof value === "number" ? "a finite number, or a text" : "a text, a number, true or false";
  throw new UserError(`${subject} must be ${rule}, received ${show(value)}`);
}

/** The values of lists by the texts that stand for them. */
const byText = new WeakMap<readonly Value[], ReadonlyMap<string, Value>>();

/** A point's values as the file has them: numbers as numbers, and texts as texts. */
export const valuesAt = (space: Space, point: Point): { readonly [option: string]: Value } =>
  Object.fromEntries(
    Object.entries(point).map(([option, text]) => {
      const dimension = space[option]!;
      if (!isList(dimension)) return [option, Number(text)];
      let values = byText.get(dimension);
      if (!values) byText.set(dimension, (values = new Map(dimension.map((value) => [String(value), value]))));
      return [option, values.get(text)!];
    }),
  );

/** Points of a space whose options all have lists; undefined where one has a range. */
export function gridSize(space: Space): number | undefined {
  const lists = Object.values(space).filter(isList);
  if (lists.length < Object.keys(space).length) return undefined;
  return lists.reduce((product, { length }) => product * length, 1);
}

/** The point of a number from 0 on in the grid of lists: the last option varies fastest. */
export function gridPoint(space: Space, index: number): Point {
  let rest = index;
  const chosen = Object.entries(space)
    .toReversed()
    .map(([option, dimension]) => {
      if (!isList(dimension)) throw new Error(`${option} has no list of values`);
      const value = dimension[rest % dimension.length];
      rest = Math.floor(rest / dimension.length);
      return [option, String(value)] as const;
    });
  return Object.fromEntries(chosen.toReversed());
}

/** The point of the space at a place in the unit cube. @param at a number in [0, 1) for each option */
export const pointAt = (space: Space, at: ArrayLike<number>): Point =>
  Object.fromEntries(
    Object.entries(space).map(([option, dimension], i) => [
      option,
      isList(dimension) ? String(dimension[Math.floor(at[i]! * dimension.length)]) : numberAt(dimension, at[i]!),
    ]),
  );

function numberAt({ from, to, log = false, whole = false }: Range, u: number): string {
  // A whole number has the room up to the next one.
  const end = whole ? to + 1 : to;
  const x = log ? Math.exp(Math.log(from) + u * (Math.log(end) - Math.log(from))) : from + u * (end - from);
  const near = whole ? Math.floor(x) : Number(x.toPrecision(DIGITS));
  return String(Math.min(to, Math.max(from, near)));
}
