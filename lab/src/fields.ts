// One setting of an experiment, as it stands in the page's address.

/** How a setting is read from text and written as text. */
export interface Field<T> {
  /** Its value where the address doesn't name it. */
  readonly initial: T;
  /** What a value must be, for whoever reads a link that breaks it: "a number from 0 to 1". */
  readonly rule: string;
  /** The value of a text; undefined where it breaks the rule. */
  read(text: string): T | undefined;
  write(value: T): string;
}

interface Range {
  readonly atLeast: number;
  readonly atMost: number;
}

const numberOf = (text: string): number => (/^[-+.\de]+$/i.test(text) ? Number(text) : Number.NaN);

/** A number within a range. */
export const number = (initial: number, { atLeast, atMost }: Range): Field<number> => ({
  initial,
  rule: `a number from ${atLeast} to ${atMost}`,
  read(text) {
    const value = numberOf(text);
    return value >= atLeast && value <= atMost ? value : undefined;
  },
  write: String,
});

/** A whole number within a range. */
export const whole = (initial: number, range: Range): Field<number> => ({
  ...number(initial, range),
  rule: `a whole number from ${range.atLeast} to ${range.atMost}`,
  read(text) {
    const value = number(initial, range).read(text);
    return Number.isInteger(value) ? value : undefined;
  },
});

/** One of a few words. */
export const choice = <W extends string>(initial: W, words: readonly W[]): Field<W> => ({
  initial,
  rule: `one of ${words.join(", ")}`,
  read: (text) => words.find((word) => word === text),
  write: String,
});

/** A list of which each element is a setting; separated by "+", since names of estimators have commas behind their options. */
export const list = <T>(
  initial: readonly T[],
  of: Field<T>,
  { atLeast, atMost, distinct = false }: Range & { readonly distinct?: boolean },
): Field<readonly T[]> => ({
  initial,
  rule: `${atLeast} to ${atMost} of these, with + between${distinct ? " and none twice" : ""}: ${of.rule}`,
  read(text) {
    const words = text === "" ? [] : text.split("+");
    const values = words.map(of.read);
    const fits =
      values.length >= atLeast && values.length <= atMost && !(distinct && new Set(words).size < words.length);
    return fits && values.every((value) => value !== undefined) ? (values as T[]) : undefined;
  },
  write: (values) => values.map(of.write).join("+"),
});

/** A word for which `isKnown` holds. */
export const word = (initial: string, rule: string, isKnown: (text: string) => boolean): Field<string> => ({
  initial,
  rule,
  read: (text) => (isKnown(text) ? text : undefined),
  write: String,
});
