import { expect, test } from "vitest";
import { evaluate, sum, type Tensor } from "../graph/index.ts";
import { matrix } from "../laws/exact.ts";
import { step } from "../laws/step.ts";
import { replayKey } from "../random/index.ts";
import { sigmoid } from "../statistics/sigmoid.ts";
import { hardConcrete } from "./hard-concrete.ts";

const numbers = (x: Tensor): number[] => [...evaluate([x])[0]!.data];
const logit = (u: number): number => Math.log(u / (1 - u));

test("hard-concrete: stretches the Concrete value to [γ, ζ] and clips it; a clipped unit gets no gradient", () => {
  const u = [0.5, 0.999, 0.001];
  const estimator = hardConcrete({ temperature: 0.5, gamma: -0.2, zeta: 1.3 });
  const key = replayKey({ uniform: [matrix([u])] });
  const { loss, gradient } = step(estimator, matrix([[0.4, 0.4, 0.4]]), (h) => sum(h, 1), { key });
  const s = sigmoid((0.4 - logit(0.5)) / 0.5);
  expect(loss.data[0]).toBeCloseTo(-0.2 + 1.5 * s + 0 + 1, 13);
  expect(gradient.data[0]).toBeCloseTo((1.5 * s * (1 - s)) / 0.5, 13);
  expect([gradient.data[1], gradient.data[2]]).toEqual([0, 0]);
});

test("hard-concrete: sends exact zeros and ones", () => {
  const h = numbers(
    hardConcrete().unit.sample(matrix([[0, 0, 0]]), replayKey({ uniform: [matrix([[0.99, 0.01, 0.5]])] })),
  );
  expect(h.slice(0, 2)).toEqual([0, 1]);
  expect(h[2]).toBeCloseTo(0.5, 14);
});

test("hard-concrete: the probability of not being 0 is σ(a − τ log(−γ/ζ)), the paper's; 0.77 at a = 0 with its settings", () => {
  const [rate] = numbers(hardConcrete().unit.rate!(matrix([[0]])));
  expect(rate).toBeCloseTo(sigmoid((2 / 3) * Math.log(11)), 13);
  // The unit is off exactly beyond the draw of that probability.
  for (const [u, on] of [
    [rate! - 1e-9, true],
    [rate! + 1e-9, false],
  ] as const)
    expect(numbers(hardConcrete().unit.sample(matrix([[0]]), replayKey({ uniform: [matrix([[u]])] })))[0]! > 0).toBe(
      on,
    );
});

test("hard-concrete: at test it outputs σ(a) stretched and clipped", () => {
  const readout = numbers(hardConcrete().unit.readout(matrix([[0, 3, -3, 1]])));
  [0.5, 1, 0, -0.1 + 1.2 * sigmoid(1)].forEach((h, i) => expect(readout[i]).toBeCloseTo(h, 14));
});
