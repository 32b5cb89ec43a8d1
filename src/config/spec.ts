import { UserError } from "../errors.ts";
import { show } from "../rules.ts";

/** A number where the text is one, the text itself otherwise: validation says what it should have been. */
export const numberOrText = (text: string): number | string =>
  text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text;

/** A flag as it is typed: maxNorm → --max-norm. */
export const flagName = (key: string): string => `--${key.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`;

/**
 * Reads `name:key=value,key=value`: { name, key: value, … }, or the name alone where there are no options.
 * Values that are numbers become numbers. Throws UserError for an option that comes twice.
 */
export function parseSpec(text: string): { name: string; [option: string]: unknown } {
  const [name, options] = splitOnce(text, ":");
  const given = options === undefined || options === "" ? [] : options.split(",");
  return { name, ...pairsOf(given, text) };
}

/** Reads a comma-separated list of specs; `key=value` belongs to the spec before it. A spec without options is its name. */
export function parseSpecs(text: string): (string | { name: string })[] {
  const specs: string[] = [];
  for (const part of text.split(",").map((s) => s.trim())) {
    const continues = part.includes("=") && !part.includes(":") && specs.length > 0;
    if (continues) specs.push(`${specs.pop()},${part}`);
    else specs.push(part);
  }
  return specs.map((spec) => (spec.includes(":") ? parseSpec(spec) : spec));
}

/** Reads `key=value,key=value`. */
export const parsePairs = (text: string): Record<string, unknown> => pairsOf(text.split(","), text);

/** Throws UserError for a key that comes twice, of which one value would go unheard; a spec's name is no option of it. */
function pairsOf(parts: readonly string[], whole: string): Record<string, unknown> {
  const pairs = parts.map(pair);
  const keys = new Set(["name"]);
  for (const [key] of pairs) {
    if (keys.has(key)) throw new UserError(`${show(whole)} must give each option once, received ${show(key)} twice`);
    keys.add(key);
  }
  return Object.fromEntries(pairs);
}

function pair(text: string): [string, unknown] {
  const [key, value = ""] = splitOnce(text, "=");
  return [key.trim(), numberOrText(value)];
}

function splitOnce(text: string, mark: string): [string, string | undefined] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
