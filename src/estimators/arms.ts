import { attachGradient, mul, sigmoid } from "../graph/index.ts";
import { leaveOneOut } from "./baselines/leave-one-out.ts";
import { dirichlet } from "./copulas/dirichlet.ts";
import { gaussian } from "./copulas/gaussian.ts";
import { configurable } from "./options/configurable.ts";
import { choice, MOST_SAMPLES, number } from "./options/option.ts";
import { liveOption, send } from "./samples.ts";
import { bernoulli } from "./units/bernoulli.ts";

const copulas = { dirichlet, gaussian };

/** ĝ = Σ_k (L_k − L̄)(b_k − p)/(K − 1) · p(1 − p)/(p − P(1,1)): leave-one-out with K samples that repel each other. */
export const arms = configurable({
  card: {
    name: "arms",
    title: "ARMS",
    family: "antithetic",
    summary:
      "Leave-one-out with K mutually antithetic samples from a copula, and the factor that makes it unbiased again.",
    formula: String.raw`\frac{p(1-p)}{p-P(b_1{=}b_2{=}1)}\cdot\frac{1}{K-1}\sum_{k=1}^K (L_k-\bar L)(b_k-p)`,
    source:
      "Dimitriev and Zhou 2021, ARMS: antithetic-REINFORCE-multi-sample gradient for binary variables, https://arxiv.org/abs/2105.14141; the authors' code adds 1e-6 to the denominator and, with the Gaussian copula, 1e-3 to the variances, which is not done here",
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
    samples: number(4, { whole: true, atLeast: 2, atMost: MOST_SAMPLES }, "samples of each example, K"),
    live: liveOption,
    copula: choice(["dirichlet", "gaussian"], "dirichlet", "what makes the samples repel each other"),
  },
  make: ({ samples: K, live, copula }) => ({
    unit: bernoulli,
    estimate(a, key, downstream, state) {
      const { samples: draw, correction } = copulas[copula];
      const samples = draw(a, key, K);
      const { loss, losses } = send(downstream, samples, live);
      const g = mul(leaveOneOut(losses, samples, sigmoid(a)), correction(a, K));
      return { loss: attachGradient(loss, a, g), state };
    },
  }),
});
