import type { Row, Subject } from "./subject.ts";

const subject = (file: string, names: readonly string[], mutants: readonly Row[], tests = file): Subject => ({
  file: `estimators/categorical/${file}.ts`,
  names,
  laws: "estimators/categorical/laws.test.ts",
  tests: `estimators/categorical/${tests}.test.ts`,
  mutants,
});

/** Estimators of one-hot units. */
export const categorical: readonly Subject[] = [
  subject(
    "race",
    ["categorical-score-function"],
    [
      ["neg(log(neg(", "log(neg(neg(", "own"],
      ["neg(log(neg(", "(log(neg(", "own"],
      ["add(variables(a, classes), ", "add(variables(a.neg(), classes), ", "own"],
      ["argmax(raced)", "argmax(raced.neg())", "own"],
      ["oneHot(argmax(raced), raced.shape[2]!, raced.dtype)", "raced.equal(raced.max(-1, { keep: true }))", "own"],
    ],
  ),
  subject(
    "units/one-hot",
    ["categorical-score-function"],
    [
      ["readout: probabilities(classes)", "readout: (a) => a"],
      ["rate: probabilities(classes)", "rate: (a) => a"],
    ],
  ),
  subject(
    "units/relaxed-one-hot",
    ["gumbel-softmax"],
    [
      ["race(a, key, classes), temperature", "race(a, key, classes), 1", "own"],
      ["oneHotUnit(classes).readout", "(a) => a"],
    ],
    "race",
  ),
  subject("variables", ["categorical-score-function"], [["  checkClasses(units, classes);\n", "", "own"]], "race"),
  subject(
    "variables",
    ["categorical-reinmax", "categorical-straight-through"],
    [
      ["mul(p, sub(g, sum(mul(p, g), -1, { keep: true })))", "mul(p, g)"],
      ["mul(p, sub(g, ", "(sub(g, "],
    ],
    "reinmax",
  ),
  subject(
    "score-function",
    ["categorical-score-function"],
    [
      ["sub(h, unit.readout(a))", "h"],
      ["sub(h, unit.readout(a))", "sub(unit.readout(a), h)"],
      ["attachGradient(loss, a, outer(loss, sub(h, unit.readout(a))))", "loss"],
    ],
  ),
  subject(
    "leave-one-out",
    ["categorical-leave-one-out"],
    [
      ["k === 0 ? key : key.fold(k)", "key", "own"],
      ["k === 0 ? key : key.fold(k)", "key.fold(k)"],

      ["leaveOneOut(losses, sent", "leaveOneOut(losses, [...sent].reverse()"],
    ],
  ),
  subject(
    "straight-through",
    ["categorical-straight-through"],
    [
      ["flat(softmax(div(variables(a, classes), temperature)))", "a"],
      ["variables(a, classes), temperature", "variables(a, classes), 2 * temperature", "own"],
      ["copyGradient(oneHotUnit(classes).sample(a, key), p)", "p"],
    ],
    "reinmax",
  ),
  subject(
    "gumbel-softmax",
    ["gumbel-softmax"],
    [["relaxedOneHotUnit(classes, temperature)", "relaxedOneHotUnit(classes, 1)", "own"]],
  ),
  subject(
    "straight-through-gumbel",
    ["categorical-straight-through-gumbel"],
    [
      ["div(raced, temperature)", "raced", "own"],
      ["flat(winners(raced))", "flat(z)"],
    ],
    "gumbel-softmax",
  ),
  subject(
    "gumbel-rao",
    ["categorical-gumbel-rao"],
    [
      ["sub(sub(winner, gumbels), logSoftmax(logits))", "sub(sub(gumbels, winner), logSoftmax(logits))", "own"],
      ["logSoftmax(logits)", "logits", "own"],
      ["sub(h, 1)", "sub(1, h)", "own"],
      ["mul(sub(h, 1), softplus", "mul(-1, softplus", "own"],
      ["key.fold(k + 1)", "key", "own"],
      ["copyGradient(raced, logits), temperature", "copyGradient(raced, logits), 1", "own"],
      ['derivative === "total" ? raced : copyGradient(raced, logits)', "raced", "own"],
      ['derivative === "total" ? raced : copyGradient(raced, logits)', "copyGradient(raced, logits)", "own"],
      ["flat(div(total, samples))", "flat(total)", "own"],
    ],
  ),
  subject(
    "reinmax",
    ["categorical-reinmax"],
    [
      ["mul(softmaxBackward(halfway, g), 2)", "softmaxBackward(halfway, g)", "own"],
      ["div(softmaxBackward(probabilities, g), 2)", "softmaxBackward(probabilities, g)", "own"],
      ["flat(sub(", "flat(add(", "own"],
      ["div(logits, temperature)", "logits", "own"],
      ["softmax(div(logits, temperature))), 2)", "softmax(div(logits, temperature))), 1)", "own"],
      ["softmaxBackward(probabilities, g)", "softmaxBackward(halfway, g)", "own"],
    ],
  ),
  subject(
    "gapped-straight-through",
    ["categorical-gapped-straight-through"],
    [
      ["where(h, -Infinity, logits)", "logits", "own"],
      ["softplus(odds)", "odds", "own"],
      [", -20)", ", 0)", "own"],
      ["sub(add(logits, gap), top)", "sub(logits, top)", "own"],
      ["rectifier(sub(", "(sub(", "own"],
      ["where(h, top, lowered)", "lowered", "own"],
      ["where(h, top, lowered)", "where(h, logits, lowered)", "own"],
      ["copyGradient(moved, logits), temperature", "moved, temperature", "own"],
      ["copyGradient(moved, logits), temperature", "copyGradient(moved, logits), 1", "own"],
      ['gap === "probability" ? expectedGap(logits, won) : width', "width", "own"],
    ],
  ),
  subject(
    "exact",
    ["categorical-exact"],
    [
      ["classes ** count > MOST_PATTERNS", "false", "own"],
      ["MOST_ROWS / batch", "MOST_ROWS", "own"],
      ["from += atOnce", "from += 2 * atOnce", "own"],
      ["exp(sum(mul(flat(logP), b), 2))", "exp(sum(flat(logP), 1))"],
      ["loss ? add(loss, term) : term", "term", "own"],
      ["Math.floor((from + k) / classes ** v)", "Math.floor(k / classes ** v)", "own"],
    ],
  ),
];
