import type { EstimatorConfig } from "../../estimators/index.ts";
import type { GatedConfig, HiddenConfig } from "../../models/index.ts";
import type { TrainOptions } from "../../train/index.ts";

/** A training as the paper reports it: the single run of best validation. NLL in nats, errors in per cent. */
export interface Published {
  readonly nll: number;
  readonly valid: number;
  readonly test: number;
}

/** A network and how it is trained. */
export interface Recipe {
  /** Dense layers that come first (default: none). */
  readonly trunk?: readonly HiddenConfig[];
  /** The gated layer; without one the trunk is the network. */
  readonly gated?: GatedConfig;
  readonly training: Pick<
    TrainOptions,
    "optimizer" | "schedule" | "batch" | "maxNorm" | "maxNormEvery" | "inputDropout"
  >;
}

/** One of the few settings that a row chooses from, on the validation set. */
export interface Setting {
  readonly label: string;
  readonly recipe: Recipe;
}

/** A row of the table. */
interface Row {
  readonly title: string;
  readonly published?: Published;
  /** The first is the paper's own, where it has one. */
  readonly settings: readonly Setting[];
  /** About how long an epoch takes beside that of the paper's straight-through network: for the time that is left. */
  readonly work: number;
}

/** The share of gates to be open: the paper's 10 %. */
const TARGET = 0.1;

/** The paper's network: 784 → 400 tanh → gates; gates ∘ (784 → linear units) → softmax. */
const layer = (
  gate: EstimatorConfig,
  { blocks = 2000, ...others }: Partial<Omit<GatedConfig, "gate">> = {},
): GatedConfig => ({
  blocks,
  width: 1,
  activation: "linear",
  gater: { name: "dense", hidden: [400], activation: "tanh", gain: 4 },
  gate,
  ...others,
});

interface Choices {
  readonly low?: number;
  readonly high?: number;
  readonly momentum?: number;
}

interface Descent {
  readonly rate: number;
  readonly cosine?: boolean;
}

const training = ({ rate, cosine }: Descent, momentum?: number): Recipe["training"] => ({
  batch: 32,
  optimizer: momentum === undefined ? { name: "sgd", rate } : { name: "momentum", rate, momentum },
  schedule: { name: cosine ? "cosine" : "constant" },
  maxNorm: 2,
  maxNormEvery: 20,
});

/** The paper's learning rate; and two that fall to 0 over the training, which has fewer epochs than the paper's will have had. */
const descents = (low: number, high: number): readonly Descent[] => [
  { rate: 0.1 },
  { rate: low, cosine: true },
  { rate: high, cosine: true },
];

const label = ({ rate, cosine }: Descent): string => (cosine ? `rate ${rate} → 0` : `rate ${rate}`);

/** As many settings for every row. */
const settings = (gated: GatedConfig, { low = 0.2, high = 0.4, momentum }: Choices = {}): Setting[] =>
  descents(low, high).map((descent) => ({
    label: label(descent),
    recipe: { gated, training: training(descent, momentum) },
  }));

/**
 * The paper's score function has a gater a hundred times slower than the rest and λ = 1 (or 3): rates then stay near a tenth and hardly differ between
 * images. So its third setting is another balance of the two.
 */
function scoreFunctionSettings(): Setting[] {
  const gate = "score-function-minimum-variance";
  const [first, , last] = settings(layer(gate, { ...kl(1), gaterRate: 0.01 }));
  const [, , other] = settings(layer(gate, { ...kl(0.1), gaterRate: 0.1 }));
  return [first!, last!, { ...other!, label: `${other!.label}, gater a tenth of it, λ 0.1` }];
}

const kl = (weight: number): Pick<GatedConfig, "sparsity"> => ({ sparsity: { name: "kl", target: TARGET, weight } });

/** Gates that rectify: an L1 penalty that adapts, and 15 weights from N(0, 1) for each gate. */
const rectifying: Partial<GatedConfig> = {
  gater: { name: "dense", hidden: [400], activation: "tanh", sparse: 15 },
  sparsity: { name: "adaptive-l1", target: TARGET },
};

/** Their gates send numbers well above 1, and their gradients grow with them. */
const lower: Choices = { low: 0.1, high: 0.2 };

