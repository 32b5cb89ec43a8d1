/** What the results say, in words: every sentence follows from the intervals by a rule. */
import type { Figure } from "../../statistics/figure.ts";
import type { ArmName } from "./arms.ts";
import type { Decomposition, Reason, Share } from "./decomposition.ts";
import type { ArmResult, Results } from "./results.ts";

const number = (x: number, digits: number): string =>
  Number.isFinite(x)
    ? x
        .toFixed(digits)
        .replace(/^-(?=0(\.0*)?$)/, "")
        .replace("-", "−")
    : x < 0
      ? "−∞"
      : "∞";

/** 0.123 [0.100, 0.150] */
export const interval = ({ value, low, high }: Figure, digits = 3): string =>
  `${number(value, digits)} [${number(low, digits)}, ${number(high, digits)}]`;

/** Shares as per cent: 62% [55, 70] */
export const percent = ({ value, low, high }: Figure): string =>
  `${number(100 * value, 0)}% [${number(100 * low, 0)}, ${number(100 * high, 0)}]`;

/** 1 and −1 where an interval lies on one side of 0, else 0. */
export const sign = ({ low, high }: Figure): -1 | 0 | 1 => (low > 0 ? 1 : high < 0 ? -1 : 0);

export const described: Readonly<Record<Reason, string>> = {
  quantisation: "having to output 0 or 1 in the place of a probability",
  bias: "the pretended derivative",
  noise: "noise in the gradient",
};

/** "Having to … explains 80% [70, 90], …": the largest first; what can't be distinguished from nothing is said to be so. */
function sharesInWords(shares: readonly Share[]): string {
  const ordered = [...shares].sort((a, b) => b.share.value - a.share.value);
  const said = ordered.map(({ reason, share }) => {
    const amount = percent(share);
    if (sign(share) > 0) return `${described[reason]} ${amount}`;
    if (sign(share) < 0) return `${described[reason]} ${amount}: it makes the gap smaller`;
    return `${described[reason]} ${amount}, which these seeds can't tell from nothing`;
  });
  return said.join("; ");
}

/** Which reason is the largest, if the intervals allow one. */
export function largest({ shares }: Decomposition): Reason | undefined {
  const [first, ...others] = [...shares].sort((a, b) => b.share.value - a.share.value);
  return others.every(({ share }) => share.high < first!.share.low) ? first!.reason : undefined;
}

const armOf = (arms: readonly ArmResult[], arm: ArmName): ArmResult | undefined => arms.find((a) => a.arm === arm);

/** The answer to the question, for a student: one paragraph. */
export function answer({ parts, shares, steps, plan }: Results): string {
  const { nll, readout, logSteps } = shares;
  const sizes = plan.parts.small.hidden.join("-");
  if (sign(nll.gap) <= 0)
    return `With ${plan.seeds} seeds and ${steps.small} steps the binary stochastic network of ${sizes} hidden units did not train more slowly than the sigmoid one by more than the seeds differ: a difference of ${interval(nll.gap)} nats. There is no gap to be explained: train for longer, or with more seeds.`;
  const times = {
    value: Math.exp(logSteps.gap.value),
    low: Math.exp(logSteps.gap.low),
    high: Math.exp(logSteps.gap.high),
  };
  const top = largest(nll);
  const topReadout = sign(readout.gap) > 0 ? largest(readout) : undefined;
  const parted = [
    `They train slowly ${top ? `mainly because of ${described[top]}` : "for reasons of which none is the largest beyond doubt"}.`,
    `After the same ${steps.small} steps, each network with the best of the same few learning rates, a network of ${sizes} sigmoid units had a training loss of ${interval(nll.from)} nats, and one of binary stochastic units ${interval(nll.to)}; to a level that both reach it needed ${interval(times, 1)} times as many steps.`,
    `Of that gap in the loss, ${sharesInWords(nll.shares)} (means over the orders in which the reasons can be taken; 95% intervals over ${plan.seeds} seeds with equal first weights and batches).`,
    "A unit that can only say yes or no tells the next layer less than one that can say how sure it is, and a loss that is measured while units toss coins pays for every unlucky toss.",
    sign(readout.gap) > 0
      ? `Read the same weights without the coins, sending the probability p as one would at test, and a gap of ${interval(readout.gap)} nats is left: of it ${sharesInWords(readout.shares)}${topReadout && topReadout !== top ? `, so that what is left is mainly ${described[topReadout]}` : ""}.`
      : `Read the same weights without the coins, sending the probability p as one would at test, and the difference is ${interval(readout.gap)} nats: none that these seeds can show.`,
    ...largeInWords(parts.large, plan.parts.large.hidden.join("-")),
  ];
  return parted.join(" ");
}

/** On a network too large to enumerate: what averaging more and more samples still removes. */
function largeInWords(arms: readonly ArmResult[], sizes: string): string[] {
  const [binary, noisy, still] = (["k1", "sigmoidNoise", "threshold"] as const).map((arm) => armOf(arms, arm));
  const most = (["k16", "k4"] as const).map((arm) => armOf(arms, arm)).find((arm) => arm !== undefined);
  if (!binary || !noisy || !still || !most) return [];
  const coins = still.against.nll.high < most.against.nll.low;
  return [
    `With ${sizes} units the binary network ends ${interval(binary.against.nll)} nats above the sigmoid one; averaging the gradient over many samples (${most.name.replace("binary, ", "")}) leaves ${interval(most.against.nll)} of it, adding the same noise to the sigmoid network costs ${interval(noisy.against.nll)}, and deciding without coins, by a threshold, ${interval(still.against.nll)}${coins ? ": there it is the coins that cost, more than that a unit outputs 0 or 1" : ""}.`,
  ];
}

