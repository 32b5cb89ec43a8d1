/** The answer in plain words, for whoever doesn't read intervals. What it says follows from them all the same. */
import { answer, largest, sign } from "./answer.ts";
import type { Reason, Share } from "./decomposition.ts";
import type { Results } from "./results.ts";

const parts: readonly (readonly [share: number, words: string])[] = [
  [1 / 10, "a tenth"],
  [1 / 5, "a fifth"],
  [1 / 4, "a quarter"],
  [1 / 3, "a third"],
  [2 / 5, "two fifths"],
  [1 / 2, "half"],
  [3 / 5, "three fifths"],
  [2 / 3, "two thirds"],
  [3 / 4, "three quarters"],
  [4 / 5, "four fifths"],
  [9 / 10, "nine tenths"],
];

/** A share in words: "about three quarters". */
export function roughly(share: number): string {
  if (share < 0.05) return "next to nothing";
  if (share >= 0.95) return share <= 1.05 ? "all" : "more than all";
  const [nearest] = [...parts].sort(([a], [b]) => Math.abs(a - share) - Math.abs(b - share));
  return `about ${nearest![1]}`;
}

/** How many times as many steps: "about three times as many", "twice as many". */
export function times(factor: number): string {
  if (factor < 1.15) return "hardly more";
  if (factor < 1.75) return "about half as many again";
  const names = ["", "", "twice", "three times", "four times", "five times"];
  const whole = Math.round(factor);
  return `about ${names[whole] ?? `${whole} times`} as many`;
}

const because: Readonly<Record<Reason, string>> = {
  quantisation:
    "the price of having to decide: a unit that can only say yes or no tells the next layer less than one that says how sure it is",
  bias: "the price of a derivative that is made up: the step has none, so the code pretends that it were a slope",
  noise: "the price of chance in the gradient: each step follows one throw of the coins and not their mean",
};
const short: Readonly<Record<Reason, string>> = {
  quantisation: "having to decide",
  bias: "the pretended derivative",
  noise: "the noise in the gradient",
};

function shareInWords({ reason, share }: Share, seeds: number): string {
  if (sign(share) < 0) return `${short[reason]} even makes the loss smaller`;
  if (sign(share) === 0)
    return `what ${short[reason]} adds can't be distinguished from nothing with ${seeds} runs of each`;
  return `${roughly(share.value)} is ${because[reason]}`;
}

/** The answer to the question in a paragraph without figures; where there is no gap, that. */
export function inBrief(results: Results): string {
  const { shares, plan } = results;
  const { nll, readout, logSteps } = shares;
  if (sign(nll.gap) <= 0) return answer(results);
  const top = largest(nll);
  const ordered = [...nll.shares].sort((a, b) => b.share.value - a.share.value);
  const said = ordered.map((share) => shareInWords(share, plan.seeds));
  const left = sign(readout.gap) > 0 ? readout.gap.value / nll.gap.value : undefined;
  return [
    `In brief: ${top ? `mainly because of ${short[top]}` : "for more than one reason, none of them clearly the largest"}.`,
    `A network of a few binary stochastic units needs ${times(Math.exp(logSteps.gap.value))} steps as the same network of sigmoid units to come equally far.`,
    `Of the loss that it is behind after equal steps, ${said.join("; ")}.`,
    left === undefined
      ? "And much of it is only how one looks: let each trained unit output its probability instead of tossing its coin, and no difference is left that these runs could show."
      : `Let each trained unit output its probability instead of tossing its coin, and ${roughly(left)} of the difference is left.`,
  ].join(" ");
}
