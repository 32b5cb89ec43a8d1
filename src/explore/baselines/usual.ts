import { answerOf } from "../tree.ts";
import { type Baseline, errorOf } from "./baseline.ts";

/** Says the same about every row. */
export const usual: Baseline = {
  names: { classes: "most frequent class", values: "mean" },
  summary: "says the same about every row",
  error: (problem, test) =>
    errorOf(problem, test, new Float64Array(test.length).fill(answerOf(problem, problem.train))),
};
