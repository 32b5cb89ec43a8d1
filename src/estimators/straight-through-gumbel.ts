import { copyGradient, div, sigmoid } from "../graph/index.ts";
import { temperatureOption } from "./concrete.ts";
import { configurable } from "./options/configurable.ts";
import { drawBits, noisyLogit } from "./relaxation.ts";
import { bernoulli } from "./units/bernoulli.ts";

/** ĝ = ∂L/∂h · z(1 − z)/τ: outputs the bit, backpropagates through the Concrete value z of the same draw. */
export const straightThroughGumbel = configurable({
  card: {
    name: "straight-through-gumbel",
    title: "straight-through Gumbel-softmax",
    family: "straight-through",
    summary: "Outputs the bit and backpropagates as if it had been the Concrete value of the same noise.",
    formula: String.raw`\frac{\partial L}{\partial h}\,\frac{z(1-z)}{\tau},\quad z=\sigma\!\left(\frac{a+\ell}{\tau}\right),\ h=\mathbb 1[z>\tfrac12]`,
    source:
      "Jang, Gu and Poole 2017, Categorical reparameterization with Gumbel-softmax, https://arxiv.org/abs/1611.01144",
    unbiased: false,
    passes: 1,
    backward: 1,
    readsPath: true,
    readsLoss: false,
    readsClosedGates: true,
    bias: "Of first order: not zero even where the loss is linear, since E[z(1 − z)/τ] isn't σ(a)(1 − σ(a)); reads the loss off {0, 1}.",
    use: "Where outputs must be bits, and a temperature is wanted that gives undecided units more weight.",
    avoid: "As a first choice: gumbel-rao has the same mean and less variance, reinmax less bias.",
  },
  options: { temperature: temperatureOption(1) },
  make: ({ temperature }) => ({
    unit: bernoulli,
    estimate(a, key, downstream, state) {
      const { u, b } = drawBits(a, key);
      return { loss: downstream(copyGradient(b, sigmoid(div(noisyLogit(a, u), temperature)))), state };
    },
  }),
});
