import fc from "fast-check";
import { expect, test } from "vitest";
import { array, constant, mul, sum } from "../graph/index.ts";
import { matrix } from "../laws/exact.ts";
import { step } from "../laws/step.ts";
import { replayKey } from "../random/index.ts";
import { arms } from "./arms.ts";
import { disarm } from "./disarm.ts";
import { gaussPanels, lossOf, type Problem, problems, sigmoid, trueGradientOf } from "./testing/problem.ts";

test("arms: two samples are DisARM's pair, and the estimate is DisARM's", () => {
  fc.assert(
    fc.property(
      problems,
      fc.double({ min: 0, max: 0.9999, noNaN: true }),
      fc.double({ min: 0, max: 0.9999, noNaN: true }),
      (problem, u, v) => {
        const run = (estimator: typeof disarm) =>
          step(estimator, matrix([problem.a]), lossOf(problem), { key: replayKey({ uniform: [matrix([[u, v]])] }) });
        const [one, two] = [run(disarm), run(arms({ samples: 2 }))];
        expect(two.loss).toEqual(one.loss);
        one.gradient.data.forEach((g, i) => expect(two.gradient.data[i]).toBeCloseTo(g, 12));
      },
    ),
  );
});

interface Point {
  readonly u: number;
  readonly w: number;
  readonly weight: number;
}

/**
 * The noise of three samples of a unit. Given the first draw, with v = u or 1 − u below q for the rarer value, the second decides
 * about the other samples at (1 − √q)/√v and at 1 minus that; the chance of each outcome bends in u where these enter (0, 1) and cross.
 */
function noiseOfThree(a: number): Point[] {
  const root = Math.sqrt(sigmoid(-Math.abs(a)));
  const bends = [root ** 2, (1 - root) ** 2, (2 * (1 - root)) ** 2].filter((v) => v < 1);
  const { nodes, weights } = gaussPanels([0, ...bends.sort((x, y) => x - y), 1], 4);
  return nodes.flatMap((v, i) => {
    const cut = (1 - root) / Math.sqrt(v);
    const edges = [0, ...[cut, 1 - cut].filter((x) => x > 0 && x < 1).sort((x, y) => x - y), 1];
    return edges.slice(1).map((end, k) => ({
      u: a < 0 ? v : 1 - v,
      w: (edges[k]! + end) / 2,
      weight: weights[i]! * (end - edges[k]!),
    }));
  });
}

/** E[ĝ] and E[ĝ²] of ARMS with three samples, by quadrature over the noise of both units. */
function momentsOfThree(problem: Problem): { mean: number[]; square: number[] } {
  const [first, second] = problem.a.map(noiseOfThree) as [Point[], Point[]];
  const points = first.flatMap((x) => second.map((y) => [x, y] as const));
  const { gradient } = step(arms({ samples: 3 }), matrix(points.map(() => problem.a)), lossOf(problem), {
    key: replayKey({
      uniform: [
        matrix(points.map((pair) => pair.map(({ u }) => u))),
        matrix(points.map((pair) => pair.map(({ w }) => w))),
      ],
    }),
  });
  const moment = (power: number) =>
    [0, 1].map((i) =>
      points.reduce((t, [x, y], row) => t + x.weight * y.weight * gradient.data[2 * row + i]! ** power, 0),
    );
  return { mean: moment(1), square: moment(2) };
}

const cases: Problem[] = [
  { a: [0.4, -2.1], table: [0.3, -1.2, 2, 0.9] },
  { a: [-0.3, 1.4], table: [-2, 1.2, 0.4, 0.4] },
];

test("arms: three samples are unbiased", () => {
  for (const problem of cases) {
    const truth = trueGradientOf(problem);
    momentsOfThree(problem).mean.forEach((x, i) => expect(x).toBeCloseTo(truth[i]!, 9));
  }
});

test("arms: where one unit alone matters, three samples have E[ĝ²] = (L₁ − L₀)² p²(1 − p)² / 3(q − P(v, v' < q))", () => {
  for (const a of [-2.3, -0.4, 1.7]) {
    const q = sigmoid(-Math.abs(a));
    const both = Math.max(0, 2 * Math.sqrt(q) - 1) ** 2;
    const { square } = momentsOfThree({ a: [a, 3], table: [0.7, 2.2, 0.7, 2.2] });
    expect(square[0]).toBeCloseTo((1.5 ** 2 * (q * (1 - q)) ** 2) / (3 * (q - both)), 9);
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

test("arms: `live` all trains the rest with every sample and leaves the estimate as it is", () => {
  const w = constant(array([[2], [-1]], { dtype: "float64" }));
  const run = (live: "one" | "all") =>
    step(arms({ samples: 3, live }), matrix([[0.3, -0.8]]), (h) => sum(h.matmul(w), 1), { wrt: [w] });
  const [one, all] = [run("one"), run("all")];
  all.gradient.data.forEach((g, i) => expect(g).toBeCloseTo(one.gradient.data[i]!, 14));
  for (const x of one.others[0]!.data) expect([0, 1]).toContain(x);
  for (const x of all.others[0]!.data) expect(Math.abs(3 * x - Math.round(3 * x))).toBeLessThan(1e-12);
});
