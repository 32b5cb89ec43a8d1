import { expect, test } from "vitest";
import { evaluate, mul, sum } from "../graph/index.ts";
import { matrix } from "../laws/exact.ts";
import { step } from "../laws/step.ts";
import { replayKey } from "../random/index.ts";
import { smoothTimesStochastic } from "./smooth-times-stochastic.ts";

const a = Math.log(1 / 9); // p = 0.1, √p = 0.316…
const root = Math.sqrt(0.1);

test("smooth-times-stochastic: sends √p with probability √p, and ∂h/∂a = b·½√p(1 − p)", () => {
  const key = replayKey({ uniform: [matrix([[0.3], [0.32]])] });
  const { loss, gradient } = step(smoothTimesStochastic(), matrix([[a], [a]]), (h) => sum(mul(h, 3), 1), { key });
  expect(loss.data[0]).toBeCloseTo(3 * root, 14);
  expect(loss.data[1]).toBe(0);
  expect(gradient.data[0]).toBeCloseTo(3 * 0.5 * root * 0.9, 14);
  expect(gradient.data[1]).toBeCloseTo(0, 14);
});

test("smooth-times-stochastic: `probability: p` is on with probability p and sends √p", () => {
  const key = replayKey({ uniform: [matrix([[0.09], [0.11]])] });
  const units = smoothTimesStochastic({ probability: "p" });
  const { loss } = step(units, matrix([[a], [a]]), (h) => sum(h, 1), { key });
  expect(loss.data[0]).toBeCloseTo(root, 14);
  expect(loss.data[1]).toBe(0);
  const [readout, rate] = evaluate([units.unit.readout(matrix([[a]])), units.unit.rate!(matrix([[a]]))]);
  expect(readout!.data[0]).toBeCloseTo(0.1 ** 1.5, 14);
  expect(rate!.data[0]).toBeCloseTo(0.1, 14);
});

test("smooth-times-stochastic: a unit of mean 0.1 is on 31.6% of the time", () => {
  const { unit } = smoothTimesStochastic();
  const [readout, rate] = evaluate([unit.readout(matrix([[a]])), unit.rate!(matrix([[a]]))]);
  expect(readout!.data[0]).toBeCloseTo(0.1, 14);
  expect(rate!.data[0]).toBeCloseTo(root, 14);
});
