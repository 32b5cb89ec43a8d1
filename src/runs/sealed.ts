import { UserError } from "../errors.ts";
import { crc32 } from "../formats/crc32.ts";
import { parseJson } from "../formats/json.ts";

/** Numbers that JSON has no notation for. */
const words: ReadonlyMap<unknown, number> = new Map([
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
  ["NaN", Number.NaN],
]);

/** A text that would be taken for such a number, or that already has the mark of one. */
const ALIKE = /^~*(?:NaN|-?Infinity)$/;

const sumOf = (text: string): number => crc32(new TextEncoder().encode(text));

/**
 * An object as JSON that says when it is damaged: its last member is a checksum of the others, so that a later run uses what an earlier
 * one found as it was, or not at all. Numbers that are not finite are kept as words, and texts that read like these with a tilde before.
 */
export function sealed(value: object, space?: number): string {
  const text = JSON.stringify(value, (_, v) => {
    if (typeof v === "number" && !Number.isFinite(v)) return String(v);
    return typeof v === "string" && ALIKE.test(v) ? `~${v}` : v;
  });
  return JSON.stringify({ ...(JSON.parse(text) as object), checksum: sumOf(text) }, undefined, space);
}

/**
 * What `sealed` was given. Throws UserError, naming file and line, where the text is damaged.
 * @param fix what the user can do about it
 */
export function unsealed(text: string, { name, line, fix }: { name: string; line?: number; fix: string }): object {
  const at = line === undefined ? name : `${name}:${line}`;
  const found = parse(text, name, line ?? 1, fix);
  if (typeof found !== "object" || found === null || Array.isArray(found) || !("checksum" in found))
    throw new UserError(`${at}: must be an object with a checksum, it has none: ${fix}`);
  const { checksum, ...value } = found;
  if (checksum !== sumOf(JSON.stringify(value)))
    throw new UserError(`${at}: must agree with its checksum, it is damaged: ${fix}`);
  return revived(value) as object;
}

function parse(text: string, name: string, line: number, fix: string): unknown {
  try {
    return parseJson(text, name, line);
  } catch (error) {
    throw error instanceof UserError ? new UserError(`${error.message}; it is damaged: ${fix}`) : error;
  }
}

/** The same with the words as numbers, and texts without their mark. */
const revived = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(revived);
  if (typeof value === "string" && value.startsWith("~") && ALIKE.test(value)) return value.slice(1);
  if (typeof value !== "object" || value === null) return words.get(value) ?? value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, revived(member)]));
};
