/** A number where the text is one, the text itself otherwise: validation says what it should have been. */
export const numberOrText = (text: string): number | string =>
  text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text;

/**
 * Reads `name:key=value,key=value`: { name, key: value, … }, or the name alone where there are no options.
 * Values that are numbers become numbers.
 */
export function parseSpec(text: string): { name: string; [option: string]: unknown } {
  const [name, options] = splitOnce(text, ":");
  const given = options === undefined || options === "" ? [] : options.split(",");
  return { ...Object.fromEntries(given.map(pair)), name };
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
export const parsePairs = (text: string): Record<string, unknown> => Object.fromEntries(text.split(",").map(pair));

function pair(text: string): [string, unknown] {
  const [key, value = ""] = splitOnce(text, "=");
  return [key.trim(), numberOrText(value)];
}

function splitOnce(text: string, mark: string): [string, string | undefined] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
