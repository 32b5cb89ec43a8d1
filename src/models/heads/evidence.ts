import { UserError } from "../../errors.ts";
import type { Head, HeadCard } from "../head.ts";

/** What pages say about it. */
export const card: HeadCard = {
  title: "evidence lower bound",
  summary:
    "Has no loss of its own: the loss is the sum of the stages' own, as of latent variables. Autoencoders use it.",
  formula: "L = -\\mathrm{ELBO} = \\log q(h\\mid x) - \\log p(x\\mid h) - \\log p(h)",
  reads: "[B, H]",
  predicts: { latents: "[B, H]" },
  source: "Kingma and Welling 2014, Auto-encoding variational Bayes, https://arxiv.org/abs/1312.6114",
};

/**
 * The evidence lower bound: the loss is the sum of the stages' own, which for stages of latents is −ELBO, in
 * nats. Its metric is the ELBO for one sample of the latents, which selects the epoch. Throws UserError where
 * no stage has a loss of its own. Kingma and Welling 2014, Auto-encoding variational Bayes, https://arxiv.org/abs/1312.6114.
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
