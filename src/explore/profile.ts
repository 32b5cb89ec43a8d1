import { byNumber } from "../data/classes.ts";
import { quantile } from "../statistics/sample.ts";
import { type Column, MISSING, NUMBER, type Table } from "./table.ts";

/** What a column holds. */
export type Kind = "number" | "whole number" | "yes/no" | "category" | "date" | "text" | "id" | "empty";

/** Values that lie far from all others: below `low` or above `high`, three interquartile ranges beyond the quartiles (Tukey 1977). */
export interface Outliers {
  readonly low: number;
  readonly high: number;
  readonly count: number;
  /** The one that is farthest away, and its line in the file. */
  readonly farthest: number;
  readonly line: number;
}

/** The distribution of a column's numbers. */
export interface Numbers {
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** The standard deviation, with n below. */
  readonly sd: number;
  /** The values below which 5, 25, 50, 75 and 95 % are, between two of them in proportion (Hyndman and Fan 1996, type 7). */
  readonly quantiles: { readonly [percent: string]: number };
  readonly zeros: number;
  readonly outliers: Outliers;
}

/** A text in a column, how often it is there, and the first lines that have it. */
export interface Counted {
  readonly value: string;
  readonly count: number;
  readonly lines?: readonly number[];
}

/** What a column holds, in a few numbers. */
export interface ColumnProfile {
  readonly name: string;
  readonly kind: Kind;
  /** Cells without a value. */
  readonly missing: number;
  /** How these are spelled, other than empty. */
  readonly missingAs: readonly string[];
  /** How many different values there are. */
  readonly distinct: number;
  /** Of a column of numbers. */
  readonly numbers?: Numbers;
  /** Of a column of texts: the most frequent ones, at most 1,000. */
  readonly values?: readonly Counted[];
  /** Texts in a column of numbers, the most frequent first, and how many cells they are in all. */
  readonly odd?: { readonly count: number; readonly texts: readonly Counted[] };
  /** Numbers with a comma where a point must be. */
  readonly commas: number;
}

/** Values of a category, at most; and rows, at least, for an id. */
const [MOST_VALUES, LEAST_IDS] = [1000, 10];
/** A text is a category where it has at most this many values, or one for 20 rows. */
const [FEW_VALUES, ROWS_A_VALUE] = [20, 20];
/** Texts and lines that are named. */
const NAMED = 5;

