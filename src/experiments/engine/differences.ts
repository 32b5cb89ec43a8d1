import { show } from "../../rules.ts";

/** Differences that a message has room for. */
const MOST = 4;

/** In what a plan differs from the one before, in words: "points 80, was 60". A checksum is called by the name of what it is of. */
export function differences(now: unknown, before: unknown): string {
  const found = [...between(now, before, [])];
  return `${found.slice(0, MOST).join("; ")}${found.length > MOST ? "; …" : ""}`;
}

function* between(now: unknown, before: unknown, path: readonly string[]): Generator<string> {
  if (isObject(now) && isObject(before)) {
    for (const key of new Set([...Object.keys(now), ...Object.keys(before)]))
      yield* between(own(now, key), own(before, key), [...path, key]);
  } else if (JSON.stringify(now) !== JSON.stringify(before)) {
    const name = path.slice(path[0] === "work" ? 2 : 0).join(".") || path.join(".");
    yield isSum(now) || isSum(before) ? `${name} was changed` : `${name} ${said(now)}, was ${said(before)}`;
  }
}

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const own = (value: object, key: string): unknown => Object.entries(value).find(([name]) => name === key)?.[1];
const said = (value: unknown): string => (value === undefined ? "none" : show(value));
const isSum = (value: unknown): boolean => /^[0-9a-f]{32}$/.test(String(value));
