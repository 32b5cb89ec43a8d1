/** A decision tree: a leaf that answers, or a question whether a column's value is at most a threshold. */
export type Tree =
  | { readonly value: number }
  | { readonly column: number; readonly threshold: number; readonly low: Tree; readonly high: Tree };

/** What a tree is grown on. */
export interface Examples {
  /** One array a column, [columns][rows]. */
  readonly columns: readonly Float64Array[];
  /** Classes from 0, or numbers. [rows] */
  readonly target: Float64Array;
  /** How many classes there are; 0 where the target is numbers. */
  readonly classes: number;
}

/** How large a tree may be. */
export interface TreeOptions {
  /** Questions on the way to a leaf, at most. */
  readonly depth: number;
  /** Examples in a leaf, at least. */
  readonly leaf: number;
}

/**
 * Grows a tree by the question that lowers Gini's impurity, or the squared error, most, again and again. Breiman et al., Classification and
 * Regression Trees, 1984. Of equal questions the one about the first column, at the least threshold, is taken.
 * @param rows the examples to grow it on, as places in the columns
 */
export function growTree(examples: Examples, rows: Int32Array, options: TreeOptions): Tree {
  const sorted = examples.columns.map((values) =>
    rows.slice().sort((a, b) => (values[a]! < values[b]! ? -1 : values[a]! > values[b]! ? 1 : a - b)),
  );
  return grow(examples, sorted, options, new Uint8Array(examples.target.length));
}

/** What a tree says about a row. */
export function askTree(tree: Tree, columns: readonly Float64Array[], row: number): number {
  let at = tree;
  while (!("value" in at)) at = columns[at.column]![row]! <= at.threshold ? at.low : at.high;
  return at.value;
}

function grow(examples: Examples, sorted: readonly Int32Array[], options: TreeOptions, isLow: Uint8Array): Tree {
  const rows = sorted[0]!;
  const best = options.depth > 0 ? bestQuestion(examples, sorted, options.leaf) : undefined;
  if (!best) return { value: answerOf(examples, rows) };
  const { column, threshold } = best;
  const values = examples.columns[column]!;
  for (const row of rows) isLow[row] = values[row]! <= threshold ? 1 : 0;
  const low = sorted.map((order) => order.filter((row) => isLow[row] === 1));
  const high = sorted.map((order) => order.filter((row) => isLow[row] === 0));
  const below = { ...options, depth: options.depth - 1 };
  return { column, threshold, low: grow(examples, low, below, isLow), high: grow(examples, high, below, isLow) };
}

/** The most frequent class, the lowest of equals, or the mean. */
export function answerOf({ target, classes }: Omit<Examples, "columns">, rows: readonly number[] | Int32Array): number {
  if (classes === 0) {
    let sum = 0;
    for (const row of rows) sum += target[row]!;
    return sum / rows.length;
  }
  const counts = new Float64Array(classes);
  for (const row of rows) counts[target[row]!]!++;
  return counts.indexOf(Math.max(...counts));
}

interface Question {
  readonly column: number;
  readonly threshold: number;
}

/** The question with the largest sum over both sides of Σ count² / n, or of (Σ target)² / n: the rest of the impurity is the same for all. */
function bestQuestion(examples: Examples, sorted: readonly Int32Array[], leaf: number): Question | undefined {
  const n = sorted[0]!.length;
  const score = examples.classes > 0 ? classScore(examples, sorted[0]!) : valueScore(examples, sorted[0]!);
  // What rounding adds is no gain.
  let most = score.whole + 1e-9 * score.scale;
  let best: Question | undefined;
  for (const [column, order] of sorted.entries()) {
    const values = examples.columns[column]!;
    score.begin();
    for (let i = 0; i + 1 < n; i++) {
      const now = score.move(order[i]!);
      if (i + 1 < leaf || n - i - 1 < leaf || now <= most) continue;
      const [at, next] = [values[order[i]!]!, values[order[i + 1]!]!];
      if (at === next) continue;
      const middle = (at + next) / 2;
      most = now;
      best = { column, threshold: middle >= at && middle < next ? middle : at };
    }
  }
  return best;
}

/** Moves examples from the high side to the low one, and says what the division is worth. */
interface Score {
  readonly whole: number;
  readonly scale: number;
  begin(): void;
  move(row: number): number;
}

function classScore({ target, classes }: Examples, rows: Int32Array): Score {
  const all = new Float64Array(classes);
  for (const row of rows) all[target[row]!]!++;
  const squares = all.reduce((sum, count) => sum + count * count, 0);
  const [low, high] = [new Float64Array(classes), new Float64Array(classes)];
  let [moved, lowSquares, highSquares] = [0, 0, 0];
  return {
    ...{ whole: squares / rows.length, scale: rows.length },
    begin() {
      low.fill(0);
      high.set(all);
      [moved, lowSquares, highSquares] = [0, 0, squares];
    },
    move(row) {
      const label = target[row]!;
      lowSquares += 2 * low[label]!++ + 1;
      highSquares -= 2 * high[label]!-- - 1;
      moved++;
      return lowSquares / moved + highSquares / (rows.length - moved);
    },
  };
}

function valueScore({ target }: Examples, rows: Int32Array): Score {
  const n = rows.length;
  const mean = rows.reduce((sum, row) => sum + target[row]!, 0) / n;
  const scale = rows.reduce((sum, row) => sum + (target[row]! - mean) ** 2, 0);
  let [moved, sum] = [0, 0];
  return {
    ...{ whole: 0, scale },
    begin() {
      [moved, sum] = [0, 0];
    },
    move(row) {
      moved++;
      // From the mean, the sums of both sides are opposite.
      sum += target[row]! - mean;
      return (sum * sum) / moved + (sum * sum) / (n - moved);
    },
  };
}
