/** The rest of a network of gated blocks as the estimator of its gates calls it, and every estimator as a gate. */
import { describe, expect, test } from "vitest";
import { type EstimatorConfig, type EstimatorName, estimatorNames } from "../../../estimators/index.ts";
import { pathGradient } from "../../../estimators/path-gradient.ts";
import { array, concat, constant, evaluate, gradients, leaves, type Tensor, type Tree } from "../../../graph/index.ts";
import { key } from "../../../random/index.ts";
import type { GatedMlpOptions } from "../../gated-mlp.ts";
import { gater, labels, made, value, x } from "./testing.ts";

const gates = (...rows: number[][]): Tensor => constant(array(rows, { dtype: "float64" }));
const one = gates([1, 0, 1, 0], [0, 0, 1, 1]);
const two = gates([0, 0.5, 0, 1], [1, 0, 0, 0]);
const first = { blocks: 4, width: 2, activation: "tanh", gater, gate: "score-function" } as const;

const nets: Readonly<Record<string, readonly [layer: number, Omit<GatedMlpOptions, "input" | "classes">]>> = {
  "one layer of gates": [0, { gated: [first] }],
  "gates before gates": [
    0,
    {
      gated: [
        { ...first, output: 3 },
        { blocks: 5, gater, gate: "straight-through-slope" },
      ],
    },
  ],
  "gates behind binary units": [1, { trunk: [{ units: 6, estimator: "disarm" }], gated: [first] }],
};

describe.each(Object.entries(nets))("what follows in %s", (_, [layer, options]) => {
  const { model, params, states } = made(options);
  const { read } = model.cut(params, x, layer, key(3));
  const downstream = model.behind(params, { x, label: labels }, layer, read, key(3), states);
  const weights = leaves(params as Tree<Tensor>).map((leaf) => leaf.value);

  test.each(["live", "path", "detached"] as const)(
    "gives copies of a batch, called %s, the losses of calls one by one",
    (mode) => {
      const together = value(downstream(concat([one, two, one], 0), mode));
      const [a, b] = [one, two].map((h) => value(downstream(h, mode)));
      [...a!, ...b!, ...a!].forEach((loss, i) => expect(together[i]).toBeCloseTo(loss, 12));
    },
  );

  test("has the same losses live, by path and detached", () => {
    const [live, path, detached] = (["live", "path", "detached"] as const).map((mode) => value(downstream(one, mode)));
    expect(path).toEqual(live);
    expect(detached).toEqual(live);
  });

  test("learns from a live call alone; a path call has its derivatives with respect to the gates", () => {
    const learns = (mode: "live" | "path" | "mean" | "detached"): boolean =>
      evaluate(gradients(downstream(two, mode).sum(), weights)).some(({ data }) => data.some((g) => g !== 0));
    expect((["live", "path", "mean", "detached"] as const).map(learns)).toEqual([true, false, false, false]);
    const live = value(gradients(downstream(two).sum(), [two])[0]!);
    value(pathGradient(downstream, two).gradient).forEach((g, i) => expect(g).toBeCloseTo(live[i]!, 12));
    expect(live.some((g) => g !== 0)).toBe(true);
  });
});

/** Options of those that the standard ones don't fit. */
const fitting: Partial<Record<EstimatorName, Readonly<Record<string, number>>>> = { "top-k": { k: 2 } };

test.each(estimatorNames)("%s is a gate: a step has finite gradients that reach the gater, and a readout", (name) => {
  const classes = name.startsWith("categorical") || name === "gumbel-softmax" ? { classes: 3 } : {};
  const gate = { name, ...classes, ...fitting[name] } as EstimatorConfig;
  const { model, params, states } = made({ gated: [{ blocks: 6, width: 2, gater, gate }] });
  const pass = model.train(params, { x, label: labels }, key(5), states);
  const wrt = leaves(params as Tree<Tensor>).map((leaf) => leaf.value);
  const grads = evaluate(gradients(pass.loss.sum(), wrt));
  expect(grads.every(({ data }) => data.every(Number.isFinite))).toBe(true);
  const toGater = grads[wrt.indexOf(params[1]!.weight!)]!;
  expect(toGater.data.some((g) => g !== 0)).toBe(true);
  const [{ output }] = model.hidden(params, x, "deterministic", key(0)) as unknown as [{ output: Tensor }];
  const bits = value(output);
  expect(bits.every(Number.isFinite)).toBe(true);
  if (model.thresholds.length > 0) expect(bits.every((g) => g === 0 || g === 1)).toBe(true);
  expect(value(model.output(params, x, "deterministic", key(0))).every(Number.isFinite)).toBe(true);
});