const ID_NAME = /(^|[_\s-])(id|index|uuid|guid|key)$|^(id|index|row|nr|no)\b/i;
const DATE =
  /^(\d{4}-\d{1,2}(-\d{1,2})?([T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?\s?(Z|[+-]\d{2}:?\d{2})?)?|\d{1,2}[./]\d{1,2}[./](\d{2}|\d{4})|\d{4}\/\d{1,2}\/\d{1,2})$/;
const YES_NO = new Set(["no,yes", "n,y", "false,true", "f,t", "off,on"]);

/** The profile of each column of a table. Each column of numbers is sorted once; nothing depends on the order of rows but the lines that are named. */
export const profileOf = (table: Table): ColumnProfile[] => table.columns.map((column) => profileColumn(column, table));

function profileColumn(column: Column, { rows, lines }: Table): ColumnProfile {
  const { name, values, codes, missingAs, commas } = column;
  const sorted = !values
    ? new Float64Array(0)
    : (codes ? values.filter((value) => !Number.isNaN(value)) : values.slice()).sort();
  let missing = 0;
  if (codes) for (let row = 0; row < rows; row++) if (codes[row] === MISSING) missing++;
  const present = rows - missing;
  const shared = { name, missing, missingAs, commas };
  if (present === 0) return { ...shared, kind: "empty", distinct: 0 };
  if (2 * sorted.length > present) {
    const numbers = numbersOf(sorted, values!, lines);
    const distinct = distinctIn(sorted);
    const isMixed = sorted.length < present;
    const kind = numberKind(name, sorted, distinct, isMixed);
    const texts = isMixed ? countedTexts(column, lines, false).slice(0, NAMED) : [];
    const odd = isMixed && { count: present - sorted.length, texts };
    return { ...shared, kind, distinct, numbers, ...(odd && { odd }) };
  }
  const counted = countedTexts(column, lines);
  const distinct = column.distinctTexts + distinctIn(sorted);
  const kind = textKind(counted, distinct, present, sorted.length > 0);
  return {
    ...shared,
    kind,
    distinct,
    values: counted.slice(0, MOST_VALUES).map(({ value, count }) => ({ value, count })),
  };
}

function numberKind(name: string, sorted: Float64Array, distinct: number, isMixed: boolean): Kind {
  const [least, largest] = [sorted[0]!, sorted.at(-1)!];
  const isWhole = sorted.every(Number.isInteger);
  if (!isWhole) return "number";
  if (distinct === 2 && least === 0 && largest === 1) return "yes/no";
  const isCounted = largest - least + 1 === distinct;
  const isId = !isMixed && distinct === sorted.length && distinct >= LEAST_IDS && (isCounted || ID_NAME.test(name));
  return isId ? "id" : "whole number";
}

function textKind(counted: readonly Counted[], distinct: number, present: number, hasNumbers: boolean): Kind {
  const texts = counted.map(({ value }) => value);
  const pair = texts.map((text) => text.toLowerCase()).sort().join(); // biome-ignore format: one line
  if (distinct === 2 && YES_NO.has(pair)) return "yes/no";
  if (!hasNumbers && texts.every((text) => DATE.test(text))) return "date";
  if (distinct === present && present >= LEAST_IDS && texts.every((text) => !/\s/.test(text))) return "id";
  const isFew = distinct <= FEW_VALUES || (distinct <= MOST_VALUES && distinct * ROWS_A_VALUE <= present);
  return isFew ? "category" : "text";
}

function numbersOf(sorted: Float64Array, values: Float64Array, lines: Int32Array): Numbers {
  const count = sorted.length;
  let [sum, zeros, squares] = [0, 0, 0];
  for (let i = 0; i < count; i++) {
    sum += sorted[i]!;
    if (sorted[i] === 0) zeros++;
  }
  const mean = sum / count;
  for (let i = 0; i < count; i++) squares += (sorted[i]! - mean) ** 2;
  const at = (percent: number): number => {
    const place = (percent / 100) * (count - 1);
    const [below, above] = [sorted[Math.floor(place)]!, sorted[Math.ceil(place)]!];
    return below + (place - Math.floor(place)) * (above - below);
  };
  return {
    ...{ count, min: sorted[0]!, max: sorted[count - 1]!, mean, sd: Math.sqrt(squares / count) },
    quantiles: Object.fromEntries([5, 25, 50, 75, 95].map((percent) => [percent, at(percent)])),
    ...{ zeros },
    outliers: outliersOf(sorted, values, lines),
  };
}

/** Tukey's rule for what is far out. Where half of the values are equal, the reach is 0: there are none. */
function outliersOf(sorted: Float64Array, values: Float64Array, lines: Int32Array): Outliers {
  const [first, third] = [quantile(sorted, 0.25), quantile(sorted, 0.75)];
  const reach = 3 * (third - first);
  const [low, high] = [first - reach, third + reach];
  const [least, largest] = [sorted[0]!, sorted.at(-1)!];
  const farthest = low - least > largest - high ? least : largest;
  if (reach === 0 || (least >= low && largest <= high)) return { low, high, count: 0, farthest, line: 0 };
  let count = 0;
  for (let i = 0; i < sorted.length; i++) if (sorted[i]! < low || sorted[i]! > high) count++;
  return { low, high, count, farthest, line: lines[values.indexOf(farthest)]! };
}

function distinctIn(sorted: Float64Array): number {
  let distinct = 0;
  for (let i = 0; i < sorted.length; i++) if (i === 0 || sorted[i] !== sorted[i - 1]) distinct++;
  return distinct;
}

/** The texts of a column by frequency, equal ones by name, with the lines that have them first. In a column of texts, numbers are texts too. */
function countedTexts({ codes, values, texts }: Column, lines: Int32Array, withNumbers = true): Counted[] {
  if (!codes) return [];
  const counts = new Int32Array(texts.length);
  const numbers = new Map<number, number>();
  for (let row = 0; row < codes.length; row++) {
    const code = codes[row]!;
    if (code >= 0) {
      if (code < counts.length) counts[code]!++;
    } else if (code === NUMBER && withNumbers) {
      const before = numbers.get(values![row]!);
      if (before !== undefined || numbers.size < MOST_VALUES) numbers.set(values![row]!, (before ?? 0) + 1);
    }
  }
  const found = [
    ...texts.map((value, code) => ({ value, count: counts[code]!, code })),
    ...Array.from(numbers, ([value, count]) => ({ value: String(value), count, code: NUMBER })),
  ];
  found.sort((a, b) => b.count - a.count || byNumber(a.value, b.value));
  const named = new Map(found.slice(0, NAMED).map(({ code }) => [code, [] as number[]]));
  for (let row = 0; row < codes.length; row++) {
    const of = codes[row]! >= 0 ? named.get(codes[row]!) : undefined;
    if (of && of.length < NAMED) of.push(lines[row]!);
  }
  return found.map(({ value, count, code }) => ({ value, count, lines: named.get(code) ?? [] }));
}
