import fc from "fast-check";
import { expect, test } from "vitest";
import {
  array,
  broadcastTo,
  constant,
  type DType,
  evaluate,
  mul,
  type Shape,
  sum,
  type Tensor,
} from "../graph/index.ts";
import { matrix } from "../laws/exact.ts";
import { step } from "../laws/step.ts";
import { replayKey } from "../random/index.ts";
import { fromUniform, type Key } from "../random/key.ts";
import { normalDistribution } from "../statistics/normal.ts";
import { gaussPanels } from "../statistics/quadrature.ts";
import { sigmoid } from "../statistics/sigmoid.ts";
import { arms } from "./arms.ts";
import { dirichlet } from "./copulas/dirichlet.ts";
import { gaussian } from "./copulas/gaussian.ts";
import { disarm } from "./disarm.ts";
import { lossOf, problems, trueGradientOf } from "./testing/problem.ts";
import { normalOfLogit } from "./units/normal-quantile.ts";

test("arms: two samples are DisARM's pair, and the estimate is DisARM's", () => {
  fc.assert(
    fc.property(
      problems,
      fc.double({ min: 0, max: 0.9999, noNaN: true }),
      fc.double({ min: 0, max: 0.9999, noNaN: true }),
      (problem, u, v) => {
        const run = (estimator: typeof disarm) =>
          step(estimator, matrix([problem.a]), lossOf(problem), { key: replayKey({ uniform: [matrix([[u, v]])] }) });
        const one = run(disarm);
        for (const copula of ["dirichlet", "gaussian"] as const) {
          const two = run(arms({ samples: 2, copula }));
          expect(two.loss).toEqual(one.loss);
          one.gradient.data.forEach((g, i) => expect(two.gradient.data[i]).toBeCloseTo(g, 12));
        }
      },
    ),
  );
});

/** A first draw, the numbers of the later draws, and the weight. */
interface Point {
  readonly u: number;
  readonly later: readonly number[];
  readonly weight: number;
}

const between = (edges: readonly number[]) => edges.slice(1).map((end, k) => ({ from: edges[k]!, end }));
const sorted = (x: readonly number[]) => [...x].sort((a, b) => a - b);

/** The noise of three samples of a unit: where the later draws are cut depends on the first. */
const noiseOfThree = {
  /**
   * Given v = u, or 1 − u where the unit is mostly on, the second draw decides about the other samples at (1 − √q)/√v and at 1 minus
   * that; the chance of each outcome bends in v where these enter (0, 1) and cross.
   */
  dirichlet(a: number): Point[] {
    const root = Math.sqrt(sigmoid(-Math.abs(a)));
    const bends = [root ** 2, (1 - root) ** 2, (2 * (1 - root)) ** 2].filter((v) => v < 1);
    const { nodes, weights } = gaussPanels([0, ...sorted(bends), 1], 2);
    return nodes.flatMap((v, i) => {
      const cut = (1 - root) / Math.sqrt(v);
      const edges = [0, ...sorted([cut, 1 - cut].filter((x) => x > 0 && x < 1)), 1];
      return between(edges).map(({ from, end }) => ({
        u: a < 0 ? v : 1 - v,
        later: [(from + end) / 2],
        weight: weights[i]! * (end - from),
      }));
    });
  },
  /**
   * Only half the difference y ~ N(0, ½) of the later draws matters: given z, the others are −z/2 ± y√1.5, below t where ±y is below
   * (t + z/2)/√1.5.
   */
  gaussian(a: number): Point[] {
    const t = evaluate([normalOfLogit(matrix([[a]]))])[0]!.data[0]!;
    const { nodes, weights } = gaussPanels([-9, ...sorted([t, -2 * t]), 9], 7);
    return nodes.flatMap((z, i) => {
      const cut = Math.abs(t + z / 2) / Math.sqrt(1.5);
      const density = Math.exp(-(z ** 2) / 2) / Math.sqrt(2 * Math.PI);
      const middle = 2 * normalDistribution(cut * Math.SQRT2) - 1;
      return [-cut - 1, 0, cut + 1].map((y) => ({
        u: normalDistribution(z),
        later: [y, -y],
        weight: weights[i]! * density * (y === 0 ? middle : (1 - middle) / 2),
      }));
    });
  },
};
type CopulaName = keyof typeof noiseOfThree;

