import { describe, expect, it } from "vitest";
import type { Figure } from "../../statistics/figure.ts";
import { inBrief, roughly, times } from "./brief.ts";
import { type Decomposition, reasons } from "./decomposition.ts";
import { standardPlan } from "./plan.ts";
import type { Results } from "./results.ts";

const figure = (value: number, half = 0.01): Figure => ({ value, low: value - half, high: value + half });
const apart = (gap: Figure, shares: readonly Figure[]): Decomposition => ({
  from: figure(1),
  to: figure(1 + gap.value),
  gap,
  routes: [],
  shares: reasons.map((reason, i) => ({ reason, step: shares[i]!, share: shares[i]! })),
});
const results = (nll: Decomposition, readout: Decomposition): Results =>
  ({
    plan: standardPlan,
    steps: { small: 1500 },
    parts: { large: [] },
    shares: { nll, readout, logSteps: apart(figure(Math.log(3.2)), [figure(1), figure(0), figure(0)]) },
  }) as unknown as Results;
const clear = [figure(0.74), figure(0.17, 0.2), figure(0.11)];
const order = (text: string, ...words: string[]) => words.map((word) => text.indexOf(word));

describe("the answer in brief", () => {
  it("names the main reason, says the shares in words, the largest first, and what can't be distinguished from nothing", () => {
    const text = inBrief(results(apart(figure(0.1), clear), apart(figure(0, 0.1), clear)));
    expect(text).toMatch(/^In brief: mainly because of having to decide\. .* needs about three times as many steps/);
    const at = order(
      text,
      "about three quarters is the price of having to decide",
      "what the pretended derivative adds",
      "about a tenth is the price of chance",
    );
    expect(at.every((x) => x > 0)).toBe(true);
    expect(at).toEqual([...at].sort((a, b) => a - b));
    expect(text).toContain("no difference is left that these runs could show");
    expect(text).not.toMatch(/\d\.\d/);
  });

  it("says how much is left where units output their probability", () => {
    const text = inBrief(results(apart(figure(0.1), clear), apart(figure(0.05), clear)));
    expect(text).toContain("about half of the difference is left");
  });

  it("names no main reason where the intervals allow none, and one that helps", () => {
    const open = [figure(0.6, 0.3), figure(0.5, 0.3), figure(-0.1)];
    const text = inBrief(results(apart(figure(0.1), open), apart(figure(0.05), open)));
    expect(text).toMatch(/^In brief: for more than one reason, none of them clearly the largest\./);
    expect(text).toContain("the noise in the gradient even makes the loss smaller");
  });

  it("is the longer answer where there is no gap", () => {
    const none = apart(figure(0, 0.1), clear);
    expect(inBrief(results(none, none))).toContain("did not train more slowly");
  });

  it.each([
    [0.01, "next to nothing"],
    [0.12, "about a tenth"],
    [0.74, "about three quarters"],
    [0.98, "all"],
    [1.2, "more than all"],
  ])("a share of %d is %s", (share, words) => expect(roughly(share)).toBe(words));

  it.each([
    [1.05, "hardly more"],
    [1.5, "about half as many again"],
    [2.1, "about twice as many"],
    [3.2, "about three times as many"],
    [8, "about 8 times as many"],
  ])("%d times is %s", (factor, words) => expect(times(factor)).toBe(words));
});
