import type { EstimatorName } from "./index.ts";

/** What papers, other libraries and habit call the estimators of the table: a config may use these. */
export const aliases = {
  relu: "rectifier",
  logistic: "sigmoid",
  "noisy-relu": "noisy-rectifier",
  nrelu: "noisy-rectifier",
  step: "threshold",
  heaviside: "threshold",
  "hard-threshold": "threshold",

  reinforce: "score-function",
  "likelihood-ratio": "score-function",
  "policy-gradient": "score-function",
  "reinforce-baseline": "score-function-moving-average",
  "reinforce-ma": "score-function-moving-average",
  loo: "leave-one-out",
  rloo: "leave-one-out",
  "reinforce-loo": "leave-one-out",
  leg: "local-expectation",
  "augment-reinforce-merge": "arm",
  u2g: "disarm",
  "bitflip-1": "bitflip",
  dcv: "double-control-variate",
  "double-cv": "double-control-variate",
  enumeration: "exact",

  st: "straight-through",
  ste: "straight-through",
  "straight-through-estimator": "straight-through",
  sts: "smooth-times-stochastic",
  "binary-concrete": "concrete",
  "relaxed-bernoulli": "concrete",
  "gumbel-sigmoid": "concrete",
  gs: "gumbel-softmax",
  "gr-mc": "gumbel-rao",
  gst: "gapped-straight-through",
  "gapped-st": "gapped-straight-through",
} as const satisfies Readonly<Record<string, EstimatorName>>;

/** Words that may mean an estimator of the table or another: for the suggestion of an error alone. */
export const hints: Readonly<Record<string, EstimatorName>> = {
  sign: "threshold",
  "moving-average": "score-function-moving-average",
  "minimum-variance": "score-function-minimum-variance",
  "input-dependent-baseline": "nvil",
  gumbel: "concrete",
  l0: "hard-concrete",
  stgs: "straight-through-gumbel",
  "st-gs": "straight-through-gumbel",
  "st-gumbel": "straight-through-gumbel",
  "st-gumbel-softmax": "straight-through-gumbel",
  "straight-through-gumbel-softmax": "straight-through-gumbel",
  "gumbel-st": "straight-through-gumbel",
  gr: "gumbel-rao",
};

/** The aliases of an estimator. */
export const aliasesOf = (name: EstimatorName): string[] =>
  Object.entries(aliases).flatMap(([alias, meant]) => (meant === name ? [alias] : []));
