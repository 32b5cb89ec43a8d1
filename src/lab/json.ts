/** The value of a line of JSON; null where it is damaged. */
export const json = (line: string): unknown => {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

/** What lies at a path of keys; undefined where there is nothing. */
export const at = (value: unknown, ...keys: readonly string[]): unknown =>
  keys.reduce((inner, key) => (isRecord(inner) ? inner[key] : undefined), value);

/** The same where it is a number. */
export const numberAt = (value: unknown, ...keys: readonly string[]): number | undefined => {
  const found = at(value, ...keys);
  return typeof found === "number" ? found : undefined;
};
