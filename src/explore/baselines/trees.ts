import { askTree, growTree, type TreeOptions } from "../tree.ts";
import { type Baseline, errorOf, type Problem } from "./baseline.ts";

function errorOfTree(problem: Problem, test: Int32Array, options: TreeOptions): number {
  const { x, width, target, classes, train } = problem;
  const columns = Array.from({ length: width }, (_, column) =>
    Float64Array.from({ length: target.length }, (_, row) => x[row * width + column]!),
  );
  const tree = growTree({ columns, target, classes }, train, options);
  return errorOf(
    problem,
    test,
    Float64Array.from(test, (row) => askTree(tree, columns, row)),
  );
}

/** One question about one column. */
export const stump: Baseline = {
  names: { classes: "decision stump", values: "decision stump" },
  summary: "one question about one column",
  error: (problem, test) => errorOfTree(problem, test, { depth: 1, leaf: 1 }),
};

/** Questions one after another. */
export const tree: Baseline = {
  names: { classes: "decision tree", values: "decision tree" },
  summary: "at most 8 questions one after another, at least 5 rows a leaf",
  error: (problem, test) => errorOfTree(problem, test, { depth: 8, leaf: 5 }),
};
