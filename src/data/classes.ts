import { UserError } from "../errors.ts";
import { show } from "../rules.ts";
import { countsOf } from "./split.ts";

/** More classes than this are taken for a mistake. */
const MOST_CLASSES = 2 ** 20;

/** Labels, and the name of their file for errors. */
export interface NamedLabels {
  readonly file: string;
  readonly labels: Int32Array;
}

/** The names of classes that are known by number: "0", "1", … Throws UserError for fewer than 2. */
export function numbered(subject: string, classes: number): readonly string[] {
  if (!Number.isInteger(classes) || classes < 2 || classes > MOST_CLASSES) {
    const rule = classes > MOST_CLASSES ? `at most ${MOST_CLASSES}` : "at least 2";
    throw new UserError(`${subject}: the number of classes must be an integer of ${rule}, received ${show(classes)}`);
  }
  return Array.from({ length: classes }, (_, label) => String(label));
}

/**
 * The number of classes that labels speak of: one more than the largest. Throws UserError for a negative label, for a number below it
 * that no label has, and for fewer than 2 classes; `fix` says how the number is given instead.
 */
export function classesIn(subject: string, all: readonly NamedLabels[], fix: string): number {
  let classes = 0;
  for (const { file, labels } of all) {
    for (const [example, label] of labels.entries()) {
      if (label < 0 || label >= MOST_CLASSES)
        throw new UserError(
          `${subject}: labels must be in 0..${MOST_CLASSES - 1}, example ${example} (counted from 0) of ${file} has ${label}`,
        );
      if (label >= classes) classes = label + 1;
    }
  }
  const counts = all.map(({ labels }) => countsOf(labels, classes));
  const missing = Array.from({ length: classes }, (_, label) => label).find((label) =>
    counts.every((count) => count[label] === 0),
  );
  if (missing !== undefined)
    throw new UserError(
      `${subject}: the largest label is ${classes - 1} and no example has the label ${missing}; ${fix}`,
    );
  if (classes < 2) throw new UserError(`${subject}: all labels are 0, at least 2 classes are needed; ${fix}`);
  return classes;
}

/** Throws UserError unless all labels are in 0..classes-1; names the first that is not. */
export function checkLabels(subject: string, { file, labels }: NamedLabels, classes: number): void {
  const wrong = labels.findIndex((label) => !(label >= 0 && label < classes));
  if (wrong < 0) return;
  throw new UserError(
    `${subject}: labels must be in 0..${classes - 1}, example ${wrong} (counted from 0) of ${file} has ${labels[wrong]}`,
  );
}

/** The order of names of classes: 2 before 10, and both before texts. */
export function byNumber(a: string, b: string): number {
  const [first, second] = [Number(a), Number(b)];
  if (Number.isNaN(first) !== Number.isNaN(second)) return Number.isNaN(first) ? 1 : -1;
  if (first !== second && !Number.isNaN(first)) return first - second;
  return a < b ? -1 : 1;
}
