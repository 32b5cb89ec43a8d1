import { answerOf } from "../tree.ts";
import { type Baseline, errorOf } from "./baseline.ts";

const NEIGHBOURS = 5;

/** The most frequent class, or the mean, of the nearest rows; of rows that are equally near, the first ones. */
export const nearest: Baseline = {
  names: { classes: "5 nearest neighbours", values: "5 nearest neighbours" },
  summary: "the most frequent class, or the mean, of the 5 nearest rows, all columns standardised",
  error(problem, test) {
    const { train, target } = problem;
    const k = Math.min(NEIGHBOURS, train.length);
    const rows = new Int32Array(k);
    const distances = new Float64Array(k);
    const predicted = Float64Array.from(test, (row) => {
      distances.fill(Number.POSITIVE_INFINITY);
      for (const other of train) {
        const distance = squaredDistance(problem, row, other, distances[k - 1]!);
        if (distance >= distances[k - 1]!) continue;
        let at = k - 1;
        for (; at > 0 && distances[at - 1]! > distance; at--) {
          distances[at] = distances[at - 1]!;
          rows[at] = rows[at - 1]!;
        }
        distances[at] = distance;
        rows[at] = other;
      }
      return answerOf({ target, classes: problem.classes }, rows);
    });
    return errorOf(problem, test, predicted);
  },
};

/** The squared distance of two rows, or anything larger than `most` where it is larger. */
function squaredDistance(
  { x, width }: { readonly x: Float64Array; readonly width: number },
  a: number,
  b: number,
  most: number,
): number {
  const [fromA, fromB] = [a * width, b * width];
  let sum = 0;
  for (let i = 0; i < width && sum <= most; i++) sum += (x[fromA + i]! - x[fromB + i]!) ** 2;
  return sum;
}
