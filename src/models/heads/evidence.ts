import { UserError } from "../../errors.ts";
import type { Head } from "../head.ts";

/**
 * The evidence lower bound: the loss is the sum of the stages' own, which for stages of latents is −ELBO, in
 * nats. Its metric is the ELBO for one sample of the latents, which selects the epoch. Throws UserError where
 * no stage has a loss of its own.
 */
export const evidence = (): Head<"elbo"> => ({
  kind: "evidence",
  config: { kind: "evidence" },
  input: undefined,
  fields: {},
  activation: "none",
  reads: "the latents",
  formula: { loss: "−ELBO for one sample" },
  metrics: [{ name: "elbo", title: "ELBO", unit: "nats", better: "higher", isLoss: true, scale: -1 }],
  select: { metric: "elbo", readout: "stochastic" },
  readouts: ["stochastic"],
  score({ losses }) {
    if (!losses) throw new UserError("evidence: needs stages with a loss of their own, such as latent(…)");
    return { elbo: losses };
  },
  predict: (latents) => ({ latents }),
});