/** How the lecture's claim fares: worse on the training set, better on the test set. */
export function claimInWords({ claim, plan, steps }: Results): string {
  const { trainNll: train, readoutTrainNll: still, readoutTestError: test, p } = claim;
  const rises = sign(train) > 0;
  const falls = sign(test) < 0;
  const verdict =
    rises && falls
      ? `The claim is seen: training is worse, the test error better.${sign(still) > 0 ? "" : " But training is only worse while the units toss coins: with p in their place it is not."}`
      : sign(test) > 0
        ? "The claim is not seen: the test error is higher, not lower."
        : falls
          ? "Half of it is seen: the test error is lower, but training is not shown to be worse."
          : "The claim is not seen: no difference in test error that these seeds could show.";
  const { hidden, limit } = plan.parts.regulariser;
  return `${verdict} With ${hidden.join("-")} units and ${limit.toLocaleString("en-US")} training examples, after ${steps.regulariser} steps, binary minus sigmoid: training NLL as the units output ${interval(train)} nats (p = ${number(p.trainNll, 4)}) and with p in place of decisions ${interval(still)} (p = ${number(p.readoutTrainNll, 4)}), test error with the deterministic readout ${interval(test, 2)} points (p = ${number(p.readoutTestError, 4)}), with the mean over ${plan.samples} samples ${interval(claim.testError, 2)} points (p = ${number(p.testError, 4)}). Two-sided paired t tests over ${plan.seeds} seeds; the rate of each arm had the lowest validation error of ${plan.parts.regulariser.rates.length}.`;
}

/** The form of the noise, a sentence for each thing measured. */
export function formInWords({ forms, bias, plan }: Results): string[] {
  const one = forms[0]!;
  const [start, end] = [one.at[0]!, one.at.at(-1)!];
  const [first, last] = [start.layers[0]!, end.layers[0]!];
  const deep = forms.find(({ hidden }) => hidden.length > 1);
  const share = (f: Figure) => `${number(100 * f.value, 0)}%`;
  const depth = deep ? deep.at.at(-1)!.layers.map(({ perExample }) => perExample) : [];
  const grows = depth.length > 1 && depth.every((f, l) => l === 0 || f.high < depth[l - 1]!.low);
  const falls = depth.length > 1 && depth.every((f, l) => l === 0 || f.low > depth[l - 1]!.high);
  return [
    `Mean. The noise is not around the true gradient: on the small network the mean of straight-through × σ′ differs from the gradient of the expected loss by ${interval(bias[0]!.relative, 2)} of its length at the start and ${interval(bias.at(-1)!.relative, 2)} at the end, at a cosine of ${interval(bias.at(-1)!.cosine, 3)}.`,
    `Variance. Across units it goes as the ${interval(end.slope, 2)}th power of p(1 − p) at the end of training (R² ${interval(end.r2, 2)}; at the start ${interval(start.slope, 2)}, R² ${interval(start.r2, 2)}): the slope σ′ = p(1 − p) multiplies whatever noise comes back from above, and squares in a variance.${start.theory && end.theory ? ` A first-order calculation from the weights predicts it with R² ${interval(start.theory.r2, 2)} and a ratio of ${interval(start.theory.ratio, 2)} at the start; at the end R² is ${interval(end.theory.r2, 2)}, but the true variance is ${interval(end.theory.ratio, 1)} times the predicted one.` : ""}`,
    `Covariance. Units do not err alone: with one hidden layer ĝ = σ′ ∘ V(π − y), so all noise is that of the class probabilities π, sent back. It has ${interval(first.directions, 1)} directions at the start and ${interval(last.directions, 1)} at the end (of ${one.hidden[0]} units; at most 9 with ten classes), and the root mean square correlation of two units' noise is ${interval(first.correlation, 2)} and ${interval(last.correlation, 2)}.`,
    `Size. For one example the noise's variance is ${interval(first.perExample, 2)} times the signal's square at the start and ${interval(last.perExample, 1)} times at the end; beside what the choice of a mini-batch's examples makes, it adds ${interval(first.againstExamples, 2)} and ${interval(last.againstExamples, 2)} times as much.`,
    ...(deep
      ? [
          `Depth. In a ${deep.hidden.join("-")} network noise to signal of one example, from the first hidden layer to the last, is ${depth.map((f) => interval(f, 1)).join(", ")} at the end: ${grows ? "it grows towards the input" : falls ? "it grows towards the output" : "the intervals allow no order for all layers"}.`,
        ]
      : []),
    `Normality (Jarque–Bera at ${share({ value: plan.form.level, low: 0, high: 0 })}; of truly normal values it rejects ${share(last.notNormal.control)}). Rejected for single examples: ${share(first.notNormal.single)} at the start, ${share(last.notNormal.single)} at the end, with a median excess kurtosis of ${interval(last.excess.single, 1)}; for means over ${plan.form.examples} examples: ${share(first.notNormal.batch)} and ${share(last.notNormal.batch)}.`,
  ];
}