/** E[ĝ] and E[ĝ²] of ARMS with three samples, by quadrature over the noise of all units. */
function momentsOfThree(a: readonly number[], loss: (h: Tensor) => Tensor, copula: CopulaName) {
  const points = a
    .map(noiseOfThree[copula])
    .reduce<Point[][]>((all, unit) => all.flatMap((before) => unit.map((point) => [...before, point])), [[]]);
  const draw = (f: (point: Point) => number) => matrix(points.map((units) => units.map(f)));
  const later = points[0]![0]!.later.map((_, k) => draw((point) => point.later[k]!));
  const { gradient } = step(arms({ samples: 3, copula }), matrix(points.map(() => a)), loss, {
    key: replayKey({ uniform: [draw(({ u }) => u), ...(copula === "dirichlet" ? later : [])], normal: later }),
  });
  const weights = points.map((units) => units.reduce((product, { weight }) => product * weight, 1));
  const moment = (power: number) =>
    a.map((_, i) => weights.reduce((t, weight, row) => t + weight * gradient.data[a.length * row + i]! ** power, 0));
  return { mean: moment(1), square: moment(2) };
}

for (const copula of ["dirichlet", "gaussian"] as const)
  test(`arms: three samples of one unit have the mean p(1 − p)Δ and E[ĝ²] = p(1 − p)Δ² c/3, c the ${copula} copula's correction`, () => {
    for (const a of [-2.3, -0.4, 1.7]) {
      const { mean, square } = momentsOfThree([a], (h) => sum(mul(h, 1.5).add(0.7), 1), copula);
      const slope = sigmoid(a) * sigmoid(-a);
      const [c] = evaluate([{ dirichlet, gaussian }[copula].correction(matrix([[a]]), 3)])[0]!.data;
      expect(mean[0]).toBeCloseTo(1.5 * slope, 9);
      expect(square[0]).toBeCloseTo((1.5 ** 2 * slope * c!) / 3, 9);
    }
  });

test("arms: three samples of two units are unbiased", () => {
  for (const problem of [
    { a: [0.4, -2.1], table: [0.3, -1.2, 2, 0.9] },
    { a: [-0.3, 1.4], table: [-2, 1.2, 0.4, 0.4] },
  ] as const) {
    const truth = trueGradientOf(problem);
    const { mean } = momentsOfThree(problem.a, lossOf(problem), "dirichlet");
    mean.forEach((x, i) => expect(x).toBeCloseTo(truth[i]!, 9));
  }
});

test("arms: three losses 5, 1, 1 of a unit that is on once give leave-one-out's estimate times the correction", () => {
  // The first draw is below q and takes most of the simplex: the other two are off.
  const a = -1;
  const q = sigmoid(a);
  const noise = { uniform: [matrix([[0.01]]), matrix([[0.5]])] };
  const { gradient } = step(arms({ samples: 3 }), matrix([[a]]), (h) => sum(mul(h, 4).add(1), 1), {
    key: replayKey(noise),
  });
  const both = Math.max(0, 2 * Math.sqrt(q) - 1) ** 2;
  const plain = ((8 / 3) * (1 - q) + 2 * (-4 / 3) * (0 - q)) / 2;
  expect(gradient.data[0]).toBeCloseTo((plain * q * (1 - q)) / (q - both), 12);
});

test("arms: each draw of four samples comes from a key of its own", () => {
  const seen: string[] = [];
  const watched = (path: string): Key => {
    const draw = (shape: Shape, { dtype = "float32" as DType } = {}) => {
      seen.push(path);
      return broadcastTo(constant(0.5, dtype), shape);
    };
    return { fold: (data) => watched(`${path}.${data}`), uniform: draw, normal: draw, ...fromUniform(draw) };
  };
  for (const copula of ["dirichlet", "gaussian"] as const)
    step(arms({ samples: 4, copula }), matrix([[0]]), (h) => sum(h, 1), { key: watched(copula) });
  expect(seen).toHaveLength(3 + 4);
  expect(new Set(seen).size).toBe(seen.length);
});

test("arms: `live` all trains the rest with every sample and leaves the estimate as it is", () => {
  const w = constant(array([[2], [-1]], { dtype: "float64" }));
  const run = (live: "one" | "all") =>
    step(arms({ samples: 3, live }), matrix([[0.3, -0.8]]), (h) => sum(h.matmul(w), 1), { wrt: [w] });
  const [one, all] = [run("one"), run("all")];
  all.gradient.data.forEach((g, i) => expect(g).toBeCloseTo(one.gradient.data[i]!, 14));
  for (const x of one.others[0]!.data) expect([0, 1]).toContain(x);
  for (const x of all.others[0]!.data) expect(Math.abs(3 * x - Math.round(3 * x))).toBeLessThan(1e-12);
});
