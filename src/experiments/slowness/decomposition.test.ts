import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decompose, logSteps, reasons, routeArms, routes, stepsTo } from "./decomposition.ts";
import type { StudyRecord } from "./study.ts";

const metric = fc.record(
  Object.fromEntries(
    routeArms.map((arm) => [arm, fc.array(fc.double({ min: 0, max: 3, noNaN: true }), { minLength: 4, maxLength: 4 })]),
  ),
);

describe("decompose", () => {
  it("every route's steps add up to the gap, and so does their mean", () => {
    fc.assert(
      fc.property(metric, (values) => {
        const { gap, routes: ways, shares } = decompose((arm) => values[arm]!);
        for (const way of [...ways, shares])
          expect(way.reduce((t, { step }) => t + step.value, 0)).toBeCloseTo(gap.value, 10);
      }),
    );
  });

  it("every route takes each reason once, ends at the binary network, and bias comes after quantisation", () => {
    for (const route of routes) {
      const order = route.map(([reason]) => reason);
      expect([...order].sort()).toEqual([...reasons].sort());
      expect(route.at(-1)![1]).toBe("k1");
      expect(order.indexOf("bias")).toBeGreaterThan(order.indexOf("quantisation"));
    }
  });

  it("gives each reason what its arms differ by", () => {
    const level = { sigmoid: 1, sigmoidNoise: 1.2, exact: 2, exactNoise: 2.3, expected: 2.5, k1: 3 } as Record<
      string,
      number
    >;
    const { shares, routes: ways } = decompose((arm) => [level[arm]!, level[arm]! + 0.5]);
    const steps = ways.map((way) => Object.fromEntries(way.map(({ reason, step }) => [reason, step.value])));
    [
      { quantisation: 1, bias: 0.5, noise: 0.5 },
      { quantisation: 1, noise: 0.3, bias: 0.7 },
      { noise: 0.2, quantisation: 1.1, bias: 0.7 },
    ].forEach((wanted, i) => {
      for (const reason of reasons) expect(steps[i]![reason]).toBeCloseTo(wanted[reason], 12);
    });
    expect(shares.map(({ share }) => share.value)).toEqual(
      [3.1 / 6, 1.9 / 6, 1 / 6].map((share) => expect.closeTo(share, 12)),
    );
  });
});

describe("steps to a level", () => {
  const curve = [
    { step: 0, nll: 4, readout: 4 },
    { step: 10, nll: 2, readout: 3 },
    { step: 30, nll: 3, readout: 1 },
    { step: 40, nll: 1, readout: 1 },
  ];
  const nll = ({ nll }: { nll: number }) => nll;

  it("are those of the first time, between points by a straight line", () => {
    expect(stepsTo(3, curve, nll)).toBe(5);
    expect(stepsTo(2, curve, nll)).toBe(10);
    expect(stepsTo(1.5, curve, nll)).toBe(37.5);
    expect(stepsTo(4, curve, nll)).toBe(0);
    expect(stepsTo(0.5, curve, nll)).toBe(Number.POSITIVE_INFINITY);
  });

  it("are taken to the best level that all arms reach, seed by seed", () => {
    const record = (arm: "sigmoid" | "k1", seed: number, values: readonly number[]): StudyRecord => ({
      kind: "trial",
      part: "small",
      arm,
      rate: 1,
      seed,
      outcome: { curve: values.map((v, i) => ({ step: 10 * i, nll: v, readout: v })) } as never,
    });
    const records = [
      record("sigmoid", 1, [4, 2, 0]),
      record("k1", 2, [4, 3, 1]),
      record("k1", 1, [4, 3, 2]),
      record("sigmoid", 2, [4, 1, 0]),
      record("k1", 1000, [9, 9, 9]),
    ];
    const logs = logSteps(records, "small", ["sigmoid", "k1"], nll);
    expect(logs("k1").map(Math.exp)).toEqual([expect.closeTo(20, 9), expect.closeTo(20, 9)]);
    expect(logs("sigmoid").map(Math.exp)).toEqual([expect.closeTo(10, 9), expect.closeTo(10, 9)]);
  });
});
