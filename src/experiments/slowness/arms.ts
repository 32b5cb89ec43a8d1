import { type Estimator, type EstimatorConfig, estimatorFor } from "../../estimators/index.ts";
import { add, mul, sub } from "../../graph/index.ts";
import { mlp } from "../../models/mlp.ts";
import type { Model } from "../../models/model.ts";
import { averaged, expected } from "./averages.ts";

/** One way to train the same network: what its units output, and what is done to their gradient. */
export interface Arm {
  /** Unique, for tables and legends. */
  readonly name: string;
  /** One sentence for who reads the tables. */
  readonly what: string;
  readonly estimator: EstimatorConfig | Estimator;
  /** Whether the gradient noise of binary units is added to the gradient. */
  readonly noise?: true;
}

const BINARY = "straight-through-slope";

/** Every arm by a short name. */
export const arms = {
  sigmoid: { name: "sigmoid", what: "no decision, no noise: sends p", estimator: "sigmoid" },
  sigmoidNoise: {
    name: "sigmoid + noise",
    what: "sends p; its gradient gets the binary units' gradient noise added",
    estimator: "sigmoid",
    noise: true,
  },
  threshold: {
    name: "threshold",
    what: "sends 1 where p > ½, without noise; backward as if p",
    estimator: "threshold",
  },
  exact: {
    name: "binary, exact gradient",
    what: "sends 0 or 1 at random; the gradient of the expected loss by enumeration",
    estimator: "exact",
  },
  exactNoise: {
    name: "binary, exact + noise",
    what: "the same, with the binary units' gradient noise added",
    estimator: "exact",
    noise: true,
  },
  expected: {
    name: "binary, K = ∞",
    what: "straight-through × σ′ averaged over every pattern: its bias without its noise",
    estimator: expected,
  },
  k16: { name: "binary, K = 16", what: "straight-through × σ′, the mean of 16 samples", estimator: averaged(16) },
  k4: { name: "binary, K = 4", what: "straight-through × σ′, the mean of 4 samples", estimator: averaged(4) },
  unbiased: {
    name: "binary, unbiased",
    what: "leave-one-out over 16 samples: no bias, and noise of its own kind",
    estimator: { name: "leave-one-out", samples: 16, live: "all" },
  },
  antithetic: {
    name: "binary, unbiased (ARMS)",
    what: "ARMS over 16 samples that avoid each other: no bias, less noise than leave-one-out",
    estimator: { name: "arms", samples: 16, live: "all" },
  },
  k1: {
    name: "binary, K = 1",
    what: "straight-through × σ′ with one sample: the lecture's binary stochastic unit",
    estimator: BINARY,
  },
} as const satisfies Record<string, Arm>;

export type ArmName = keyof typeof arms;

/** Two independent estimates g₁, g₂ with covariance Σ each: (g₁ − g₂)/√2 has the mean 0 and the covariance Σ. */
const NOISE = [0x6e31, 0x6e32] as const;

/**
 * The network of an arm. Where noise is added, (L₁ − L₂)/√2 is added to the loss, L₁ and L₂ the losses of the binary network with the
 * same parameters and independent samples: given parameters and batch, its gradient has the mean 0 and exactly the covariance of the
 * binary network's gradient, between all parameters. The loss's value is then noisy too, and means nothing by itself.
 */
export function armModel(
  arm: Arm,
  { input, hidden, classes }: { input: readonly number[]; hidden: readonly number[]; classes: number },
): Model {
  const of = (estimator: EstimatorConfig | Estimator): Model =>
    mlp({ input, hidden: hidden.map((units) => ({ units, estimator })), classes });
  const model = of(estimatorFor(arm.estimator));
  if (!arm.noise) return model;
  const binary = of(BINARY);
  return {
    ...model,
    train(params, batch, key, states) {
      const pass = model.train(params, batch, key, states);
      const [one, two] = NOISE.map(
        (name) =>
          binary.train(
            params,
            batch,
            key.fold(name),
            hidden.map(() => ({})),
          ).loss,
      );
      return { ...pass, loss: add(pass.loss, mul(sub(one!, two!), Math.SQRT1_2)) };
    },
  };
}
