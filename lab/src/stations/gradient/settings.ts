import type { Settings } from "../../address.svelte.ts";
import { cards } from "../../cards.ts";
import { list, number, whole, word } from "../../fields.ts";
import { REACH } from "../../worker/gradient-messages.ts";

/** The estimators of this gradient; exact enumeration is what they are compared with. */
export const offered = cards.filter(({ ofBits, family }) => ofBits && family !== "exact");
const usual = ["score-function", "score-function-moving-average", "disarm", "straight-through-slope"];
const estimator = word("disarm", "an estimator of binary neurons", (text) => offered.some(({ name }) => name === text));

export const fields = {
  a1: number(1, { atLeast: -REACH, atMost: REACH }),
  a2: number(-1.5, { atLeast: -REACH, atMost: REACH }),
  w: number(2.5, { atLeast: 0.5, atMost: 5 }),
  k: whole(8, { atLeast: 1, atMost: 64 }),
  tau: number(0.5, { atLeast: 0.1, atMost: 3 }),
  seed: whole(1, { atLeast: 0, atMost: 2 ** 31 - 1 }),
  estimators: list(usual, estimator, { atLeast: 1, atMost: 4 }),
};
export type Chosen = Settings<typeof fields>["values"];

/** A stop of the guided story: all settings that aren't named here have their first values. */
export interface Stop {
  /** What one will see. */
  readonly title: string;
  /** What one sees. */
  readonly seen: string;
  readonly settings: Partial<Chosen>;
}

export const stops: readonly Stop[] = [
  {
    title: "Four ways to guess one arrow",
    seen: "Three clouds lie around the exact arrow: on average they are right. The fourth is small, but beside it: each guess is near the others, and all are wrong in the same way.",
    settings: {},
  },
  {
    title: "Train with one guess at a time",
    seen: "K is 1 now. Two neurons have four outcomes, so the score function makes only four different guesses, and three of them are far off. Training must follow them all the same.",
    settings: { k: 1 },
  },
  {
    title: "Average 64 guesses",
    seen: "The clouds shrink around their own mean. Three shrink onto the exact arrow. The fourth stays beside it: no averaging mends a bias.",
    settings: { k: 64 },
  },
  {
    title: "Let a biased estimate win",
    seen: "w is 0.5 now: the output changes so little that its loss is nearly a straight line. Straight-through × σ′ reads one slope, and on a straight line one slope is all there is. It is nearly right, and has the least noise.",
    settings: { w: 0.5 },
  },
  {
    title: "Let it lose",
    seen: "w is 5 now: the loss bends sharply between silent and firing. The slope at one end says little about the other end, so straight-through × σ′ points elsewhere.",
    settings: { w: 5 },
  },
  {
    title: "Compare four pretended derivatives",
    seen: "All four send the same decisions, and pretend another derivative. Plain straight-through is several times too long. ReinMax corrects most of the bias. Move τ: straight-through Gumbel-softmax trades bias for noise.",
    settings: {
      estimators: ["straight-through", "straight-through-slope", "straight-through-gumbel", "reinmax"],
      tau: 0.5,
    },
  },
  {
    title: "Buy less noise with more work",
    seen: "All four are right on average. Three ask for the loss two or four times in each guess, and their clouds are smaller for it. The curves below say whether that is worth the work.",
    settings: { estimators: ["score-function", "leave-one-out", "rebar", "arm"] },
  },
];

/** The number of the stop whose settings these are; undefined for others. */
export function stopAt(chosen: Chosen): number | undefined {
  const names = Object.keys(fields) as (keyof Chosen)[];
  const at = stops.findIndex(({ settings }) =>
    names.every((name) => String(chosen[name]) === String(settings[name] ?? fields[name].initial)),
  );
  return at < 0 ? undefined : at;
}
