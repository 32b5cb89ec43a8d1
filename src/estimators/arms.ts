import { leaveOneOut } from "../baselines/leave-one-out.ts";
import { abs, attachGradient, less, mul, sigmoid, sub, where } from "../graph/index.ts";
import { configurable } from "./options/configurable.ts";
import { number } from "./options/option.ts";
import { liveOption, send } from "./samples.ts";
import { bernoulli } from "./units/bernoulli.ts";
import { dirichletCopula, dirichletCorrection } from "./units/dirichlet-copula.ts";

/**
 * ĝ = Σ_k (L_k − L̄)(b_k − p)/(K − 1) · p(1 − p)/(p − P(1,1)): leave-one-out with K samples that repel each other. The rarer value
 * of a unit is what a copula variable below min(p, 1 − p) stands for: those repel most near 0.
 */
export const arms = configurable({
  card: {
    name: "arms",
    title: "ARMS",
    family: "antithetic",
    summary:
      "Leave-one-out with K mutually antithetic samples from a Dirichlet copula, and the factor that makes it unbiased again.",
    formula: String.raw`\frac{p(1-p)}{p-P(b_1{=}b_2{=}1)}\cdot\frac{1}{K-1}\sum_{k=1}^K (L_k-\bar L)(b_k-p)`,
    source:
      "Dimitriev and Zhou 2021, ARMS: antithetic-REINFORCE-multi-sample gradient for binary variables, https://arxiv.org/abs/2105.14141; the authors' code adds 1e-6 to the denominator, which is not done here",
    unbiased: true,
    passes: "K",
    backward: 1,
    readsPath: false,
    readsLoss: true,
    bias: "None.",
    use: "Where several passes are affordable and the loss has no useful derivative.",
    avoid: "With very many samples, whose antithesis fades: it becomes leave-one-out. With K = 2 it is disarm.",
  },
  options: {
    samples: number(4, { whole: true, atLeast: 2 }, "samples of each example, K"),
    live: liveOption,
  },
  make: ({ samples: K, live }) => ({
    unit: bernoulli,
    estimate(a, key, downstream, state) {
      const p = sigmoid(a);
      const u = key.uniform(a.shape, { dtype: a.dtype });
      const rarelyOn = less(a, 0);
      const [, ...others] = dirichletCopula(where(rarelyOn, u, sub(1, u)), key, K);
      const samples = [less(u, p), ...others.map((v) => less(where(rarelyOn, v, sub(1, v)), p))];
      const { loss, losses } = send(downstream, samples, live);
      const g = mul(leaveOneOut(losses, samples, p), dirichletCorrection(abs(a), K));
      return { loss: attachGradient(loss, a, g), state };
    },
  }),
});
