import fc from "fast-check";
import { expect, test } from "vitest";
import { array, constant, div, evaluate, softmax, sum, type Tensor } from "../../graph/index.ts";
import { matrix } from "../../laws/exact.ts";
import { step } from "../../laws/step.ts";
import { key, replayKey } from "../../random/index.ts";
import { logistic } from "../../statistics/quadrature.ts";
import { behindWinner, categoricalGumbelRao } from "./gumbel-rao.ts";
import { categoricalStraightThroughGumbel } from "./straight-through-gumbel.ts";
import { outcomes, probabilities } from "./testing/enumeration.ts";
import { variables } from "./variables.ts";

const numbers = (x: Tensor): number[] => [...evaluate([x])[0]!.data];
const four = (min: number, max: number) =>
  fc.array(fc.double({ min, max, noNaN: true }), { minLength: 4, maxLength: 4 });
const sentAs = (c: number, classes: number): number[] => Array.from({ length: classes }, (_, i) => Number(i === c));
const three = (row: readonly number[]): Tensor => variables(matrix([row]), row.length);

test("conditional Gumbels: the given class always wins, and the race is the paper's, written with exponentials and Z", () => {
  fc.assert(
    fc.property(four(-6, 6), four(1e-6, 1 - 1e-6), fc.nat(3), (a, u, winner) => {
      const exponentials = u.map((x) => -Math.log(x));
      const Z = a.reduce((t, x) => t + Math.exp(x), 0);
      const raced = a.map((x, j) =>
        j === winner
          ? Math.log(Z) - Math.log(exponentials[j]!)
          : -Math.log(exponentials[j]! / Math.exp(x) + exponentials[winner]! / Z),
      );
      const gumbels = three(exponentials.map((e) => -Math.log(e)));
      const behind = numbers(behindWinner(three(a), three(sentAs(winner, 4)), gumbels));
      behind.forEach((x, j) => {
        expect(x).toBeCloseTo(raced[j]! - raced[winner]!, 9);
        if (j === winner) expect(Math.abs(x)).toBe(0);
        else expect(x).toBeLessThan(0);
      });
    }),
    { numRuns: 300 },
  );
});

test("conditional Gumbels: in single precision too, where logits differ by hundreds, no other class is ahead", () => {
  const a = [400, -400, 0, 399];
  for (let winner = 0; winner < 4; winner++) {
    const gumbels = constant(array([[[16.6, -2.8, 16.6, -2.8]]]));
    const logits = constant(array([[a]]));
    const behind = numbers(behindWinner(logits, constant(array([[sentAs(winner, 4)]])), gumbels));
    expect(behind.every((x) => Number.isFinite(x) && x <= 0)).toBe(true);
  }
});

const rest = (h: Tensor) => sum(h.mul(matrix([[2, 0]])), 1);

test("categorical-gumbel-rao: of two classes, the exact mean given the sample is straight-through Gumbel-softmax's", () => {
  const [a, options] = [[0.7, -0.2], { classes: 2, temperature: 0.8 }];
  const gap = a[0]! - a[1]!;
  // G₁ − G₂ is logistic, and the race even where it is −gap. The lesser of the two is −5, which double precision can tell from the other.
  const { nodes, weights } = logistic([-gap]);
  const uniforms = nodes.map((v) => {
    const difference = Math.log(v) - Math.log1p(-v);
    return [difference, -difference].map((d) => Math.exp(-Math.exp(5 - Math.max(0, d))));
  });
  const rows = matrix(nodes.map(() => a));
  const hard = step(categoricalStraightThroughGumbel(options), rows, rest, {
    key: replayKey({ uniform: [matrix(uniforms)] }),
  });
  const p = probabilities(a, 2);
  outcomes(2, 2).forEach(({ sent, uniforms: winning }) => {
    const winner = sent.indexOf(1);
    const wins = (k: number) => Number(hard.loss.data[k]! === 2 * sent[0]!);
    const wanted = weights.reduce((t, w, k) => t + w * wins(k) * hard.gradient.data[2 * k]!, 0) / p[winner]!;
    const rao = step(categoricalGumbelRao({ ...options, samples: 1 }), rows, rest, {
      key: replayKey({ uniform: [matrix(nodes.map(() => winning)), matrix(uniforms)] }),
    });
    const mean = weights.reduce((t, w, k) => t + w * rao.gradient.data[2 * k]!, 0);
    expect(Math.abs(mean - wanted)).toBeLessThan(1e-9);
    expect(Math.abs(mean)).toBeGreaterThan(0.01);
  });
});

