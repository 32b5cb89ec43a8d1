import { expect, test } from "vitest";
import { evaluate, gradients, mul, sum, type Tensor, tanh } from "../graph/index.ts";
import { matrix } from "../laws/exact.ts";
import type { Mode } from "./estimator.ts";
import { sendWithGradients } from "./samples-with-gradients.ts";

const numbers = (x: Tensor): number[] => [...evaluate([x])[0]!.data];
const samples = [[[1, 0], [0, 1]], [[0, 0], [1, 1]], [[1, 1], [0, 0]]].map(matrix); // biome-ignore format: three of two rows
const weight = matrix([[0.7, -1.3]]);

function sent(live: "one" | "all") {
  const calls: (readonly [Mode, number])[] = [];
  const result = sendWithGradients(
    (h, mode = "live") => {
      calls.push([mode, h.shape[0]!]);
      return tanh(sum(mul(h, mode === "path" ? weight.stopGradient() : weight), 1));
    },
    samples,
    live,
  );
  return { ...result, calls };
}
const losses = samples.map((h) => tanh(sum(mul(h, weight), 1)));

for (const live of ["one", "all"] as const)
  test(`sendWithGradients, live ${live}: each sample's losses and derivatives`, () => {
    const { losses: received, gradients: slopes } = sent(live);
    samples.forEach((h, k) => {
      expect(numbers(received[k]!)).toEqual(numbers(losses[k]!));
      expect(numbers(slopes[k]!)).toEqual(numbers(gradients(sum(losses[k]!), [h])[0]!));
    });
  });

test("sendWithGradients: one live call with the first and one path call with the others, or one live call with all", () => {
  expect(sent("one").calls).toEqual([
    ["live", 2],
    ["path", 4],
  ]);
  expect(sent("all").calls).toEqual([["live", 6]]);
});

test("sendWithGradients: what trains the rest is the first sample's loss, or the mean over all", () => {
  const of = (loss: Tensor) => [numbers(loss), numbers(gradients(sum(loss), [weight])[0]!)].flat();
  const mean = losses.reduce((a, b) => a.add(b)).div(3);
  expect(of(sent("one").loss)).toEqual(of(losses[0]!));
  of(sent("all").loss).forEach((x, i) => expect(x).toBeCloseTo(of(mean)[i]!, 14));
});
