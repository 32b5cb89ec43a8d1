import { type Dataset, integers, type Split, type SplitName } from "./dataset.ts";
import { countsOf } from "./split.ts";
import type { SplitSummary } from "./summary.ts";

/** Standard deviations below the mean number of runs: 6 in 10⁵ shuffled files of normal length are that low by chance. */
const FEW_RUNS = 4;

/** A class with this many times the examples of another is said to be more common. */
const UNEQUAL = 10;

/** A message names no more classes than this. */
const MOST_NAMED = 10;

const titles: Readonly<Record<SplitName, string>> = { train: "training", valid: "validation", test: "test" };

/**
 * A warning where labels of one class stand together more often than in a shuffled file. The number of runs (stretches of
 * one class) of a random order has mean (n(n+1) − Σnᵢ²)/n and variance
 * (Σnᵢ²(Σnᵢ² + n(n+1)) − 2nΣnᵢ³ − n³)/(n²(n−1)). Barton and David, Biometrika 44, 1957.
 */
export function grouping(labels: Int32Array, classes: number, what: string, consequence = ""): string[] {
  const n = labels.length;
  let [runs, squares, cubes] = [1, 0, 0];
  for (let at = 1; at < n; at++) if (labels[at] !== labels[at - 1]) runs++;
  for (const count of countsOf(labels, classes)) {
    squares += count ** 2;
    cubes += count ** 3;
  }
  const mean = (n * (n + 1) - squares) / n;
  const variance = (squares * (squares + n * (n + 1)) - 2 * n * cubes - n ** 3) / (n ** 2 * (n - 1));
  if (n < 2 || runs > mean - FEW_RUNS * Math.sqrt(Math.max(0, variance)) || runs > mean - 1) return [];
  return [
    `${what}: examples are sorted or grouped by class (${runs} runs of one class, about ${Math.round(mean)} in random order)${consequence}`,
  ];
}

/** What to look at before trusting a data set: an order, counts or inputs that mislead a training or its figures. */
export function warningsOf(dataset: Dataset, summaries: Readonly<Record<SplitName, SplitSummary>>): string[] {
  const { fields, train, valid, test } = dataset;
  const splits = [train, valid, test];
  // The steps of a sequence have their labels in the order that they have, and few of some.
  const counted = Object.entries(fields).flatMap(([name, { classes, shape }]) =>
    classes && shape.length === 0 ? [{ name, classes }] : [],
  );
  return [
    ...(dataset.warnings ?? []),
    ...counted.flatMap(({ name, classes }) =>
      splits.flatMap((split) => grouping(integers(split.fields[name]!), classes.length, `${titles[split.name]} split`)),
    ),
    ...counted.flatMap(({ name, classes }) => classWarnings(name, classes, summaries)),
    ...(fields.x ? splits.flatMap((split) => inputWarnings(split)) : []),
    ...columnWarnings(dataset, summaries.train),
  ];
}

/** Columns that say nothing, since they never change. */
function columnWarnings({ fields }: Dataset, train: SplitSummary): string[] {
  return Object.entries(fields).flatMap(([name, { columns = [] }]) => {
    // Classes have counts, and no moments.
    const moments = train.fields[name]!.columns ?? [];
    const constant = columns.filter((_, at) => moments[at] && moments[at].min === moments[at].max);
    if (constant.length === 0) return [];
    return [
      `training split: ${listed(constant, "column", "columns")} ${constant.length === 1 ? "has" : "have"} the same value in every row`,
    ];
  });
}

function classWarnings(
  field: string,
  names: readonly string[],
  summaries: Readonly<Record<SplitName, SplitSummary>>,
): string[] {
  const perClass = (split: SplitName): readonly number[] => summaries[split].fields[field]!.perClass!;
  const [train, valid, test] = [perClass("train"), perClass("valid"), perClass("test")];
  const labels = names.map((_, label) => label);
  const list = (classes: readonly number[]): string => listed(classes.map((label) => names[label]!));
  const warnings: string[] = [];
  const warn = (classes: readonly number[], message: (classes: string) => string): void => {
    if (classes.length > 0) warnings.push(message(list(classes)));
  };

  const used = labels.filter((label) => train[label]! + valid[label]! + test[label]! > 0);
  const last = used.at(-1) ?? -1;
  const empty = labels.filter((label) => !used.includes(label));
  warn(
    empty.filter((label) => label < last),
    (classes) => `the labels skip ${classes}: no split has an example of that label, and later labels occur`,
  );
  warn(
    empty.filter((label) => label > last),
    (classes) => `no split has an example of ${classes}: there may be fewer classes than ${names.length}`,
  );
  warn(
    used.filter((label) => train[label] === 0),
    (classes) => `the training split lacks ${classes}, which other splits have: it can't be learned`,
  );
  warn(
    used.filter((label) => valid[label] === 0),
    (classes) => `the validation split lacks ${classes}`,
  );
  warn(
    used.filter((label) => test[label] === 0),
    (classes) => `the test split lacks ${classes}`,
  );

  const trained = used.filter((label) => train[label]! > 0).sort((a, b) => train[a]! - train[b]!);
  const [rarest, commonest] = [trained[0], trained.at(-1)];
  if (rarest !== undefined && commonest !== undefined && train[commonest]! >= UNEQUAL * train[rarest]!) {
    warnings.push(
      `the classes of the training split differ in size: ${train[commonest]} examples of ${names[commonest]}, ` +
        `${train[rarest]} of ${names[rarest]}`,
    );
  }
  return warnings;
}

function inputWarnings({ name, size, fields }: Split): string[] {
  const { data: inputs } = fields.x!;
  const features = inputs.length / size;
  let [blank, same] = [0, size > 1];
  for (let row = 0; row < inputs.length; row += features) {
    let constant = true;
    for (let at = row; at < row + features && (constant || same); at++) {
      if (inputs[at] !== inputs[row]) constant = false;
      if (inputs[at] !== inputs[at - row]) same = false;
    }
    if (constant) blank++;
  }
  if (same) return [`${titles[name]} split: all ${size} inputs are the same`];
  if (blank === 0 || features === 1) return [];
  return [`${titles[name]} split: ${blank} of ${size} inputs are constant, all their values are the same`];
}

/** "classes a, b and 7 more". */
function listed(names: readonly string[], one = "class", several = "classes"): string {
  const more = names.length - MOST_NAMED;
  return `${names.length === 1 ? one : several} ${names.slice(0, MOST_NAMED).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
