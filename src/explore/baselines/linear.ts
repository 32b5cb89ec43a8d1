import { type Baseline, errorOf, type Problem } from "./baseline.ts";
import { minimise } from "./minimise.ts";

/** Least squares, or the softmax of straight lines, with a penalty of half the squared weights (not of the constant). */
export const linear: Baseline = {
  names: { classes: "logistic regression", values: "linear regression" },
  summary: "a weighted sum of the standardised columns; penalty ½‖w‖²",
  error: (problem, test) =>
    errorOf(problem, test, problem.classes > 0 ? logistic(problem, test) : leastSquares(problem, test)),
};

/** Solves (XᵀX + 1) w = Xᵀ(y − ȳ) by Cholesky; columns are centred over the rows of training, so the constant is ȳ. */
function leastSquares({ x, width, target, train }: Problem, test: Int32Array): Float64Array {
  const mean = train.reduce((sum, row) => sum + target[row]!, 0) / train.length;
  const gram = Array.from({ length: width }, (_, i) =>
    Float64Array.from({ length: width }, (_, j) => (i === j ? 1 : 0)),
  );
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
  const weights = solve(gram, right);
  return Float64Array.from(test, (row) => {
    let sum = mean;
    for (let i = 0; i < width; i++) sum += weights[i]! * x[row * width + i]!;
    return sum;
  });
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
