import { UserError } from "../../errors.ts";
import { add, bernoulliNll, exp, neg, reshape, type Shape, sigmoid, slice, stack, sum, type Tensor } from "../../graph/index.ts"; // biome-ignore format: one line
import { checkNumber, show } from "../../rules.ts";
import { type Batch, checkHeadOptions, type Head, type HeadCard } from "../head.ts";
import { drawValues, logDensity, mixtureOf, numbersOf } from "./mixture-density.ts";
import { checkSteps, counted, countOfSteps, lengthsNeed, lengthsOf, perStep, stepLoss, stepScore } from "./steps.ts";

/** Options of the head `mixture`. */
export interface MixtureOptions {
  /** M: normal distributions in the mixture (default: 20). */
  readonly components?: number | undefined;
  /**
   * Whether a step is an offset of a pen: dx, dy, and 1 where the pen is lifted after it. Its mixture is over dx and dy together, with correlations
   * (default: true). Without a pen a step is `values` numbers.
   */
  readonly pen?: boolean | undefined;
  /** D: numbers of a step without a pen (default: 1). */
  readonly values?: number | undefined;
  /** The field that holds the targets (default: "y"). */
  readonly field?: string | undefined;
  /** The field that holds the sequences' lengths: steps at and beyond it don't count (default: all steps count). */
  readonly lengths?: string | undefined;
}

/** The options with their defaults. Throws UserError as `mixture` does. */
function checkedOptions(steps: number, options: MixtureOptions) {
  checkHeadOptions("mixture", options, keys);
  const { components = 20, pen = true, field = "y", lengths } = options;
  checkSteps("mixture", steps);
  checkNumber("mixture: components", components, { whole: true, atLeast: 1 });
  if (typeof pen !== "boolean") throw new UserError(`mixture: pen must be true or false, received ${show(pen)}`);
  if (pen && options.values !== undefined)
    throw new UserError(
      `mixture: values must be omitted beside a pen, received ${show(options.values)}: give pen: false`,
    );
  const values = pen ? 2 : (options.values ?? 1);
  checkNumber("mixture: values", values, { whole: true, atLeast: 1 });
  return { components, pen, values, field, lengths };
}

const keys = ["components", "pen", "values", "field", "lengths"] as const;

/** What pages say about it. */
export const card: HeadCard = {
  title: "a mixture of normal distributions at each step",
  summary:
    "Predicts the distribution of each step's values, such as the next offset of a pen. `generate` draws from it.",
  formula:
    "L = -\\tfrac1T\\sum_t \\log \\sum_m w_{t,m}\\, \\mathcal N(y_t \\mid \\mu_{t,m}, \\sigma_{t,m}, \\rho_{t,m})",
  reads: "[B, T, 6M + 1]",
  predicts: {
    weights: "[B, T, M]",
    means: "[B, T, M, 2]",
    deviations: "[B, T, M, 2]",
    correlation: "[B, T, M]",
    pen: "[B, T]",
  },
  source: "Graves 2013, Generating sequences with recurrent neural networks, https://arxiv.org/abs/1308.0850",
};

/**
 * A mixture of M normal distributions for the target of each of T steps. With a pen the target is (dx, dy, pen) [B, T, 3], the input [B, T, 6M + 1]:
 *
 *     −log p = −log Σₘ wₘ N(dx, dy | μₘ, σₘ, ρₘ) − log Bernoulli(pen | e)
 *
 * from M weights (softmax), 2M means, 2M log deviations, M correlations (tanh) and the log-odds e, in this order; all dx come before all dy.
 * Without a pen the target is [B, T, D], the input [B, T, M (1 + 2D)], and a component's D values are independent.
 *
 * The loss is the mean over a batch's steps, as in `stepClasses`. Metrics: `nll` in nats a step, which selects the epoch and is a mean over all
 * steps of all sequences; `sequenceNll` in nats a sequence.
 *
 * Graves, "Generating sequences with recurrent neural networks" (2013), section 4.1, equations 15 to 26. There deviations are exp(ŝ) and
 * correlations tanh(ρ̂); here both have bounds (`mixtureOf`), since quantised offsets would have densities without one.
 * Throws UserError for sizes that are none, and for `values` beside a pen.
 */
