import { expect, test } from "vitest";
import { evaluate, type Tensor } from "../../graph/index.ts";
import { matrix } from "../../laws/exact.ts";
import { replayKey } from "../../random/index.ts";
import { noises } from "./noise.ts";
import { normalCdf } from "./normal-cdf.ts";

const numbers = (x: Tensor): number[] => [...evaluate([x])[0]!.data];
const a = matrix([[0, 0, 0]]);

test("normalCdf: Φ to seven digits, in the tail too", () => {
  const known = [0.5, 0.8413447460685429, 0.15865525393145707, 0.9986501019683699, 2.866515718791939e-7];
  numbers(normalCdf(matrix([[0, 1, -1, 3, -5]]))).forEach((phi, i) =>
    expect(Math.abs(phi / known[i]! - 1)).toBeLessThan(2e-7),
  );
});

test("gaussian: the normal draw times its standard deviation", () => {
  const key = replayKey({ normal: [matrix([[-1, 0.5, 2]])] });
  expect(numbers(noises.gaussian.draw(key, a, 3))).toEqual([-3, 1.5, 6]);
});

test("logistic: with sd π/√3 it is log u − log(1 − u), and its variance is π²/3", () => {
  const key = () => replayKey({ uniform: [matrix([[0.5, 0.75, 0.1]])] });
  const standard = numbers(noises.logistic.draw(key(), a, noises.logistic.standard));
  [0, Math.log(3), -Math.log(9)].forEach((z, i) => expect(standard[i]).toBeCloseTo(z, 14));
  expect(noises.logistic.standard ** 2).toBeCloseTo(Math.PI ** 2 / 3, 14);
  expect(numbers(noises.logistic.draw(key(), a, 1))[1]).toBeCloseTo((Math.log(3) * Math.sqrt(3)) / Math.PI, 14);
});

test("bernoulli: 1 + z is a mask that keeps a share 1/(1 + sd²), divided by that share", () => {
  const key = replayKey({ uniform: [matrix([[0.1, 0.19, 0.21]])] });
  expect(numbers(noises.bernoulli.draw(key, a, 2))).toEqual([4, 4, -1]);
  expect(noises.bernoulli.kept(2)).toBe(0.2);
  expect(noises.bernoulli.kept(1)).toBe(0.5);
});
