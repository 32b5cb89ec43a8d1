import { type Baseline, errorOf, type Problem } from "./baseline.ts";
import { minimise } from "./minimise.ts";

/** Least squares, or the softmax of straight lines, with a penalty of half the squared weights (not of the constant). */
export const linear: Baseline = {
  names: { classes: "logistic regression", values: "linear regression" },
  summary: "a weighted sum of the standardised columns; penalty ½‖w‖²",
  error: (problem, test) =>
    errorOf(problem, test, problem.classes > 0 ? logistic(problem, test) : leastSquares(problem, test)),
};

/**
 * Solves (XᵀX + 1) w = Xᵀ(y − ȳ) by Cholesky, or where columns are more than rows w = Xᵀ(XXᵀ + 1)⁻¹(y − ȳ), which is the same; columns are centred over the
 * rows of training, so the constant is ȳ.
 */
export function leastSquares(problem: Problem, test: Int32Array): Float64Array {
  const { x, width, target, train } = problem;
  const mean = train.reduce((sum, row) => sum + target[row]!, 0) / train.length;
  const weights = width > train.length ? byRows(problem, mean) : byColumns(problem, mean);
  return Float64Array.from(test, (row) => {
    let sum = mean;
    for (let i = 0; i < width; i++) sum += weights[i]! * x[row * width + i]!;
    return sum;
  });
}

/** n × n, 1 on its diagonal. */
const identity = (n: number): Float64Array[] =>
  Array.from({ length: n }, (_, i) => Float64Array.from({ length: n }, (_, j) => (i === j ? 1 : 0)));

function byColumns({ x, width, target, train }: Problem, mean: number): Float64Array {
  const gram = identity(width);
  const right = new Float64Array(width);
  for (const row of train) {
    const from = row * width;
    for (let i = 0; i < width; i++) {
      const value = x[from + i]!;
      if (value === 0) continue;
      right[i]! += value * (target[row]! - mean);
      for (let j = 0; j <= i; j++) gram[i]![j]! += value * x[from + j]!;
    }
  }
  return solve(gram, right);
}

function byRows({ x, width, target, train }: Problem, mean: number): Float64Array {
  const gram = identity(train.length);
  for (const [i, row] of train.entries())
    for (let j = 0; j <= i; j++) {
      const other = train[j]! * width;
      let sum = 0;
      for (let k = 0; k < width; k++) sum += x[row * width + k]! * x[other + k]!;
      gram[i]![j]! += sum;
    }
  const shares = solve(
    gram,
    Float64Array.from(train, (row) => target[row]! - mean),
  );
  const weights = new Float64Array(width);
  for (const [i, row] of train.entries())
    for (let k = 0; k < width; k++) weights[k]! += shares[i]! * x[row * width + k]!;
  return weights;
}

/** Solves a w = b for a symmetric positive definite a, of which the lower triangle is read and overwritten. */
export function solve(a: readonly Float64Array[], b: Float64Array): Float64Array {
  const n = b.length;
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      let sum = a[i]![j]!;
      for (let k = 0; k < j; k++) sum -= a[i]![k]! * a[j]![k]!;
      a[i]![j] = i === j ? Math.sqrt(sum) : sum / a[j]![j]!;
    }
  const w = b.slice();
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) w[i]! -= a[i]![k]! * w[k]!;
    w[i]! /= a[i]![i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) w[i]! -= a[k]![i]! * w[k]!;
    w[i]! /= a[i]![i]!;
  }
  return w;
}

function logistic(problem: Problem, test: Int32Array): Float64Array {
  const { width, classes } = problem;
  const weights = minimise(new Float64Array(classes * (width + 1)), (w, gradient) => softmaxLoss(problem, w, gradient));
  const logits = new Float64Array(classes);
  return Float64Array.from(test, (row) => {
    logitsOf(problem, weights, row, logits);
    return logits.indexOf(Math.max(...logits));
  });
}

/** [classes]: the constant is the last weight of each class. */
function logitsOf({ x, width, classes }: Problem, w: Float64Array, row: number, logits: Float64Array): void {
  for (let label = 0; label < classes; label++) {
    const from = label * (width + 1);
    let sum = w[from + width]!;
    for (let i = 0; i < width; i++) sum += w[from + i]! * x[row * width + i]!;
    logits[label] = sum;
  }
}

/** The negative log-likelihood of all rows plus ½‖w‖², and its gradient. */
export function softmaxLoss(problem: Problem, w: Float64Array, gradient: Float64Array): number {
  const { x, width, target, classes, train } = problem;
  const logits = new Float64Array(classes);
  gradient.fill(0);
  let loss = 0;
  for (const row of train) {
    logitsOf(problem, w, row, logits);
    const most = Math.max(...logits);
    let sum = 0;
    for (let label = 0; label < classes; label++) sum += Math.exp(logits[label]! - most);
    const label = target[row]!;
    loss += most + Math.log(sum) - logits[label]!;
    for (let of = 0; of < classes; of++) {
      const error = Math.exp(logits[of]! - most) / sum - (of === label ? 1 : 0);
      const from = of * (width + 1);
      gradient[from + width]! += error;
      for (let i = 0; i < width; i++) gradient[from + i]! += error * x[row * width + i]!;
    }
  }
  for (let of = 0; of < classes; of++)
    for (let i = 0; i < width; i++) {
      const at = of * (width + 1) + i;
      loss += 0.5 * w[at]! ** 2;
      gradient[at]! += w[at]!;
    }
  return loss;
}