test("categorical-gumbel-rao: of four classes, seeded means given the sample agree (16 comparisons, one false alarm in 10⁵)", () => {
  const a = [0.4, -0.6, 0.9, 0.1];
  const [rows, options] = [20000, { classes: 4, temperature: 0.6 }];
  const batch = matrix(Array.from({ length: rows }, () => a));
  const value = matrix([[1, -2, 0.5, 3]]);
  const linear = (h: Tensor) => sum(h.mul(value), 1);
  const [one, other] = [
    step(categoricalStraightThroughGumbel(options), batch, linear, { key: key(5) }),
    step(categoricalGumbelRao({ ...options, samples: 2 }), batch, linear, { key: key(6) }),
  ];
  const given = ({ loss, gradient }: typeof one, winner: number, i: number) => {
    const of = numbers(value)[winner]!;
    const g = Array.from({ length: rows }, (_, k) => k)
      .filter((k) => loss.data[k] === of)
      .map((k) => gradient.data[4 * k + i]!);
    const mean = g.reduce((t, x) => t + x, 0) / g.length;
    return { mean, variance: g.reduce((t, x) => t + (x - mean) ** 2, 0) / (g.length - 1) / g.length };
  };
  for (let winner = 0; winner < 4; winner++)
    for (let i = 0; i < 4; i++) {
      const [x, y] = [given(one, winner, i), given(other, winner, i)];
      const z = (x.mean - y.mean) / Math.sqrt(x.variance + y.variance);
      expect(Math.abs(z), `class ${winner}, logit ${i}: ${x.mean} and ${y.mean}`).toBeLessThan(5);
      expect(y.variance).toBeLessThan(x.variance);
    }
});

test("categorical-gumbel-rao: K draws are the mean of K estimates of one draw each", () => {
  const a = matrix([[0.3, -0.8, 0.5]]);
  const [winning, ...draws] = [outcomes(3, 3)[2]!.uniforms, [0.2, 0.7, 0.4], [0.9, 0.1, 0.3], [0.5, 0.6, 0.8]];
  const linear = (h: Tensor) => sum(h.mul(matrix([[1, -2, 0.5]])), 1);
  for (const derivative of ["logits", "total"] as const) {
    const run = (uniforms: readonly (readonly number[])[]) =>
      step(categoricalGumbelRao({ classes: 3, samples: uniforms.length, derivative }), a, linear, {
        key: replayKey({ uniform: [winning, ...uniforms].map((row) => matrix([row])) }),
      }).gradient;
    const single = draws.map((u) => run([u]));
    run(draws).data.forEach((x, i) =>
      expect(x).toBeCloseTo(
        single.reduce((t, g) => t + g.data[i]! / 3, 0),
        14,
      ),
    );
  }
});

test("categorical-gumbel-rao: `total` is the derivative of the relaxed sample with its exponentials held, `logits` is J/τ", () => {
  const [a, u, tau] = [[0.3, -0.8, 0.5], [0.2, 0.7, 0.4], 0.7]; // biome-ignore format: a table
  const winning = outcomes(3, 3)[1]!;
  const value = [1, -2, 0.5];
  const linear = (h: Tensor) => sum(h.mul(matrix([value])), 1);
  const gumbels = three(u.map((x) => -Math.log(-Math.log(x))));
  const relaxed = (logits: readonly number[]) =>
    numbers(softmax(div(behindWinner(three(logits), three(winning.sent), gumbels), tau)));
  const mean = (logits: readonly number[]) => relaxed(logits).reduce((t, z, i) => t + z * value[i]!, 0);
  const run = (derivative: "logits" | "total") =>
    step(categoricalGumbelRao({ classes: 3, samples: 1, temperature: tau, derivative }), matrix([a]), linear, {
      key: replayKey({ uniform: [matrix([winning.uniforms]), matrix([u])] }),
    }).gradient.data;
  const z = relaxed(a);
  a.forEach((_, i) => {
    const at = (offset: number) => mean(a.map((x, j) => (i === j ? x + offset : x)));
    const slope = (8 * (at(1e-3) - at(-1e-3)) - (at(2e-3) - at(-2e-3))) / 12e-3;
    expect(run("total")[i]).toBeCloseTo(slope, 9);
    expect(run("logits")[i]).toBeCloseTo((z[i]! * (value[i]! - mean(a))) / tau, 13);
  });
});
