import {
  add,
  array,
  attachGradient,
  broadcastTo,
  concat,
  div,
  evaluate,
  expandDims,
  matmul,
  maximum,
  mean,
  mul,
  NdArray,
  outer,
  reshape,
  sigmoid,
  slice,
  stopGradient,
  sub,
  sum,
  type Tensor,
} from "../graph/index.ts";
import type { Key } from "../random/index.ts";
import { leaveOneOut } from "./baselines/leave-one-out.ts";
import type { EstimatorState } from "./estimator.ts";
import { configurable } from "./options/configurable.ts";
import { MOST_HIDDEN, MOST_SAMPLES, number } from "./options/option.ts";
import { liveOption } from "./samples.ts";
import { sendWithGradients } from "./samples-with-gradients.ts";
import { average } from "./total.ts";
import { bernoulli, independent } from "./units/bernoulli.ts";
import { descendVariance, learnedState, netRates, rateOption } from "./variance-descent.ts";

/**
 * Leave-one-out with control variates of mean 0 by Stein's method. The Gibbs operator of a function h of the bits is
 * (Ah)(b) = (1/H) Σ_i q_i (h(b with bit i flipped) − h(b)), q_i the probability of the flipped bit: E[(Ah)(b)] = 0 for every h. Here h is
 * made of *other* samples j: the mean over j of a small net of L_j and of g_jᵀ(b − b_j), which is a linear model of the loss at b, so that
 * flipping a bit costs no pass. Its first output levels the other samples' losses, its second, times b − p, is added to the estimate.
 */
export const rodeo = configurable({
  card: {
    name: "rodeo",
    title: "RODEO",
    family: "control variate",
    summary:
      "Leave-one-out with two learned control variates that a discrete Stein operator makes of the other samples.",
    formula: String.raw`\frac1K\sum_k\Big[\Big(L_k-\tfrac{1}{K-1}\sum_{j\ne k}\big(L_j+\alpha(Ah_j)(b_j)\big)\Big)(b_k-p)+\beta\,(A\tilde h_k)(b_k)\Big]`,
    source:
      "Shi, Zhou, Hwang, Titsias and Mackey 2022, Gradient estimation with discrete Stein operators, https://arxiv.org/abs/2202.09497",
    unbiased: true,
    passes: "K",
    backward: "K",
    readsPath: true,
    readsLoss: true,
    bias: "None.",
    use: "Where several passes and their derivatives are affordable, and training is long enough for the net to learn.",
    avoid:
      "In short training (α and β start at 0: it is leave-one-out at first), or with wide layers: the net reads K(K − 1)(H + 1) pairs of numbers an example, which is most of a step's work.",
  },
  options: {
    samples: number(2, { whole: true, atLeast: 2, atMost: MOST_SAMPLES }, "samples of each example, K"),
    live: liveOption,
    alpha: number(0, {}, "α at the start: weight of what levels the losses"),
    beta: number(0, {}, "β at the start: weight of what is added to the estimate"),
    hidden: number(100, { whole: true, atLeast: 1, atMost: MOST_HIDDEN }, "hidden units of the net"),
    rate: rateOption("α and β"),
    netRate: rateOption("the net"),
  },
  make: ({ samples: K, live, alpha, beta, hidden, rate, netRate }) => ({
    unit: bernoulli,
    init: (_units, key) => learnedState({ alpha: array(alpha), beta: array(beta), ...initNet(hidden, key) }),
    estimate(a, key, downstream, state) {
      const p = stopGradient(sigmoid(a));
      const samples = independent(p, key, K);
      const { loss, losses, gradients } = sendWithGradients(downstream, samples, live);
      const stein = samples.map((b, k) => {
        const outputs = samples.flatMap((other, j) =>
          j === k ? [] : [surrogate(state, losses[j]!, gradients[j]!, b, other)],
        );
        return operator(average(outputs.map(([scalar]) => scalar)), average(outputs.map(([, vector]) => vector)), b, p);
      });
      const levelled = losses.map((f, k) => add(f, mul(stein[k]!.scalar, state.alpha!)));
      // The sample's own loss stays as it is: what levels it is taken out again.
      const own = average(samples.map((b, k) => outer(mul(stein[k]!.scalar, state.alpha!), sub(b, p))));
      const added = mul(average(stein.map(({ vector }) => vector)), state.beta!);
      const g = add(sub(leaveOneOut(levelled, samples, p), own), added);
      const rates = { alpha: rate, beta: rate, ...netRates(netRate) };
      return { loss: attachGradient(loss, a, g), state: descendVariance(state, g, rates) };
    },
  }),
});

/** A net of two numbers, one hidden layer of N units, two outputs: uniform weights, biases 0. float32 */
function initNet(hidden: number, key: Key): { readonly [name: string]: NdArray } {
  const uniform = (shape: [number, number], of: Key) =>
    mul(sub(of.uniform(shape), 0.5), 2 * Math.sqrt(6 / (shape[0] + shape[1])));
  const [inWeight, outWeight] = evaluate([uniform([2, hidden], key.fold(0)), uniform([hidden, 2], key.fold(1))]);
  return { inWeight: inWeight!, inBias: NdArray.zeros([hidden]), outWeight: outWeight!, outBias: NdArray.zeros([2]) };
}

/**
 * The net's two outputs at b with each bit flipped (columns 0 to H − 1) and at b itself (column H), from the loss f and gradient g of
 * another sample. f [B]; g, b, other [B, H] → two of [B, H + 1]
 */
function surrogate(net: EstimatorState, f: Tensor, g: Tensor, b: Tensor, other: Tensor): [Tensor, Tensor] {
  const here = sum(mul(g, sub(b, other)), 1, { keep: true });
  const linear = concat([add(here, mul(g, sub(1, mul(b, 2)))), here], 1);
  const [batch, columns] = linear.shape as [number, number];
  const numbers = [linear, broadcastTo(expandDims(f, 1), linear.shape)].map((x) => reshape(x, [batch * columns, 1]));
  const sums = add(matmul(concat(numbers, 1), net.inWeight!), net.inBias!);
  const outputs = add(matmul(maximum(sums, mul(sums, 0.3)), net.outWeight!), net.outBias!);
  const column = (i: number) => reshape(slice(outputs, [0, i], [batch * columns, i + 1]), [batch, columns]);
  return [column(0), column(1)];
}

/** (Ah)(b) for h the first output, and for the second times (b − p). [B, H + 1] each → [B] and [B, H] */
function operator(first: Tensor, second: Tensor, b: Tensor, p: Tensor): { scalar: Tensor; vector: Tensor } {
  const H = b.shape[1]!;
  const flipped = (x: Tensor) => slice(x, [0, 0], [b.shape[0]!, H]);
  const here = (x: Tensor) => slice(x, [0, H], [b.shape[0]!, H + 1]);
  const q = add(mul(p, sub(1, b)), mul(sub(1, p), b));
  const difference = (x: Tensor) => mean(mul(q, sub(flipped(x), here(x))), 1);
  // A flip of bit i changes b − p in place i alone, by 1 − 2b_i.
  const own = div(mul(mul(q, flipped(second)), sub(1, mul(b, 2))), H);
  return { scalar: difference(first), vector: add(outer(difference(second), sub(b, p)), own) };
}
