import { describe, expect, it } from "vitest";
import type { Figure } from "../../statistics/figure.ts";
import { answer, claimInWords, interval, largest, percent, sign } from "./answer.ts";
import { type Decomposition, reasons } from "./decomposition.ts";
import { standardPlan } from "./plan.ts";
import type { Claim, Results } from "./results.ts";

const figure = (value: number, half = 0.01): Figure => ({ value, low: value - half, high: value + half });

/** A gap of which the reasons explain these shares, in the order quantisation, bias, noise. */
const apart = (gap: Figure, shares: readonly Figure[]): Decomposition => ({
  from: figure(1),
  to: figure(1 + gap.value),
  gap,
  routes: [],
  shares: reasons.map((reason, i) => ({ reason, step: shares[i]!, share: shares[i]! })),
});
const of = (nll: Decomposition, readout: Decomposition = nll): Results =>
  ({
    plan: standardPlan,
    steps: { small: 1500, large: 2000, regulariser: 3000 },
    parts: { small: [], large: [], regulariser: [] },
    shares: { nll, readout, logSteps: apart(figure(Math.log(3)), [figure(0.5), figure(0.3), figure(0.2)]) },
  }) as unknown as Results;
const clear = [figure(0.7), figure(0.2), figure(0.1)];

describe("the answer", () => {
  it("names the largest reason where the intervals allow one, and none where they don't", () => {
    expect(answer(of(apart(figure(0.5), clear)))).toMatch(
      /^They train slowly mainly because of having to output 0 or 1/,
    );
    const noisy = apart(figure(0.5), [figure(0.1), figure(0.2), figure(0.7)]);
    expect(answer(of(noisy))).toMatch(/^They train slowly mainly because of noise in the gradient/);
    const open = apart(figure(0.5), [figure(0.5, 0.3), figure(0.4, 0.3), figure(0.1)]);
    expect(largest(open)).toBeUndefined();
    expect(answer(of(open))).toMatch(/^They train slowly for reasons of which none is the largest beyond doubt/);
  });

  it("orders the reasons, and says which can't be distinguished from nothing and which go the other way", () => {
    const text = answer(of(apart(figure(0.5), [figure(0.9), figure(-0.2), figure(0.3, 0.4)])));
    expect(text).toContain(
      "having to output 0 or 1 in the place of a probability 90% [89, 91]; noise in the gradient 30% [−10, 70], which these seeds can't tell from nothing; the pretended derivative −20% [−21, −19]: it makes the gap smaller",
    );
  });

  it("says how many times as many steps, and what is left without the coins", () => {
    const other = apart(figure(0.1), [figure(0.1), figure(0.2), figure(0.7)]);
    const text = answer(of(apart(figure(0.5), clear), other));
    expect(text).toContain("it needed 3.0 [3.0, 3.0] times as many steps");
    expect(text).toContain("a gap of 0.100 [0.090, 0.110] nats is left");
    expect(text).toContain("so that what is left is mainly noise in the gradient");
    const none = answer(of(apart(figure(0.5), clear), apart(figure(0, 0.1), clear)));
    expect(none).toContain("the difference is 0.000 [−0.100, 0.100] nats: none that these seeds can show");
  });

  it("blames the coins on a large network where a threshold is cheaper than many samples' mean", () => {
    const arm = (name: string, gap: number) => ({ arm: name, name: `binary, ${name}`, against: { nll: figure(gap) } });
    const large = (threshold: number) => ({
      ...of(apart(figure(0.5), clear)),
      parts: {
        large: [arm("k1", 0.3), arm("k16", 0.25), arm("sigmoidNoise", 0.02), arm("threshold", threshold)],
      } as never,
    });
    expect(answer(large(0.1))).toContain("by a threshold, 0.100 [0.090, 0.110]: there it is the coins that cost");
    expect(answer(large(0.24))).not.toContain("the coins that cost");
    expect(answer(large(0.1))).toContain("(k16) leaves 0.250");
  });

  it("explains nothing where there is no gap", () => {
    const text = answer(of(apart(figure(0.02, 0.1), clear)));
    expect(text).toContain("did not train more slowly");
    expect(text).not.toContain("%");
  });
});

describe("the regulariser claim", () => {
  const claim = (train: Figure, test: Figure, still = train): string =>
    claimInWords({
      plan: standardPlan,
      steps: { regulariser: 3000 },
      claim: {
        trainNll: train,
        readoutTrainNll: still,
        testError: test,
        readoutTestError: test,
        p: { trainNll: 0.01, readoutTrainNll: 0.01, testError: 0.02, readoutTestError: 0.02 },
      } satisfies Claim,
    } as unknown as Results);

  it.each([
    [0.1, -0.2, /^The claim is seen/],
    [0.1, 0.2, /^The claim is not seen: the test error is higher/],
    [0.1, 0, /^The claim is not seen: no difference/],
    [0, -0.2, /^Half of it is seen/],
    [-0.1, -0.2, /^Half of it is seen/],
  ])("training %d, test %d", (train, test, verdict) => {
    expect(claim(figure(train), figure(test))).toMatch(verdict);
  });

  it("says so where training is worse for the coins alone", () => {
    expect(claim(figure(0.1), figure(-0.2), figure(-0.05))).toContain("with p in their place it is not");
    expect(claim(figure(0.1), figure(-0.2), figure(0.05))).not.toContain("in their place");
  });
});

it("figures are written with a minus, never as −0, and without bounds as ∞", () => {
  expect(interval({ value: -0.0001, low: -1, high: Number.POSITIVE_INFINITY })).toBe("0.000 [−1.000, ∞]");
  expect(percent({ value: 0.125, low: Number.NEGATIVE_INFINITY, high: 0.5 })).toBe("13% [−∞, 50]");
  expect([figure(1), figure(-1), figure(0)].map(sign)).toEqual([1, -1, 0]);
});
