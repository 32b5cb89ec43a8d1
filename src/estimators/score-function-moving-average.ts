import { attachGradient, outer, sigmoid, stopGradient, sub } from "../graph/index.ts";
import { init, type MovingAverage, update } from "./baselines/moving-average.ts";
import { configurable } from "./options/configurable.ts";
import { number } from "./options/option.ts";
import { bernoulli } from "./units/bernoulli.ts";

/** ĝ = (h − σ(a))(L − c), c a moving average of the loss over the earlier steps, one number for the whole layer. */
export const scoreFunctionMovingAverage = configurable({
  card: {
    name: "score-function-moving-average",
    title: "score function, moving-average baseline",
    family: "score function",
    summary: "The score function, centred by a moving average of the loss.",
    formula: String.raw`(h-\sigma(a))(L-c),\quad c\leftarrow\gamma c+(1-\gamma)\bar L`,
    source:
      "Williams 1992, Simple statistical gradient-following algorithms for connectionist reinforcement learning, https://doi.org/10.1007/BF00992696, where it is called reinforcement comparison",
    unbiased: true,
    passes: 1,
    backward: 1,
    readsPath: false,
    readsLoss: true,
    bias: "None: the average that a step reads is that of earlier steps.",
    use: "Where one pass is all there is, and the losses of all examples are about equally large.",
    avoid:
      "Where easy and hard examples differ in loss by more than the samples of one example do: one constant can't centre both.",
  },
  options: {
    decay: number(0.9, { atLeast: 0, below: 1 }, "share of the old moving average that a step keeps"),
  },
  make: ({ decay }) => ({
    unit: bernoulli,
    init,
    estimate(a, key, downstream, state) {
      const average = state as MovingAverage;
      const p = sigmoid(a);
      const h = key.bernoulli(p);
      const loss = downstream(h);
      const g = outer(sub(loss, average.mean), sub(h, p));
      return { loss: attachGradient(loss, a, g), state: update(average, stopGradient(loss), decay) };
    },
  }),
});