export function mixture(steps: number, options: MixtureOptions = {}): Head<"nll" | "sequenceNll"> {
  const { components, pen, values, field, lengths } = checkedOptions(steps, options);
  const form = { components, values, pen };
  const target: Shape = [steps, pen ? 3 : values];
  /** [R, T] */
  const nll = (output: Tensor, batch: Batch<Tensor>): Tensor => {
    const density = mixtureOf(output, form);
    const y = reshape(batch[field]!, [output.shape[0]!, ...target]);
    const of = (d: number): Tensor =>
      reshape(slice(y, [undefined, undefined, d], [undefined, undefined, d + 1]), y.shape.slice(0, 2));
    const moved = neg(
      logDensity(
        density,
        Array.from({ length: values }, (_, d) => of(d)),
      ),
    );
    return density.pen ? add(moved, bernoulliNll(density.pen, of(2))) : moved;
  };
  const lengthsIn = (batch: Batch<Tensor>) => lengthsOf(batch, lengths);
  return {
    kind: "mixture",
    config: {
      ...{ kind: "mixture", steps, components, pen, ...(!pen && { values }) },
      ...{ ...(field !== "y" && { field }), ...(lengths !== undefined && { lengths }) },
    },
    input: [steps, numbersOf(form)],
    fields: { [field]: { shape: target, dtype: "float32" }, ...lengthsNeed(lengths, steps) },
    activation: "linear",
    reads: "the parameters of the mixtures",
    formula: {
      loss: pen ? "−Σ [log Σₘ wₘ N(t | μₘ, σₘ, ρₘ) + log Bernoulli(t | e)] / T" : "−Σ log Σₘ wₘ N(t | μₘ, σₘ) / T",
      target: pen ? "each step's dx, dy and pen bit" : "each step's values",
      values: `${pen ? "w, μ, σ, ρ and e" : "w, μ and σ"} at each of T steps`,
      slope: "−Σₘ γₘ ∂log(wₘ Nₘ)/∂a / T, γₘ = wₘ Nₘ / Σ w N",
    },
    metrics: [
      {
        ...{ name: "nll", title: "NLL", unit: "nats/step", better: "lower", ...perStep(lengths) },
        ...(lengths === undefined && { isLoss: true }),
      },
      { name: "sequenceNll", title: "NLL of a sequence", unit: "nats", better: "lower" },
    ],
    select: { metric: "nll", readout: "deterministic" },
    ...countOfSteps(lengths),
    loss: (output, batch) => stepLoss(nll(output, batch), lengthsIn(batch)),
    score({ output, batch }) {
      const each = nll(output, batch);
      return {
        nll: stepScore(each, lengthsIn(batch)),
        sequenceNll: sum(counted(each, lengthsIn(batch)), 1),
      };
    },
    predict(output) {
      const { logWeights, means, logDeviations, correlation, pen: logit } = mixtureOf(output, form);
      return {
        ...{ weights: exp(logWeights), means: stack(means, -1), deviations: stack(logDeviations.map(exp), -1) },
        ...(correlation && { correlation }),
        ...(logit && { pen: sigmoid(logit) }),
      };
    },
    draws: {
      what: pen ? "strokes" : "values",
      sharpness: { name: "bias", usual: 0, rule: { atLeast: 0 } },
      row: pen ? 3 : values,
      draw(output, key, bias) {
        const density = mixtureOf(output, form, bias);
        const rows = drawValues(density, key);
        if (density.pen) rows.push(key.fold(3).bernoulli(sigmoid(density.pen)));
        return stack(rows, 1);
      },
    },
  };
}
