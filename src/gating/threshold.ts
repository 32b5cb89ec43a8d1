import { UserError } from "../errors.ts";
import { checkNumber } from "../rules.ts";

/**
 * A threshold t such that the share of `values` above it is as near to `share` as it can be: half-way between the two values that it
 * parts, so that a rounding of either does not open or close a gate. Equal values stay together, on the side that is nearer to
 * the share (above, where both are equally near). Orders `values` partly. Throws UserError where there are no values, one is not a number, or the share is
 * not in [0, 1].
 */
export function fitThreshold(values: Float32Array, share: number): number {
  checkNumber("threshold: share", share, { atLeast: 0, atMost: 1 });
  if (values.length === 0) throw new UserError("threshold: needs values to fit it to, received none");
  const count = Math.round(share * values.length);
  if (count === 0) return aboveAll(values);
  // The count-th largest value, and how many are above it and how many equal.
  const edge = select(values, values.length - count);
  if (Number.isNaN(edge)) throw new UserError("threshold: every value must be a number, received NaN");
  let [above, equal, next, nextBelow] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value > edge) {
      above++;
      if (value < next) next = value;
    } else if (value === edge) equal++;
    else if (value < edge) {
      if (value > nextBelow) nextBelow = value;
    } else throw new UserError("threshold: every value must be a number, received NaN");
  }
  const withEdge = above + equal - count <= count - above;
  if (withEdge) return nextBelow === Number.NEGATIVE_INFINITY ? below(edge) : between(nextBelow, edge);
  return above === 0 ? edge : between(edge, next);
}

/** A float32 t with low ≤ t < high, half-way where there is one between. */
function between(low: number, high: number): number {
  const middle = Math.fround(low / 2 + high / 2);
  return middle < high ? middle : low;
}

function aboveAll(values: Float32Array): number {
  let most = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (Number.isNaN(value)) throw new UserError("threshold: every value must be a number, received NaN");
    if (value > most) most = value;
  }
  return most;
}

/** A float32 below x. */
const below = (x: number): number => Math.fround(x - Math.max(1, Math.abs(x)) * 2 ** -20);

/** The value of rank k (from 0, ascending), by partitioning in place (Hoare's selection): on average a few passes over the values. */
function select(values: Float32Array, k: number): number {
  let [from, to] = [0, values.length - 1];
  while (from < to) {
    const pivot = values[(from + to) >>> 1]!;
    let [i, j] = [from, to];
    while (i <= j) {
      while (values[i]! < pivot) i++;
      while (values[j]! > pivot) j--;
      if (i > j) break;
      const kept = values[i]!;
      values[i++] = values[j]!;
      values[j--] = kept;
    }
    if (k <= j) to = j;
    else if (k >= i) from = i;
    else break;
  }
  return values[k]!;
}
