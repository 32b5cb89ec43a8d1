import type { Subject } from "./subject.ts";

/** The estimators that read the derivative of the downstream network. */
export const path: readonly Subject[] = [
  {
    file: "estimators/relaxation.ts",
    names: ["rebar"],
    mutants: [
      ["LEAST = 2 ** -25", "LEAST = 0", "own"],
      ["sub(a, sub(log(positive(u)), log1p(neg(u))))", "add(a, sub(log(positive(u)), log1p(neg(u))))", "own"],
      ["b: u.less(p)", "b: u.greater(p)"],
      ["sub(softplus(inner), log(positive(v)))", "softplus(inner)", "own"],
      ["add(mul(sign, a), log1p(neg(v)))", "mul(sign, a)", "own"],
      ["slope: sigmoid(inner)", "slope: sigmoid(neg(inner))", "own"],
      ["sigmoid(neg(at)).div(sub(1, u))", "sigmoid(neg(at)).div(u)", "own"],
      ["stopGradient(p).div(positive(u))", "stopGradient(p)", "own"],
      ["stopGradient(p).div(positive(u))", "stopGradient(p).div(u)", "own"],
      ["value: slice(values, half)", "value: slice(values, 0, half)", "own"],
      ["mul(slice(slopes!, half), given.slope)", "slice(slopes!, half)", "own"],
      ["sub(stopGradient(f), value)", "add(stopGradient(f), value)", "own"],
    ],
  },
  {
    file: "estimators/concrete.ts",
    names: ["concrete"],
    mutants: [
      ["drawBits(a, key).u), temperature)", "drawBits(a, key).u), 1)", "own"],
      ["readout: sigmoid", "readout: (a) => sigmoid(div(a, temperature))", "own"],
    ],
  },
  {
    file: "estimators/hard-concrete.ts",
    names: ["hard-concrete"],
    mutants: [
      ["mul(sigmoid(s), zeta - gamma)", "mul(sigmoid(s), zeta)", "own"],
      ["temperature * Math.log(-gamma / zeta)", "Math.log(-gamma / zeta)"],
      ["sub(a, temperature", "add(a, temperature"],
      ["zeta - gamma)), 0, 1)", "zeta - gamma)), 0, 2)", "own"],
      ["number(-0.1, {", "number(-0.2, {", "own"],
      ["number(1.1, {", "number(1.2, {", "own"],
    ],
  },
  {
    file: "estimators/straight-through-gumbel.ts",
    names: ["straight-through-gumbel"],
    mutants: [
      ["copyGradient(b, sigmoid(div(noisyLogit(a, u), temperature)))", "sigmoid(div(noisyLogit(a, u), temperature))"],
      ["div(noisyLogit(a, u), temperature)", "noisyLogit(a, u)", "own"],
      ["noisyLogit(a, u)", "a", "own"],
    ],
  },
  {
    file: "estimators/gumbel-rao.ts",
    names: ["gumbel-rao"],
    mutants: [
      ["samples * temperature", "temperature", "own"],
      ["samples * temperature", "samples", "own"],
      ["div(given.z, temperature)", "given.z", "own"],
      ['derivative === "total" ? given.slope : 1', "1", "own"],
      ['derivative === "total" ? given.slope : 1', "given.slope", "own"],
      ["k <= samples", "k < samples", "own"],
      ["key.fold(k)", "key"],
    ],
  },
  {
    file: "estimators/gapped-straight-through.ts",
    names: ["gapped-straight-through"],
    mutants: [
      ["sub(mul(b, 2), 1)", "1", "own"],
      ["maximum(towards, least)", "towards", "own"],
      ["maximum(towards, least)", "add(towards, least)", "own"],
      ["div(maximum(towards, least), temperature)", "maximum(towards, least)", "own"],
      ["div(softplus(towards), ", "div(softplus(a), ", "own"],
      ["div(softplus(towards), sigmoid(towards))", "softplus(towards)", "own"],
      ["number(1, { atLeast: 0 }", "number(0.5, { atLeast: 0 }", "own"],
    ],
  },
  {
    file: "estimators/reinmax.ts",
    names: ["reinmax"],
    mutants: [
      ["mul(slope(q), 2)", "slope(q)", "own"],
      ["mul(slope(p), 0.5)", "slope(p)", "own"],
      ["sub(mul(slope(q), 2), ", "add(mul(slope(q), 2), ", "own"],
      [": sigmoid(div(a, temperature))", ": p", "own"],
      ["atLeast: 1", "atLeast: 0.5", "own"],
    ],
  },
  {
    file: "estimators/muprop.ts",
    names: ["muprop"],
    mutants: [
      ["sub(sub(loss, atMean), sum(mul(gradient, deviation), 1))", "sub(loss, atMean)"],
      ["sub(sub(loss, atMean), ", "sub(loss, ", "own"],
      ["mul(gradient, mul(p, sub(1, p)))", "gradient"],
      ["mul(gradient, mul(p, sub(1, p)))", "mul(gradient, mul(p, sub(1, p)).maximum(1e-3))"],
      ["const deviation = sub(b, p)", "const deviation = sub(b, p.minimum(0.99))"],
      ["pathGradient(downstream, p, ", "pathGradient(downstream, b, "],
      ['later === "mean"', 'later === "sample"', "own"],
    ],
  },
  {
    file: "estimators/rebar.ts",
    names: ["rebar"],
    mutants: [
      ['downstream(relaxed, "path"), scale)', 'downstream(relaxed, "path"), 1)', "own"],
      ['relaxation === "shifted"', 'relaxation === "concrete"', "own"],
      ["div(tau, add(tau, 1))", "tau", "own"],
      ["logTemperature: temperatureRate", "logTemperature: rate", "own"],
      ["passes: 3, backward: 3", "passes: 2, backward: 2"],
      ["exp(state.logTemperature!)", "state.logTemperature!", "own"],
    ],
  },
  {
    file: "estimators/relax.ts",
    names: ["relax"],
    mutants: [
      ["mul(relaxed, state.eta!)", "relaxed", "own"],
      ["add(mul(relaxed, state.eta!), rest)", "mul(relaxed, state.eta!)", "own"],
      ["exp(state.logTemperature!)", "state.logTemperature!", "own"],
    ],
  },
  {
    file: "estimators/double-control-variate.ts",
    names: ["double-control-variate"],
    mutants: [
      ["sub(leaveOneOut(levelled, samples, p), correction)", "leaveOneOut(levelled, samples, p)", "own"],
      ["div(sub(sumOfGradients, gradients[k]!), K - 1)", "div(sumOfGradients, K)", "own"],
      ["div(sumOfGradients, K)", "sumOfGradients", "own"],
      ["sub(samples[k]!, p)", "samples[k]!", "own"],
      ["mul(p, sub(1, p))", "p", "own"],
    ],
  },
  {
    file: "estimators/rodeo.ts",
    names: ["rodeo"],
    mutants: [
      ["sub(leaveOneOut(levelled, samples, p), own)", "leaveOneOut(levelled, samples, p)", "own"],
      ["j === k ? [] : ", "", "own"],
      ["sub(flipped(x), here(x))", "flipped(x)", "own"],
      ["mul(p, sub(1, b)), mul(sub(1, p), b)", "mul(p, b), mul(sub(1, p), sub(1, b))", "own"],
      ["sub(1, mul(b, 2))), H)", "1), H)", "own"],
      ["mul(g, sub(1, mul(b, 2)))), here]", "g), here]", "own"],
      ["mul(sums, 0.3)", "0", "own"],
    ],
  },
  {
    file: "estimators/samples-with-gradients.ts",
    names: ["double-control-variate"],
    mutants: [
      ["loss: mean(reshape(loss, [copies, loss.size / copies]), 0)", "loss: slice(loss, 0, loss.size / copies)", "own"],
      ["rows(rest.gradient, copies - 1)", "rows(rest.gradient, copies - 1).reverse()", "own"],
      ["k * batch, (k + 1) * batch", "0, batch", "own"],
    ],
  },
  {
    file: "estimators/variance-descent.ts",
    names: ["rebar"],
    mutants: [
      ["sum(square(estimate), 1)", "sum(estimate, 1)", "own"],
      ["mean(sum(square(estimate), 1))", "sum(square(estimate))", "own"],
      ["add(numbers[path]!, mul(value, rates[path]!))", "add(numbers[path]!, value)", "own"],
      ["rates[name]! > 0", "true", "own"],
      ["beta2: 0.99999", "beta2: 0.999", "own"],
    ],
  },
  {
    file: "estimators/variance-descent.ts",
    names: ["relax"],
    tests: "estimators/relax.test.ts",
    mutants: [["inWeight: rate, inBias: rate, outWeight: rate, outBias: rate", "inWeight: rate", "own"]],
  },
];
