/** Eigenvalues, the largest first, and a row for each eigenvector, of length 1. */
export interface Eigen {
  readonly values: Float64Array;
  readonly vectors: readonly Float64Array[];
}

const SWEEPS = 60;

/**
 * Eigenvalues and eigenvectors of a symmetric matrix by Jacobi's rotations, cyclically until all that is off the diagonal is 0 to rounding.
 * The largest component of each eigenvector is positive. Golub and Van Loan, Matrix Computations, section 8.5.
 * @param matrix [n][n], symmetric
 */
export function symmetricEigen(matrix: readonly ArrayLike<number>[]): Eigen {
  const n = matrix.length;
  const a = matrix.map((row) => Float64Array.from(row));
  const vectors = a.map((_, i) => Float64Array.from({ length: n }, (_, j) => (i === j ? 1 : 0)));
  const size = Math.sqrt(a.reduce((sum, row) => sum + row.reduce((of, x) => of + x * x, 0), 0));
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    let off = 0;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) off += a[p]![q]! ** 2;
    if (Math.sqrt(off) <= 1e-15 * size) break;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) rotate(a, vectors, p, q);
  }
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => a[j]![j]! - a[i]![i]!);
  return { values: Float64Array.from(order, (i) => a[i]![i]!), vectors: order.map((i) => positive(vectors[i]!)) };
}

/** Turns the plane of two axes so that their element off the diagonal becomes 0. */
function rotate(a: readonly Float64Array[], vectors: readonly Float64Array[], p: number, q: number): void {
  const [rowP, rowQ] = [a[p]!, a[q]!];
  if (rowP[q] === 0) return;
  const theta = (rowQ[q]! - rowP[p]!) / (2 * rowP[q]!);
  const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.hypot(theta, 1));
  const c = 1 / Math.hypot(t, 1);
  const s = t * c;
  for (const row of a) turn(row, p, row, q, c, s);
  for (let k = 0; k < a.length; k++) {
    turn(rowP, k, rowQ, k, c, s);
    turn(vectors[p]!, k, vectors[q]!, k, c, s);
  }
}

function turn(x: Float64Array, i: number, y: Float64Array, j: number, c: number, s: number): void {
  const [first, second] = [x[i]!, y[j]!];
  x[i] = c * first - s * second;
  y[j] = s * first + c * second;
}

function positive(vector: Float64Array): Float64Array {
  const largest = vector.reduce((most, x) => (Math.abs(x) > Math.abs(most) * (1 + 1e-12) ? x : most), 0);
  return largest < 0 ? vector.map((x) => -x) : vector;
}
