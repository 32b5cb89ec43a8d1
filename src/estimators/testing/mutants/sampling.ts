import type { Subject } from "./subject.ts";

/** The estimators that read losses. */
export const sampling: readonly Subject[] = [
  {
    file: "baselines/moving-average.ts",
    names: ["score-function-moving-average"],
    tests: "estimators/score-function-moving-average.test.ts",
    mutants: [
      ["1 - decay", "decay", "own"],
      ["moved(average.mean, mean(loss), decay)", "moved(average.mean, average.mean, decay)", "own"],
    ],
  },
  {
    file: "estimators/score-function-moving-average.ts",
    names: ["score-function-moving-average"],
    mutants: [
      ["sub(loss, average.mean)", "loss", "own"],
      ["sub(loss, average.mean)", "sub(average.mean, loss)"],
      ["sub(h, p)", "h"],
      ["sub(loss, average.mean)", "sub(loss, update(average, stopGradient(loss), decay).mean)"],
      ["number(0.9,", "number(0.8,", "own"],
    ],
  },
  {
    file: "baselines/learned.ts",
    names: ["nvil"],
    tests: "estimators/nvil.test.ts",
    mutants: [
      ["mul(stopGradient(a), 0.5)", "stopGradient(a)", "own"],
      [
        "add(matmul(tanh(mul(stopGradient(a), 0.5)), inWeight), inBias)",
        "matmul(tanh(mul(stopGradient(a), 0.5)), inWeight)",
        "own",
      ],
      ["sum(mul(hidden, outWeight), 1), outBias", "sum(mul(hidden, outWeight), 1), 0", "own"],
      ["mean(mul(stopGradient(error), prediction))", "sum(mul(stopGradient(error), prediction))", "own"],
      ["add(params[name]!, mul(ascent[i]!, rate))", "sub(params[name]!, mul(ascent[i]!, rate))", "own"],
      ["outWeight: NdArray.zeros([hidden])", "outWeight: array(new Float32Array(hidden).fill(1))", "own"],
    ],
  },
  {
    file: "estimators/nvil.ts",
    names: ["nvil"],
    mutants: [
      ["sub(loss, prediction)", "loss", "own"],
      ["sub(left, center)", "left", "own"],
      ["sub(h, p)", "sub(p, h)", "own"],
      ["maximum(1, sqrt(spread))", "maximum(1, spread)", "own"],
      ["maximum(1, sqrt(spread))", "sqrt(spread)"],
      ['normalize === "on"', 'normalize !== "off" || true', "own"],
      ["moved(spread, variance(left), decay)", "moved(spread, mean(left), decay)", "own"],
      ["moved(center, mean(left), decay)", "moved(center, mean(loss), decay)", "own"],
      ["prediction, signal, rate", "prediction, left, rate", "own"],
    ],
  },
  {
    file: "baselines/leave-one-out.ts",
    names: ["leave-one-out"],
    tests: "estimators/leave-one-out.test.ts",
    mutants: [
      ["div(total(differences), K)", "differences[0]!", "own"],
      ["div(total(differences), K)", "div(total(differences), K - 1)", "own"],
      [", K - 1);", ", K);"],
      ["sub(d, mean)", "sub(mean, d)"],
      ["sub(loss, losses[0]!)", "loss", "own"],
    ],
  },
  {
    file: "estimators/leave-one-out.ts",
    names: ["leave-one-out"],
    mutants: [
      ["send(downstream, samples, live)", 'send(downstream, samples, "one")'],
      ["send(downstream, samples, live)", 'send(downstream, samples, "all")'],
      ["atLeast: 2", "atLeast: 1", "own"],
    ],
  },
  {
    file: "estimators/units/bernoulli.ts",
    names: ["leave-one-out", "arm"],
    mutants: [
      ["(k === 0 ? key : key.fold(k))", "key.fold(k)"],
      ["(k === 0 ? key : key.fold(k))", "key"],
      ["less(sub(1, u), p)", "less(u, p)"],
      ["less(sub(1, u), p)", "less(u, sub(1, p))"],
    ],
  },
  {
    file: "estimators/local-expectation.ts",
    names: ["local-expectation"],
    mutants: [
      ["sub(expandDims(loss, 1), others)", "sub(others, expandDims(loss, 1))"],
      ["sub(mul(b, 2), 1)", "mul(b, 2)"],
      ["sigmoid(a.neg())", "sigmoid(a)"],
      ["mul(slope, sub(mul(b, 2), 1))", "slope"],
      [
        'transpose(reshape(downstream(flips, "detached"), [units, examples]))',
        'reshape(downstream(flips, "detached"), [examples, units])',
      ],
    ],
  },
  {
    file: "estimators/vimco.ts",
    names: ["vimco"],
    mutants: [
      ["stopGradient(min(losses, 0))", "mul(stopGradient(min(losses, 0)), 0)", "own"],
      ["sub(least, losses)", "sub(losses, least)", "own"],
      ["sub(loss, bound(kind", "sub(0, bound(kind", "own"],
      ['kind === "arithmetic"', 'kind !== "arithmetic"', "own"],
      ["concat([others, mean(others, 0, { keep: true })], 0)", "losses", "own"],
      ["slice(losses, k + 1)", "slice(losses, k)", "own"],
      ["sub(b, p)", "sub(p, b)", "own"],
      ["mean(exp(sub(least, losses)), 0)", "exp(mean(sub(least, losses), 0))", "own"],
    ],
  },
  {
    file: "estimators/arm.ts",
    names: ["arm"],
    mutants: [
      ["sub(losses[1]!, losses[0]!)", "sub(losses[0]!, losses[1]!)"],
      ["sub(u, 0.5)", "u", "own"],
      ["sub(u, 0.5)", "sub(u, 0.4)", "own"],
      ["[b, twin]", "[twin, b]"],
    ],
  },
  {
    file: "estimators/disarm.ts",
    names: ["disarm"],
    mutants: [
      ["div(sub(losses[0]!, losses[1]!), 2)", "sub(losses[0]!, losses[1]!)"],
      ["sub(losses[0]!, losses[1]!)", "sub(losses[1]!, losses[0]!)"],
      ["sigmoid(abs(a))", "sigmoid(a)"],
      ["sub(b, twin)", "sub(1, twin)"],
      ["downstream, [b, twin]", "downstream, [twin, b]"],
    ],
  },
  {
    file: "estimators/units/dirichlet-copula.ts",
    names: ["arms"],
    mutants: [
      ["let left = root(first, K - 1)", "let left = first", "own"],
      ["root(w, K - 1 - k)", "root(w, K - k)", "own"],
      ["root(w, K - 1 - k)", "w", "own"],
      ["others.push(sub(left, rest))", "others.push(rest)", "own"],
      ["power(sub(1, d), K - 1)", "power(sub(1, d), K)"],
      ["1 / (K - 1)", "1 / K"],
      ["sub(2, inverseRoot)", "sub(1, inverseRoot)", "own"],
      ["maximum(sub(2, inverseRoot), 0)", "sub(2, inverseRoot)"],
      ["n === 1 ? x : ", "", "own"],
    ],
  },
  {
    file: "estimators/arms.ts",
    names: ["arms"],
    mutants: [
      ["less(a, 0)", "less(0, a)", "own"],
      ["where(rarelyOn, u, sub(1, u))", "u"],
      ["where(rarelyOn, v, sub(1, v))", "v"],
      ["mul(leaveOneOut(losses, samples, p), dirichletCorrection(abs(a), K))", "leaveOneOut(losses, samples, p)"],
      ["dirichletCorrection(abs(a), K)", "dirichletCorrection(a, K)"],
      ["send(downstream, samples, live)", 'send(downstream, samples, "one")'],
    ],
  },
  {
    file: "estimators/bitflip.ts",
    names: ["bitflip"],
    mutants: [
      ["mul(key.uniform([examples], { dtype }), units)", "key.uniform([examples], { dtype })"],
      ["mul(key.uniform([examples], { dtype }), units)", "mul(key.uniform([examples], { dtype }), units - 1)"],
      ["abs(sub(b, chosen))", "chosen"],
      ["a.shape[1]!", "1"],
      ["sub(mul(b, 2), 1)", "sub(1, mul(b, 2))"],
      ["sigmoid(a.neg())", "sigmoid(a)"],
      ["mul(mul(sub(mul(b, 2), 1), slope), chosen)", "mul(sub(mul(b, 2), 1), slope)"],
      ["randomUnit(b, key.fold(1))", "randomUnit(b, key)"],
    ],
  },
  {
    file: "estimators/ugc.ts",
    names: ["ugc"],
    mutants: [
      ["1 / (2 * a.shape[1]!)", "1 / a.shape[1]!", "own"],
      ["sigmoid(neg(abs(a)))", "sigmoid(neg(a))", "own"],
      ["[losses[0]!, losses[2]!]", "losses"],
      ["[b, twin, flipped(b, chosen)]", "[b, flipped(b, chosen), twin]"],
    ],
  },
];
