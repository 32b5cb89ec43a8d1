import { numberText } from "../plots/numbers.ts";
import { cut } from "../rules.ts";
import type { Exploration } from "./explore.ts";
import type { ColumnProfile, Numbers } from "./profile.ts";
import type { Table } from "./table.ts";

/** What is checked, the most serious first. */
export const rules = [
  "leak",
  "rows to test on",
  "conflicting rows",
  "text among numbers",
  "lines skipped",
  "column names",
  "missing target",
  "missing values",
  "placeholder",
  "decimal commas",
  "repeated rows",
  "constant column",
  "id column",
  "text column",
  "classes of numbers",
  "unequal classes",
  "rare classes",
  "same column twice",
  "outliers",
] as const;

/** Something to look at before modelling. */
export interface Finding {
  readonly rule: (typeof rules)[number];
  /** The column that it is about; absent where it is about rows. */
  readonly column?: string;
  /** What was found, and what to do. */
  readonly text: string;
}

type Known = Omit<Exploration, "findings">;

/** Columns that go together this closely say the same. */
const SAME = 0.999;
/** Classes that differ by this factor in size, and classes with fewer rows than this, are named. */
const [UNEQUAL, RARE] = [10, 10];
/** Names that a finding lists. */
const NAMED = 5;

/** All findings about a table, the most serious first. */
export function findingsOf(known: Known, table: Table): Finding[] {
  const found = [...rowFindings(known, table), ...known.columns.flatMap((column) => columnFindings(column, known))];
  found.push(...leakFindings(known), ...targetFindings(known), ...pairFindings(known));
  return found.sort((a, b) => rules.indexOf(a.rule) - rules.indexOf(b.rule));
}

const count = (n: number): string => n.toLocaleString("en-US");
/** "1 row", "2 rows" */
export const many = (n: number, what: string): string => `${count(n)} ${what}${n === 1 ? "" : "s"}`;
const share = (part: number, whole: number): string => `${numberText((100 * part) / whole, 3)} %`;
const quoted = (text: string): string => `"${cut(text, 30)}"`;
const inLines = (lines: readonly number[], all = lines.length, place = "line"): string =>
  `${place}${all === 1 ? "" : "s"} ${lines.join(", ")}${all > lines.length ? ", …" : ""}`;

/** "a, b, c and 4 more" */
function listed(names: readonly string[]): string {
  const more = names.length - NAMED;
  return `${names.slice(0, NAMED).join(", ")}${more > 0 ? ` and ${count(more)} more` : ""}`;
}

function rowFindings({ repeats, shared, rows, target, places }: Known, { skipped, renamed }: Table): Finding[] {
  const found: Finding[] = [];
  if (skipped.count > 0)
    found.push({
      rule: "lines skipped",
      text: `${many(skipped.count, "line")} ${skipped.count === 1 ? "is" : "are"} empty or ${skipped.count === 1 ? "has" : "have"} another number of cells than the header, and ${skipped.count === 1 ? "was" : "were"} skipped (${inLines(skipped.lines, skipped.count)}): mend or remove ${skipped.count === 1 ? "it" : "them"}, training refuses the file.`,
    });
  if (renamed.length > 0)
    found.push({
      rule: "column names",
      text: `${listed(renamed)} had no name of ${renamed.length === 1 ? "its" : "their"} own: give each column a different name, training refuses the file. Row numbers of pandas have no name: write the file with index=False.`,
    });
  if (shared?.first) {
    const [place, trained] = shared.first;
    found.push({
      rule: "rows to test on",
      text: `${many(shared.repeated, "row")} of ${shared.file} (${share(shared.repeated, shared.rows)}) ${shared.repeated === 1 ? "is" : "are"} here too, such as that of its ${places} ${place} in ${places} ${trained}: remove them from one of both files, or the score is too good.`,
    });
  }
  if (repeats.conflicts > 0) {
    const [line, before] = repeats.firstConflict!;
    found.push({
      rule: "conflicting rows",
      text: `${many(repeats.conflicts, "row")} (${share(repeats.conflicts, rows)}) have the same inputs as another row and another ${target!.name}, such as ${places}s ${before} and ${line}: no model can predict all of them; check how the ${target!.name} was recorded.`,
    });
  }
  if (repeats.rows > 0) {
    const [line, before] = repeats.first!;
    found.push({
      rule: "repeated rows",
      text: `${many(repeats.rows, "row")} (${share(repeats.rows, rows)}) ${repeats.rows === 1 ? "repeats" : "repeat"} an earlier one, such as ${places} ${line} that of ${places} ${before}: drop copies before you split, or the test set holds rows of the training set.`,
    });
  }
  return found;
}

/** Whether a text has no letter and no digit, as "." and "--" have none. */
const isSign = (text: string): boolean => /^[^\p{L}\p{N}]+$/u.test(text);