const paper = {
  "noisy-rectifier": {
    title: "noisy rectifier",
    published: { nll: 6.7e-4, valid: 1.52, test: 1.87 },
    settings: settings(layer({ name: "noisy-rectifier", sd: 1 }, rectifying), lower),
    work: 1,
  },
  "straight-through": {
    title: "straight-through",
    published: { nll: 3.3e-3, valid: 1.42, test: 1.39 },
    settings: settings(layer("straight-through", kl(1e-3))),
    work: 1,
  },
  "smooth-times-stochastic": {
    title: "smooth times stochastic",
    published: { nll: 4.4e-3, valid: 1.86, test: 1.96 },
    settings: settings(
      layer("smooth-times-stochastic", {
        sparsity: [
          { name: "kl", target: TARGET, weight: 1e-3 },
          { name: "beta-noise", target: TARGET },
        ],
      }),
      { momentum: 0.5 },
    ),
    work: 1,
  },
  "stochastic-binary": {
    title: "stochastic binary neuron",
    published: { nll: 9.9e-3, valid: 1.78, test: 1.89 },
    settings: scoreFunctionSettings(),
    work: 1,
  },
  rectifier: {
    title: "baseline rectifier",
    published: { nll: 6.3e-5, valid: 1.66, test: 1.6 },
    settings: settings(layer("rectifier", rectifying), lower),
    work: 1,
  },
  "noisy-sigmoid": {
    title: "baseline sigmoid + noise",
    published: { nll: 1.8e-3, valid: 1.88, test: 1.87 },
    settings: settings(layer({ name: "noisy-sigmoid", sd: 1 }, { blocks: 200 })),
    work: 0.3,
  },
  sigmoid: {
    title: "baseline sigmoid",
    published: { nll: 3.2e-3, valid: 1.97, test: 1.92 },
    settings: settings(layer("sigmoid", { blocks: 200 })),
    work: 0.3,
  },
} as const satisfies Record<string, Row>;

/** Dense layers and gates trained by Adam, whose steps cost more than they learn in batches of 32; a fifth of the input is dropped. */
const adam = (rate: number): Recipe["training"] => ({
  batch: 100,
  optimizer: { name: "adam", rate },
  schedule: { name: "cosine" },
  inputDropout: 0.2,
});

/** Rectifiers of which a share is dropped in training: multiplied with 0, or with 1/(1 − share). */
const dropout = (units: number, share: number): HiddenConfig => ({
  units,
  estimator: {
    name: "noisy-rectifier",
    noise: "bernoulli",
    injection: "multiplicative",
    sd: Math.sqrt(share / (1 - share)),
  },
});

const adams = (recipe: Omit<Recipe, "training">): Setting[] =>
  [5e-4, 1e-3, 2e-3].map((rate) => ({ label: `Adam, rate ${rate} → 0`, recipe: { ...recipe, training: adam(rate) } }));

/** Straight-through gates over 1,000 rectifiers, a smaller gater beside them, both reading a trunk of which a third is dropped. */
const behindTrunk = (): Setting[] =>
  adams({
    trunk: [dropout(800, 1 / 3)],
    gated: layer("straight-through", {
      ...kl(1e-3),
      blocks: 1000,
      activation: "rectifier",
      gater: { name: "dense", hidden: [100], activation: "tanh", gain: 1 },
    }),
  });

/** Beyond the paper: the same 10 % of open gates behind a dense trunk, and a dense network of as many multiply-adds. */
const beyond = {
  "trunk-straight-through": {
    title: "trunk 800, dropout ⅓, straight-through",
    settings: behindTrunk(),
    work: 0.6,
  },
  "trunk-dense": {
    title: "trunk 800, dropout ⅓, 322 rectifiers",
    settings: adams({ trunk: [dropout(800, 1 / 3), { units: 322, estimator: "rectifier" }] }),
    work: 0.3,
  },
} as const satisfies Record<string, Row>;

const rows = { ...paper, ...beyond };

export type RowName = keyof typeof rows;

/** The paper's seven, in its order. */
export const paperRows = Object.keys(paper) as readonly RowName[];

/** Those beyond the paper. */
export const beatRows = Object.keys(beyond) as readonly RowName[];

export const rowNamed = (name: RowName): Row => rows[name];
