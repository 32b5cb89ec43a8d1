import {
  attachGradient,
  div,
  maximum,
  mean,
  NdArray,
  outer,
  sigmoid,
  sqrt,
  stopGradient,
  sub,
  type Tensor,
  variance,
} from "../graph/index.ts";
import { init, type Learned, predict, step } from "./baselines/learned.ts";
import { moved } from "./baselines/moving-average.ts";
import { configurable } from "./options/configurable.ts";
import { choice, MOST_HIDDEN, number } from "./options/option.ts";
import { bernoulli } from "./units/bernoulli.ts";

/** The moving mean and variance of L − C(a), [], and the net C. */
type State = { readonly mean: Tensor; readonly variance: Tensor } & Learned;

/**
 * ĝ = (L − C(a) − c)/max(1, s) · (h − σ(a)): C a small net trained to predict the loss, c and s² moving averages of the mean and
 * variance of what it leaves. The paper's C reads the network's input; here it reads the pre-activations, which is all that a
 * layer shows of its input. The paper updates c and s before it uses them, which makes them depend on the step's own noise; here
 * a step reads those of earlier steps.
 */
export const nvil = configurable({
  card: {
    name: "nvil",
    title: "NVIL",
    family: "score function",
    summary:
      "The score function, centred by a learned baseline that reads the pre-activations, and scaled by the signal's spread.",
    formula: String.raw`\frac{L-C_\psi(a)-c}{\max(1,s)}\,(h-\sigma(a))`,
    source:
      "Mnih and Gregor 2014, Neural variational inference and learning in belief networks, https://arxiv.org/abs/1402.0030",
    unbiased: "up to scale",
    passes: 1,
    backward: 1,
    readsPath: false,
    readsLoss: true,
    bias: "None but the scale 1/max(1, s), which is the same for all examples and units of a step; none at all with normalize off.",
    use: "Where one pass is all there is, and examples differ in how large their loss is.",
    avoid:
      "Where several passes are affordable: samples of the same example centre better than a net that has to learn it.",
  },
  options: {
    hidden: number(
      100,
      { whole: true, atLeast: 1, atMost: MOST_HIDDEN },
      "hidden units of the net that predicts the loss",
    ),
    rate: number(0.01, { above: 0 }, "learning rate of that net"),
    decay: number(0.8, { atLeast: 0, below: 1 }, "share of the old moving averages that a step keeps"),
    normalize: choice(
      ["on", "off"],
      "on",
      "whether the signal is divided by its standard deviation where that is above 1",
    ),
  },
  make: ({ hidden, rate, decay, normalize }) => ({
    unit: bernoulli,
    init: (units, key) => ({
      mean: NdArray.zeros([]),
      variance: NdArray.zeros([]),
      ...init(
        units.reduce((n, length) => n * length, 1),
        hidden,
        key,
      ),
    }),
    estimate(a, key, downstream, state) {
      const { mean: center, variance: spread, ...net } = state as State;
      const p = sigmoid(a);
      const h = key.bernoulli(p);
      const loss = downstream(h);
      const prediction = predict(net as Learned, stopGradient(a));
      const left = stopGradient(sub(loss, prediction));
      const centred = sub(left, center);
      const signal = normalize === "on" ? div(centred, maximum(1, sqrt(spread))) : centred;
      return {
        loss: attachGradient(loss, a, outer(signal, sub(h, p))),
        state: {
          mean: moved(center, mean(left), decay),
          variance: moved(spread, variance(left), decay),
          ...step(net as Learned, prediction, signal, rate),
        },
      };
    },
  }),
});
