/** Codings: how the numbers of an example become a sequence of spikes. */
import {
  add,
  arange,
  broadcastTo,
  cast,
  clip,
  div,
  equal,
  expandDims,
  floor,
  greater,
  log,
  maximum,
  mul,
  reshape,
  type Shape,
  stopGradient,
  sub,
  type Tensor,
} from "../graph/index.ts";
import { choice, configurable, family, make, namesOf, number, type SpecOf } from "../options/index.ts";
import type { Key } from "../random/key.ts";

/** One way to code a number as a sequence. */
export interface Coding {
  /** Whether it draws: a new sequence in each training step. */
  readonly random: boolean;
  /** Whether it gives spikes, 0 almost everywhere. */
  readonly spikes: boolean;
  /**
   * @param x     [B, …]
   * @param steps T
   * @param key   absent: what is drawn has its mean
   * @returns     [B, T, …]
   */
  code(x: Tensor, steps: number, key: Key | undefined): Tensor;
}

/** The same number at each step: the first layer's neurons make the spikes. */
const direct = configurable("coding direct", {}, (): Coding => ({ random: false, spikes: false, code: repeated }));

/** A spike at each step with probability x, which counts as 0 below 0 and as 1 above 1. Without noise the probability itself. */
const rate = configurable(
  "coding rate",
  {},
  (): Coding => ({
    random: true,
    spikes: true,
    code(x, steps, key) {
      const p = repeated(clip(stopGradient(x), 0, 1), steps);
      return key ? bernoulli(p, key) : p;
    },
  }),
);

const TINY = 1e-30;
const least = number({ above: 0, below: 1 }, "θ: what is not above it never spikes", { default: 0.2 });

/**
 * One spike for each number above θ, the earlier the larger the number is. charge: at t = τ ln(x / (x − θ)), when a leaky membrane with time constant τ
 * and the constant input x reaches θ (Zenke 2019, SpyTorch, https://github.com/fzenke/spytorch; snnTorch's spikegen). linear: at t = (T − 1)(1 − x), from the
 * first step for 1 to the last for 0. The spike is at the step nearest to t; there is none where t is beyond the last step.
 */
const latency = configurable(
  "coding latency",
  {
    timing: choice(["charge", "linear"], "how a number becomes a time", { default: "charge" }),
    threshold: least,
    tau: number({ above: 0 }, "τ of charge, in steps", { usual: "a fifth of the steps" }),
  },
  ({ timing, threshold, tau }): Coding => ({
    random: false,
    spikes: true,
    code(given, steps) {
      const x = stopGradient(given);
      const isAbove = greater(x, threshold);
      // What does not spike has a time too, which must be a number.
      const charge = (): Tensor =>
        mul(log(div(maximum(x, threshold), maximum(sub(x, threshold), TINY))), tau ?? steps / 5);
      const time = timing === "charge" ? charge() : mul(sub(1, clip(x, 0, 1)), steps - 1);
      const at = floor(add(time, 0.5));
      const step = reshape(cast(arange(steps), x.dtype), [1, steps, ...x.shape.slice(1).map(() => 1)]);
      return mul(equal(expandDims(at, 1), step), expandDims(isAbove, 1));
    },
  }),
);

/** [B, …] → [B, T, …] */
const repeated = (x: Tensor, steps: number): Tensor =>
  broadcastTo(expandDims(x, 1), [x.shape[0]!, steps, ...x.shape.slice(1)]);

/** Drawn as rows of one number for each of an example's, as keys expect it. */
function bernoulli(p: Tensor, key: Key): Tensor {
  const rows: Shape = [p.shape[0]!, p.size / p.shape[0]!];
  return reshape(key.bernoulli(reshape(p, rows)), p.shape);
}

/** Every coding by the name that a config uses. Adding one means adding a line here. */
export const codings = { direct, rate, latency };

/** The codings as a config names them. */
export const codingFamily = family("coding", codings, {
  bare: true,
  aliases: {
    constant: "direct",
    poisson: "rate",
    bernoulli: "rate",
    "time-to-first-spike": "latency",
    ttfs: "latency",
  },
});
export type CodingConfig = SpecOf<typeof codingFamily>;
export const codingNames = namesOf(codingFamily);

/** The coding of a config. Throws UserError, naming `subject`, for a name or an option that doesn't exist, and for a value out of its range. */
export const codingFor = (config: CodingConfig, subject = "coding"): Coding => make(subject, codingFamily, config);
