import { permutation } from "../data/batches.ts";
import { philoxWords } from "../random/index.ts";
import { mean } from "../statistics/sample.ts";
import type { Feature } from "./features.ts";
import { answerOf, askTree, growTree } from "./tree.ts";

/** How well a column alone predicts the target, on rows that the rule wasn't made of. */
export interface Alone {
  readonly column: string;
  /** Share of rows predicted wrongly, or of the target's variance that is left. */
  readonly error: number;
  /** The same for the most frequent class, or the mean. */
  readonly chance: number;
  /** Whether it is so good that it may have been made from the target. */
  readonly isLeak: boolean;
}

/** A column is suspicious that leaves at most this error, and at most this share of that by chance. */
const [MOST_ERROR, MOST_OF_CHANCE] = [0.01, 0.1];
/** With fewer rows nothing is said. */
const LEAST_ROWS = 20;
/** Keeps the words of the halves apart from all other draws ("HALF"). */
const HALF_DOMAIN = 0x48414c46;

/**
 * How well each column alone predicts the target: a rule is made of one random half of the rows and tried on the other, then the other way round. Of
 * classes, the rule is the most frequent class for each value, and for numbers a tree of intervals. Numbers are predicted by their means likewise,
 * and from numbers by a straight line where it is better.
 */
export function aloneOf(features: readonly Feature[], target: Feature): Alone[] {
  const aim = target.kind === "classes" ? Float64Array.from(target.codes) : target.values;
  const known = Int32Array.from(aim.keys()).filter((row) =>
    target.kind === "classes" ? aim[row]! >= 0 : !Number.isNaN(aim[row]),
  );
  if (known.length < LEAST_ROWS) return [];
  const order = permutation(known.length, philoxWords([0, 0], HALF_DOMAIN)).map((i) => known[i]!);
  const half = order.length >> 1;
  const halves = [order.slice(0, half), order.slice(half)] as const;
  const classes = target.kind === "classes" ? target.names.length : 0;
  const chance = errorOf(new Float64Array(aim.length), aim, classes, halves);
  return features
    .filter(({ name }) => name !== target.name)
    .map((feature) => {
      const error = errorOf(numbered(feature), aim, classes, halves, feature.kind === "classes");
      const isLeak = error <= MOST_ERROR && error <= MOST_OF_CHANCE * chance;
      return { column: feature.name, error, chance, isLeak };
    });
}

/** A missing cell is a value of its own, below all others. */
const numbered = (feature: Feature): Float64Array =>
  feature.kind === "classes"
    ? Float64Array.from(feature.codes)
    : feature.values.map((value) => (Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value));

type Halves = readonly [Int32Array, Int32Array];

/** The mean error of both directions. */
function errorOf(
  values: Float64Array,
  target: Float64Array,
  classes: number,
  [first, second]: Halves,
  isTable = false,
): number {
  const tried = (made: Int32Array, test: Int32Array): number => {
    const rules = isTable
      ? [tableRule(values, target, classes, made)]
      : [treeRule(values, target, classes, made), ...(classes === 0 ? [lineRule(values, target, made)] : [])];
    return Math.min(...rules.map((rule) => errorAt(rule, target, classes, test)));
  };
  return (tried(first, second) + tried(second, first)) / 2;
}

type Rule = (row: number) => number;

function errorAt(rule: Rule, target: Float64Array, classes: number, test: Int32Array): number {
  if (classes > 0) return test.reduce((wrong, row) => wrong + (rule(row) === target[row] ? 0 : 1), 0) / test.length;
  const centre = mean(Array.from(test, (row) => target[row]!));
  let [left, all] = [0, 0];
  for (const row of test) {
    left += (rule(row) - target[row]!) ** 2;
    all += (target[row]! - centre) ** 2;
  }
  return all > 0 ? left / all : 0;
}

/** Intervals of a number: twice as many as there are classes, or 64. */
function treeRule(values: Float64Array, target: Float64Array, classes: number, made: Int32Array): Rule {
  const depth = classes > 0 ? Math.ceil(Math.log2(classes)) + 1 : 6;
  const tree = growTree({ columns: [values], target, classes }, made, { depth, leaf: 2 });
  return (row) => askTree(tree, [values], row);
}

/** A straight line by least squares; a missing cell has the mean. */
function lineRule(values: Float64Array, target: Float64Array, made: Int32Array): Rule {
  const known = made.filter((row) => Number.isFinite(values[row]!));
  const centre = mean(Array.from(made, (row) => target[row]!));
  const middle = known.length > 0 ? mean(Array.from(known, (row) => values[row]!)) : 0;
  let [xy, xx] = [0, 0];
  for (const row of known) {
    xy += (values[row]! - middle) * (target[row]! - centre);
    xx += (values[row]! - middle) ** 2;
  }
  const slope = xx > 0 ? xy / xx : 0;
  return (row) => (Number.isFinite(values[row]!) ? centre + slope * (values[row]! - middle) : centre);
}

/** The most frequent class, or the mean, of each value; of all rows for a value that isn't there. */
function tableRule(values: Float64Array, target: Float64Array, classes: number, made: Int32Array): Rule {
  const groups = new Map<number, number[]>();
  for (const row of made) {
    const group = groups.get(values[row]!);
    if (group) group.push(row);
    else groups.set(values[row]!, [row]);
  }
  const answers = new Map(Array.from(groups, ([value, rows]) => [value, answerOf({ target, classes }, rows)]));
  const usual = answerOf({ target, classes }, made);
  return (row) => answers.get(values[row]!) ?? usual;
}
