import { ShapeError } from "../errors.ts";

/** The folder that holds the library itself: `…/src/` or `…/dist/`. */
const home = new URL("../", import.meta.url).href;
const homePath = home.startsWith("file://") ? decodeURIComponent(home.slice("file://".length)) : home;

const isOwn = (frame: string): boolean =>
  (frame.includes(home) || frame.includes(homePath)) && !/\.test\.[jt]s/.test(frame);

/** A frame with a line of source: not `Array.map (<anonymous>)`, and not the engine's own code. */
const hasPlace = (frame: string): boolean => /:\d+(:\d+)?\)?\s*$/.test(frame) && !/\bnode:/.test(frame);

/** `\n    at …` of the first caller outside the library, or nothing where the engine gives no stack. */
export function userCall(): string {
  const limited = Error as { stackTraceLimit?: number };
  const before = limited.stackTraceLimit;
  limited.stackTraceLimit = 60;
  const stack = new Error().stack ?? "";
  if (before !== undefined) limited.stackTraceLimit = before;
  const frame = stack
    .split("\n")
    .slice(1)
    .find((line) => hasPlace(line) && !isOwn(line));
  return frame === undefined ? "" : `\n    ${frame.trim()}`;
}

/** A message without the lines of `userCall`: behind a command there is no program that one could point to. */
export const withoutCalls = (message: string): string => message.replaceAll(/\n {4}at [^\n]*/g, "");

/** The error of a function that breaks a rule before any op is applied: with the user's line, as `apply` adds it. */
export const shapeError = (message: string): ShapeError => new ShapeError(message + userCall());

/** What `make` gives, as part of the op `op`: that name stands in its ShapeErrors, and not that of an op it is made of. */
export function inNameOf<T>(op: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof ShapeError) error.message = error.message.replace(/^\w+:/, `${op}:`);
    throw error;
  }
}

/** What `check` gives; a ShapeError that it throws gets the user's line, unless it has it already. */
export function withUserCall<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (error instanceof ShapeError && !error.message.includes("\n")) error.message += userCall();
    throw error;
  }
}
