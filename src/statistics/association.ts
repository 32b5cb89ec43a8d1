/**
 * Pearson's correlation of the pairs in which both are numbers. NaN for fewer than two such pairs, and where one of both never changes.
 * @param x [N], NaN where a value is missing
 * @param y [N], likewise
 */
export function pearson(x: ArrayLike<number>, y: ArrayLike<number>): number {
  let [n, meanX, meanY, xx, yy, xy] = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    const [a, b] = [x[i]!, y[i]!];
    if (Number.isNaN(a) || Number.isNaN(b)) continue;
    n++;
    const [fromX, fromY] = [a - meanX, b - meanY];
    meanX += fromX / n;
    meanY += fromY / n;
    xx += fromX * (a - meanX);
    yy += fromY * (b - meanY);
    xy += fromX * (b - meanY);
  }
  if (n < 2 || !(xx > 0) || !(yy > 0)) return Number.NaN;
  return Math.max(-1, Math.min(1, xy / Math.sqrt(xx * yy)));
}

/**
 * The rank of each value among those that are numbers, from 1; equal ones have the mean of their ranks. Pearson's correlation of ranks is
 * Spearman's.
 * @param values [N], NaN where a value is missing, which has the rank NaN
 */
export function ranks(values: ArrayLike<number>): Float64Array {
  const sorted = Float64Array.from(values)
    .filter((value) => !Number.isNaN(value))
    .sort();
  return Float64Array.from(values, (value) =>
    !Number.isNaN(value)
      ? (placesBefore(sorted, value, false) + placesBefore(sorted, value, true) + 1) / 2
      : Number.NaN,
  );
}

/** How many of ascending values are below a value, or at most it. */
function placesBefore(ascending: Float64Array, value: number, orEqual: boolean): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! < value || (orEqual && ascending[middle] === value)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Cramér's V of two columns of classes: 0 where they are independent, 1 where one tells the other; √(χ² / (n · (min(r, c) − 1))), without a
 * correction of its bias, which is about √((r − 1)(c − 1) / n / (min(r, c) − 1)). NaN where one of both never changes. Cramér 1946, chapter 21.
 * @param a [N], classes from 0, −1 where one is missing
 * @param b [N], likewise
 */
export function cramersV(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [rows, columns, n] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    rows = Math.max(rows, a[i]! + 1);
    columns = Math.max(columns, b[i]! + 1);
  }
  const [counts, inRow, inColumn] = [
    new Float64Array(rows * columns),
    new Float64Array(rows),
    new Float64Array(columns),
  ];
  for (let i = 0; i < a.length; i++) {
    const [row, column] = [a[i]!, b[i]!];
    if (row < 0 || column < 0) continue;
    n++;
    counts[row * columns + column]!++;
    inRow[row]!++;
    inColumn[column]!++;
  }
  // Σ (observed − expected)² / expected = n (Σ observed² / (row · column) − 1), in which empty cells are 0.
  let sum = 0;
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const observed = counts[row * columns + column]!;
      if (observed > 0) sum += observed ** 2 / (inRow[row]! * inColumn[column]!);
    }
  const used = (of: Float64Array): number => of.reduce((total, count) => total + (count > 0 ? 1 : 0), 0);
  const least = Math.min(used(inRow), used(inColumn)) - 1;
  return least < 1 || n === 0 ? Number.NaN : Math.sqrt(Math.max(0, Math.min(1, (sum - 1) / least)));
}

/**
 * The correlation ratio η of numbers with classes: the root of the share of the numbers' variance that lies between the means of the classes.
 * For two classes it is |Pearson's correlation| with 0 and 1. NaN where one of both never changes. Fisher 1925, chapter 8.
 * @param classes [N], from 0, −1 where one is missing
 * @param values [N], NaN where one is missing
 */
export function correlationRatio(classes: ArrayLike<number>, values: ArrayLike<number>): number {
  const sums: number[] = [];
  const counts: number[] = [];
  let [n, mean, squares] = [0, 0, 0];
  for (let i = 0; i < classes.length; i++) {
    const [label, value] = [classes[i]!, values[i]!];
    if (label < 0 || Number.isNaN(value)) continue;
    n++;
    const from = value - mean;
    mean += from / n;
    squares += from * (value - mean);
    sums[label] = (sums[label] ?? 0) + value;
    counts[label] = (counts[label] ?? 0) + 1;
  }
  const present = Object.keys(counts);
  if (present.length < 2 || !(squares > 0)) return Number.NaN;
  let between = 0;
  for (const label of present) between += counts[+label]! * (sums[+label]! / counts[+label]! - mean) ** 2;
  return Math.sqrt(Math.min(1, between / squares));
}