function columnFindings(column: ColumnProfile, { rows, target, places }: Known): Finding[] {
  const { name, kind, missing, missingAs, odd, commas, distinct } = column;
  const isTarget = target?.name === name;
  const found: Finding[] = [];
  const add = (rule: Finding["rule"], text: string): void => {
    found.push({ rule, column: name, text });
  };
  if (kind === "empty") add("constant column", `${name} has no values at all: omit it (--omit ${name}).`);
  else if (missing > 0) {
    const spelled = missingAs.length > 0 ? `, some spelled ${missingAs.map(quoted).join(", ")}` : "";
    const what = `${name} lacks ${many(missing, "value")} (${share(missing, rows)})${spelled}`;
    if (isTarget) add("missing target", `${what}: training doesn't use these rows.`);
    else
      add(
        "missing values",
        `${what}: training ${column.numbers ? "reads the median" : "reads no text"} there, and a further input says where; look whether rows lack it for a reason.`,
      );
  }
  if (odd) {
    const texts = odd.texts.map((text) => `${quoted(text.value)} in ${inLines(text.lines ?? [], text.count, places)}`);
    add(
      "text among numbers",
      `${name} holds numbers, and ${many(odd.count, "cell")} of text: ${texts.join("; ")}. Mend them or leave them empty.`,
    );
  }
  if (commas > 0)
    add(
      "decimal commas",
      `${name} has ${many(commas, "number")} with a decimal comma: write a point, as in 1.5; training refuses commas.`,
    );
  if (distinct === 1 && kind !== "empty" && !isTarget) {
    const value = column.numbers ? String(column.numbers.min) : (column.values?.[0]?.value ?? "");
    add(
      "constant column",
      `${name} is ${quoted(value)} in every row that has a value: it says nothing, omit it (--omit ${name}).`,
    );
  } else if (kind === "id" && !isTarget)
    add(
      "id column",
      `${name} is different in every row, as a number of the row is: omit it (--omit ${name}), or a model learns rows by heart.`,
    );
  else if ((kind === "text" || kind === "date") && !isTarget)
    add(
      "text column",
      kind === "date"
        ? `${name} holds dates, which training takes for texts: make numbers of it, such as days, or omit it (--omit ${name}).`
        : `${name} holds ${count(distinct)} different texts, which say little about other rows: make numbers of it, or omit it (--omit ${name}).`,
    );
  const signs = kind === "category" ? (column.values ?? []).filter(({ value }) => isSign(value)) : [];
  if (signs.length > 0)
    add(
      "placeholder",
      `${name} is ${signs.map(({ value, count: n }) => `${quoted(value)} in ${many(n, "row")}`).join(", ")}: if that says that there is no value, leave the cell empty.`,
    );
  if (column.numbers && kind !== "id" && isFarOut(column.numbers)) {
    const { low, high, count: n, farthest, line } = column.numbers.outliers;
    add(
      "outliers",
      `${name} has ${many(n, "value")} (${share(n, rows)}) below ${numberText(low)} or above ${numberText(high)}, three interquartile ranges from the quartiles; the farthest is ${numberText(farthest)} in ${places} ${line}: check for wrong units, else scale by ranks or logarithms.`,
    );
  }
  return found;
}

/** Of a million normal values two are outliers by the rule: more than one in 10,000 are named, or one twice as far away. */
function isFarOut({ count: n, outliers: { low, high, count: far, farthest } }: Numbers): boolean {
  const reach = (high - low) / (7 / 3);
  return far > 0 && (far >= n / 10_000 || farthest < low - reach || farthest > high + reach);
}

function leakFindings({ alone, target, rows, sampled }: Known): Finding[] {
  const drawn = sampled.alone < rows ? ` (of ${count(sampled.alone)} rows drawn at random)` : "";
  return alone
    .filter(({ isLeak }) => isLeak)
    .map(({ column, error, chance }) => ({
      ...{ rule: "leak" as const, column },
      text: target!.classes
        ? `${column} alone predicts ${target!.name} in ${share(1 - error, 1)} of rows it wasn't fitted to${drawn}, the most frequent class in ${share(1 - chance, 1)}: it may have been made from the ${target!.name}. Is it known before? If not, omit it (--omit ${column}).`
        : `${column} alone explains ${share(1 - error, 1)} of the variance of ${target!.name}, in rows it wasn't fitted to${drawn}: it may have been made from the ${target!.name}. Is it known before? If not, omit it (--omit ${column}).`,
    }));
}

function targetFindings({ target, columns }: Known): Finding[] {
  if (!target) return [];
  const { name, classes } = target;
  const { kind, distinct } = columns.find((column) => column.name === name)!;
  const found: Finding[] = [];
  if (!classes && (kind === "yes/no" || (kind === "whole number" && distinct <= 10)))
    found.push({
      ...{ rule: "classes of numbers" as const, column: name },
      text: `${name} has only ${distinct} different values, all whole numbers: if they are classes, say so by --as classes, here and in training.`,
    });
  if (!classes) return found;
  const sorted = [...classes].sort((a, b) => b.count - a.count);
  const [most, least] = [sorted[0]!, sorted.at(-1)!];
  if (most.count >= UNEQUAL * least.count)
    found.push({
      ...{ rule: "unequal classes" as const, column: name },
      text: `${name} is ${quoted(most.name)} in ${many(most.count, "row")} and ${quoted(least.name)} in ${count(least.count)}: the error of one that always says ${quoted(most.name)} is small already; compare with it, and look at each class.`,
    });
  const rare = sorted.filter((of) => of.count < RARE);
  if (rare.length > 0)
    found.push({
      ...{ rule: "rare classes" as const, column: name },
      text: `${name} has fewer than ${RARE} rows of ${listed(rare.map((of) => quoted(of.name)))}: too few to learn and to test; collect more, or join classes.`,
    });
  return found;
}

/** Pairs of inputs that say the same. */
const pairFindings = ({ pairs, target }: Known): Finding[] =>
  pairs
    .filter(({ columns, value }) => Math.abs(value) >= SAME && !columns.includes(target?.name ?? ""))
    .filter(({ measure }) => measure !== "correlation ratio")
    .map(({ columns: [a, b], measure, value }) => ({
      ...{ rule: "same column twice" as const, column: b },
      text: `${b} says the same as ${a}: ${measure} is ${numberText(value, 4)}; omit one of both (--omit ${b}).`,
    }));
