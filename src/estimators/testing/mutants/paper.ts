import type { Subject } from "./subject.ts";

/** The estimators of the paper and of the lecture. */
export const paper: readonly Subject[] = [
  {
    file: "estimators/units/bernoulli.ts",
    names: ["score-function"],
    mutants: [
      ["key.bernoulli(sigmoid(a))", "key.bernoulli(a.neg().sigmoid())"],
      ["readout: sigmoid", "readout: (a) => a.sigmoid().square()"],
      ["rate: sigmoid", "rate: (a) => a.sigmoid().sqrt()"],
    ],
  },
  {
    file: "estimators/units/pathwise.ts",
    names: ["noisy-sigmoid", "smooth-times-stochastic"],
    mutants: [["unit.sample(a, key)", "unit.readout(a)"]],
  },
  {
    file: "estimators/units/deterministic.ts",
    names: ["sigmoid"],
    mutants: [["sample: (a) => f(a)", "sample: (a) => a"]],
  },
  {
    file: "estimators/straight-through-open.ts",
    names: ["straight-through-open"],
    tests: "estimators/straight-through.test.ts",
    mutants: [
      ["mul(b, mul(p, p.neg().add(1))) : b", "mul(b, mul(p, p.neg().add(1))) : p", "own"],
      ["mul(b, mul(p, p.neg().add(1))) : b", "mul(p, p.neg().add(1)) : b", "own"],
      ["[mul(grad, factor)]", "[grad]"],
    ],
  },
  {
    file: "estimators/score-function.ts",
    names: ["score-function"],
    mutants: [
      ["mul(sub(h, p), ", "mul(h, "],
      ["mul(sub(h, p), ", "mul(sub(h, p.maximum(0.1).minimum(0.9)), "],
      ["mul(sub(h, p), ", "mul(sub(h, p.minimum(0.999)), "],
      ["sub(h, p)", "sub(p, h)"],
      ["expandDims(loss, 1)", "expandDims(loss, 0)"],
      ["attachGradient(loss, a, mul(sub(h, p), expandDims(loss, 1)))", "loss"],
    ],
  },
  {
    file: "estimators/score-function-minimum-variance.ts",
    names: ["score-function-minimum-variance"],
    mutants: [
      ["sub(L, baseline(averages))", "L", "own"],
      ["sub(L, baseline(averages))", "sub(baseline(averages), L)"],
      ["baseline(averages)", "baseline(update(averages, deviation, L, decay))"],
      ["sub(h, p)", "h"],
      ["number(0.9,", "number(0.8,", "own"],
    ],
  },
  {
    file: "estimators/baselines/minimum-variance.ts",
    names: ["score-function-minimum-variance"],
    tests: "estimators/score-function-minimum-variance.test.ts",
    mutants: [
      ["div(numerator, maximum(denominator, TINY))", "numerator", "own"],
      ["mul(square(deviation), loss)", "mul(deviation, loss)", "own"],
      ["moved(denominator, square(deviation))", "moved(denominator, deviation)", "own"],
      ["1 - decay", "1", "own"],
      ["mul(old, decay)", "old", "own"],
      ["maximum(denominator, TINY)", "denominator", "own"],
      ["START = 1e-6", "START = 1e-3", "own"],
    ],
  },
  {
    file: "estimators/straight-through.ts",
    names: ["straight-through"],
    mutants: [
      ["copyGradient(bernoulli.sample(a, key), a)", "bernoulli.sample(a, key)", "own"],
      ["bernoulli.sample(a, key), a)", "bernoulli.sample(a, key), a.sigmoid())", "own"],
      ["bernoulli.sample(a, key), a)", "bernoulli.sample(a, key), a.neg())", "own"],
      ["bernoulli.sample(a, key), a)", "a.sigmoid(), a)"],
    ],
  },
  {
    file: "estimators/straight-through-slope.ts",
    names: ["straight-through-slope"],
    tests: "estimators/straight-through.test.ts",
    mutants: [
      ["alongSlope(key.bernoulli(p), a, slope, p)", "alongSlope(key.bernoulli(p), a, slope, a)", "own"],
      ["alongSlope(key.bernoulli(p), a, slope, p)", "p"],
    ],
  },
  {
    file: "estimators/threshold.ts",
    names: ["threshold"],
    tests: "estimators/slopes.test.ts",
    mutants: [
      ["alongSlope(greater(a, 0), a, slope)", "a.sigmoid()"],
      ["alongSlope(greater(a, 0), a, slope)", "alongSlope(greater(a, 0), a.neg(), slope)", "own"],
    ],
  },
  {
    file: "estimators/slopes.ts",
    names: ["threshold"],
    mutants: [
      ["mul(mul(p, sub(1, p)), k)", "mul(p, sub(1, p))", "own"],
      ["sigmoid(mul(a, k))", "sigmoid(a)", "own"],
      ["mul(abs(a), k), 1)", "mul(a, k), 1)", "own"],
      ["reciprocal(square(", "reciprocal((", "own"],
      ["div(k / 2, ", "div(1, ", "own"],
      ["(Math.PI * k) / 2", "Math.PI * k", "own"],
      ["maximum(sub(1, mul(abs(a), k)), 0)", "sub(1, mul(abs(a), k))", "own"],
      ["mul(factor, dampening)", "factor", "own"],
      ["usual: 25", "usual: 10", "own"],
    ],
  },
  {
    file: "estimators/as-if-deterministic.ts",
    names: ["as-if-deterministic"],
    mutants: [
      ['key.bernoulli(p), "detached"', "key.bernoulli(p)"],
      ["downstream(p))", "downstream(a))", "own"],
      ["downstream(p))", "downstream(copyGradient(key.bernoulli(p), p)))", "own"],
      ['copyGradient(downstream(key.bernoulli(p), "detached"), downstream(p))', "downstream(p)"],
    ],
  },
  {
    file: "estimators/smooth-times-stochastic.ts",
    names: ["smooth-times-stochastic"],
    mutants: [
      ["-0.5", "-1"],
      ["neg(a)", "a"],
      ["exp(mul(softplus(neg(a)), -0.5))", "a.sigmoid().sqrt()"],
      ["key.bernoulli(rate(a)), rootOfSigmoid(a)", "key.bernoulli(rate(a)), rootOfSigmoid(a).stopGradient()", "own"],
      ['"sqrt" ? rootOfSigmoid : sigmoid', '"p" ? rootOfSigmoid : sigmoid'],
      ["mul(sigmoid(a), rootOfSigmoid(a))", "sigmoid(a)"],
      ["? sigmoid(a)", "? rootOfSigmoid(a)"],
    ],
  },
  {
    file: "estimators/exact.ts",
    names: ["exact"],
    mutants: [
      ["patterns - from)", "patterns - from - 1)"],
      ["sub(1, mul(b, 2))", "sub(mul(b, 2), 1)"],
      ["mul(probability(a, b), losses)", "mul(probability(a, b).stopGradient(), losses)"],
      ["MOST_UNITS = 16", "MOST_UNITS = 17", "own"],
      ["units > MOST_UNITS", "units >= MOST_UNITS", "own"],
    ],
  },
  {
    file: "estimators/noisy-sigmoid.ts",
    names: ["noisy-sigmoid"],
    mutants: [
      ["sigmoid(add(a, noise.draw(key, a, sd)))", "add(sigmoid(a), noise.draw(key, a, sd))", "own"],
      ["mul(sigmoid(a), add(1, noise.draw(key, a, sd)))", "mul(sigmoid(a), noise.draw(key, a, sd))", "own"],
      ["constant(noise.kept(sd), ", "constant(1, "],
    ],
  },
  {
    file: "estimators/noisy-rectifier.ts",
    names: ["noisy-rectifier"],
    mutants: [
      ["rectifier(add(a, noise.draw(key, a, sd)))", "rectifier(a)"],
      ["mul(rectifier(a), add(1, noise.draw(key, a, sd)))", "mul(a, add(1, noise.draw(key, a, sd)))"],
      ["mul(rectifier(a), add(1, noise.draw(key, a, sd)))", "mul(rectifier(a), noise.draw(key, a, sd))"],
      ['additive && readout === "mean"', 'readout === "mean"'],
      ["mul(greater(a, 0), noise.kept(sd))", "greater(a, 0)"],
      ["additive ? noise.rate(a, sd)", "additive ? greater(a, 0)"],
    ],
  },
  {
    file: "estimators/units/noise.ts",
    names: ["noisy-rectifier"],
    mutants: [
      ["mul(key.normal(a.shape, { dtype: a.dtype }), sd)", "key.normal(a.shape, { dtype: a.dtype })"],
      ["mul(normalDensity(div(a, sd)), sd)", "normalDensity(div(a, sd))"],
      ["normalCdf(div(a, sd)),\n", "normalCdf(a),\n"],
      [
        "mul(key.logistic(a.shape, { dtype: a.dtype }), sd / PER_SCALE)",
        "mul(key.logistic(a.shape, { dtype: a.dtype }), sd)",
      ],
      ["sigmoid(div(a, sd / PER_SCALE))", "sigmoid(a)"],
      ["standard: PER_SCALE", "standard: 1", "own"],
      [
        "less(key.uniform(a.shape, { dtype: a.dtype }), 1 / (1 + sd ** 2))",
        "key.uniform(a.shape, { dtype: a.dtype }).greater(1 / (1 + sd ** 2))",
      ],
      ["greater(a, 1)", "greater(a, -1)"],
      ["rectifier(sub(a, 1))", "rectifier(a)"],
    ],
  },
  {
    file: "estimators/units/normal-cdf.ts",
    names: ["noisy-rectifier"],
    tests: "estimators/units/noise.test.ts",
    mutants: [
      ["greater(x, 0)", "greater(0, x)"],
      ["Math.SQRT1_2", "0.7", "own"],
    ],
  },
  {
    file: "estimators/rectifier.ts",
    names: ["rectifier"],
    mutants: [["greater(a, 0)", "greater(a, 1)"]],
  },
];
