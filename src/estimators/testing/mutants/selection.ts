import type { Subject } from "./subject.ts";

/** Units that compete. */
export const selection: readonly Subject[] = [
  {
    file: "estimators/top-k.ts",
    names: ["top-k"],
    mutants: [
      ["mul(softmax(scores), m)", "softmax(scores)", "own"],
      ["mul(softmax(scores), m)", "softmax(mul(scores, m))", "own"],
      ["max(scores, 1, { keep: true }))), m)", "max(scores, 1, { keep: true }))), 1)", "own"],
      ["scores.sub(max(scores, 1, { keep: true }))", "scores"],
      ["div(weights, sum(weights, 1, { keep: true }))", "weights", "own"],
      ["mul(sigmoid(scores), m)", "sigmoid(scores)", "own"],
      ["copyGradient(m, mul(m, scores))", "copyGradient(m, scores)"],
      ["copyGradient(m, mul(m, scores))", "m", "own"],
      ["largest(a, k)", "largest(a, 1)", "own"],
      ["{ atMost: units }", "{}", "own"],
      ["values[value](chosen(scores), scores)", "values.softmax(chosen(scores), scores)", "own"],
      ["{ dtype: a.dtype }), sd)", "{ dtype: a.dtype }), 1)", "own"],
      ['noise === "none" && value !== "one"', 'noise === "none"'],
      ['noise === "none" && value !== "one"', "true", "own"],
      ['stochastic: noise !== "none"', "stochastic: true"],
    ],
  },
];
