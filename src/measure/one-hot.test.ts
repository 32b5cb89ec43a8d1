import { afterAll, describe, expect, it } from "vitest";
import { startBackend } from "../backends/select.ts";
import { categoricalExact } from "../estimators/categorical/exact.ts";
import { gumbelSoftmax } from "../estimators/categorical/gumbel-softmax.ts";
import { constant, evaluate, gradients, mapTree, NdArray, sum } from "../graph/index.ts";
import { estimatorFor } from "../index.ts";
import { mlp } from "../models/mlp.ts";
import { candidatesFor } from "./applicable.ts";
import { isBinary, isOneHot } from "./binary.ts";
import { measureProblem } from "./measure.ts";
import { networkProblem } from "./network.ts";
import { isUnbiased } from "./row.ts";
import { exactGradient } from "./truth.ts";

const on = await startBackend("auto", { threads: 1 });
afterAll(() => on.close());
const numbers = (length: number, step: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => Math.sin(step * (i + 1)));

const networkOf = (hidden: Parameters<typeof mlp>[0]["hidden"], layer = 0) => {
  const model = mlp({ input: 4, hidden, classes: 3 });
  const examples = { x: new NdArray(numbers(12, 1.3), [3, 4]), label: new NdArray(Int32Array.of(0, 2, 1), [3]) };
  return networkProblem({ model, params: model.init(1).params, layer, batch: () => examples, seed: 1, backend: on });
};
const hidden = [{ units: 6, estimator: { name: "categorical-reinmax", classes: 3 }, gain: 4 }] as const;

describe("a layer of one-hot units", () => {
  it("has the true gradient that enumerating estimators compute, classes and variables in their places", () => {
    const problem = networkOf(hidden);
    expect([problem.units, problem.classes]).toEqual([6, 3]);
    const a = constant(problem.inputs.a);
    const rest = mapTree(problem.inputs.rest, (x) => constant(x));
    const downstream = problem.expected!.downstream(rest, 9);
    const { loss } = categoricalExact({ classes: 3 }).estimate(a, undefined as never, downstream, {});
    const [wanted] = evaluate(gradients(sum(loss), [a]));
    const found = exactGradient(problem, { backend: on });
    expect(found.length).toBe(18);
    wanted!.data.forEach((g: number, i: number) => expect(found[i]).toBeCloseTo(g, 6));
    expect(Math.max(...found.map(Math.abs))).toBeGreaterThan(0.01);
  });

  it("is measured with its own classes, and no bias is found in what is unbiased", async () => {
    const { truth, rows, skipped } = await measureProblem(networkOf(hidden), {
      backend: on,
      replicates: 4000,
      seed: 3,
    });
    expect(truth.kind).toBe("enumeration");
    expect(rows.map(({ estimator }) => estimator)).toContain("gumbel-softmax");
    expect(rows.filter(isUnbiased).map(({ estimator }) => estimator)).toEqual([
      "categorical-score-function",
      "categorical-leave-one-out",
      "categorical-exact",
    ]);
    // p is uniform where there is no bias: three of them are all above 0.001 for 997 of 1000 seeds.
    for (const row of rows.filter(isUnbiased)) expect(row.biasP, row.estimator).toBeGreaterThan(0.001);
    expect(rows.find(({ estimator }) => estimator === "categorical-gumbel-rao")!.biasP).toBe(1 / 2000);
    expect(skipped.find(({ label }) => label === "score-function")!.reason).toContain("binary, these are one-hot");
  });

  it("beyond enumeration is measured against a long-run reference", async () => {
    const { expected: _, ...open } = networkOf(hidden);
    const { truth } = await measureProblem(open, {
      backend: on,
      estimators: ["categorical-straight-through"],
      replicates: 400,
      seconds: 2,
    });
    expect(truth.kind).toBe("reference");
  });

  it("behind a layer of bits is no reason not to measure that layer", () => {
    const problem = networkOf([{ units: 4, estimator: "score-function" }, ...hidden]);
    expect([problem.classes, problem.expected]).toEqual([undefined, undefined]);
  });
});

it("candidatesFor: names mean the layer's classes, other classes are another network", () => {
  const other = { name: "categorical-reinmax", classes: 2 } as const;
  const { candidates, skipped } = candidatesFor(["categorical-exact", other, "gumbel-softmax"], 6, 3);
  expect(candidates.map(({ label, sameUnits, estimator }) => [label, sameUnits, estimator.unit.classes])).toEqual([
    ["categorical-exact", true, 3],
    ["gumbel-softmax", false, 3],
  ]);
  expect(skipped).toEqual([
    { label: "categorical-reinmax:classes=2", reason: "its variables have 2 classes, these 3" },
  ]);
  expect(candidatesFor(["categorical-exact", "exact"], 4).skipped[0]!.reason).toBe(
    "its units are one-hot, these are binary",
  );
});

it("isBinary and isOneHot tell what is sent", () => {
  const units = ["score-function", "categorical-reinmax"].map((name) => estimatorFor(name as "score-function").unit);
  expect([...units, gumbelSoftmax().unit].map(isBinary)).toEqual([true, false, false]);
  expect([...units, gumbelSoftmax().unit].map(isOneHot)).toEqual([false, true, false]);
});
