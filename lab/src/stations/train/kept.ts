// Runs that stand beside each other: their settings as texts, and what tells them apart.
import type { Field } from "../../fields.ts";

type Values<F> = { -readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never };

/** Runs beside the one that is trained next. */
export const MOST_KEPT = 3;

const [BETWEEN_SETTINGS, BETWEEN_RUNS] = ["!", "~"];
const escaped = (text: string): string =>
  text.replace(/[!~%]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
const plain = (text: string): string => text.replace(/%(21|7E|25)/g, (code) => decodeURIComponent(code));

/** A run's settings in one text: its first one, and those that aren't as at first. */
export function runText<F extends Readonly<Record<string, Field<unknown>>>>(fields: F, values: Values<F>): string {
  const [first] = Object.keys(fields);
  return Object.entries<Field<unknown>>(fields)
    .map(([key, field]) => [key, field.write(values[key as keyof F]), field.write(field.initial)] as const)
    .filter(([key, text, initial]) => key === first || text !== initial)
    .map(([key, text]) => `${key}=${escaped(text)}`)
    .join(BETWEEN_SETTINGS);
}

/** The settings that a text has; undefined where it is none that `runText` writes. */
export function runOf<F extends Readonly<Record<string, Field<unknown>>>>(
  fields: F,
  text: string,
): Values<F> | undefined {
  const values: Record<string, unknown> = Object.fromEntries(
    Object.entries<Field<unknown>>(fields).map(([key, { initial }]) => [key, initial]),
  );
  for (const part of text.split(BETWEEN_SETTINGS)) {
    const [, key = "", own = ""] = /^(\w+)=(.*)$/s.exec(part) ?? [];
    const value = Object.hasOwn(fields, key) ? fields[key]!.read(plain(own)) : undefined;
    if (value === undefined) return undefined;
    values[key] = value;
  }
  return values as Values<F>;
}

/** The runs that are kept, as one setting. */
export const keptField = (fields: Readonly<Record<string, Field<unknown>>>): Field<readonly string[]> => ({
  initial: [],
  rule: `at most ${MOST_KEPT} runs with ${BETWEEN_RUNS} between, such as hidden=50${BETWEEN_SETTINGS}rate=0.1`,
  read(text) {
    const runs = text === "" ? [] : text.split(BETWEEN_RUNS);
    return runs.length <= MOST_KEPT && runs.every((run) => runOf(fields, run)) ? runs : undefined;
  },
  write: (runs) => runs.join(BETWEEN_RUNS),
});

/** What each run is called: the settings in words that differ, or that of the network where none does. What only some have doesn't. */
export function namesOf(runs: readonly Readonly<Record<string, string>>[]): string[] {
  const keys = [...new Set(runs.flatMap(Object.keys))];
  const differing = keys.filter((key) => new Set(runs.flatMap((run) => run[key] ?? [])).size > 1);
  return runs.map((run) => {
    const own = (differing.length === 0 ? ["network"] : differing).flatMap((key) => run[key] ?? []);
    return own.join(", ");
  });
}
