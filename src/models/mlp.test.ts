import { describe, expect, test } from "vitest";
import type { Estimator } from "../estimators/estimator.ts";
import {
  ancestors,
  array,
  attachGradient,
  constant,
  crossEntropy,
  dependencies,
  evaluate,
  gradients,
  leaves,
  mapTree,
  NdArray,
  needed,
  type Tensor,
  type Tree,
} from "../graph/index.ts";
import { key } from "../random/index.ts";
import { type MlpOptions, mlp } from "./mlp.ts";
import type { Params } from "./model.ts";

const double = (tree: Tree<NdArray>) => mapTree(tree, ({ data, shape }) => new NdArray(Float64Array.from(data), shape));
const tensors = (tree: Tree<NdArray>) => mapTree(tree, (x) => constant(x)) as Params<Tensor>;
const value = (x: Tensor): number[] => Array.from(evaluate([x])[0]!.data);
const total = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0);

const inputs = array(
  [
    [0.2, -0.4, 0.9],
    [1, 0.3, -0.7],
  ],
  { dtype: "float64" },
);
const x = constant(inputs);
const labels = constant(array(Int32Array.of(2, 0)));

/** A model with its weights, in double precision. */
function made(hidden: MlpOptions["hidden"]) {
  const model = mlp({ input: 3, hidden, classes: 3 });
  const { params, states } = model.init(7);
  const numbers = double(params as Tree<NdArray>) as Params<NdArray>;
  // Biases other than 0, so that a lost one shows.
  for (const { bias } of numbers) bias!.data.forEach((_, i) => (bias!.data[i] = 0.1 * (i + 1)));
  return {
    model,
    numbers,
    states: states.map((state) => mapTree(state as Tree<NdArray>, (s) => constant(s))) as never,
  };
}

/** Gradients of the summed loss, beside central differences of `loss` over every parameter. */
function compareGradients(hidden: MlpOptions["hidden"], loss: (numbers: Params<NdArray>) => number) {
  const { model, numbers, states } = made(hidden);
  const params = tensors(numbers as Tree<NdArray>);
  const pass = model.train(params, { x, label: labels }, key(3), states);
  const wrt = leaves(params as Tree<Tensor>).map((leaf) => leaf.value);
  const summed = pass.loss.sum();
  const received = evaluate(gradients(summed, wrt));
  leaves(numbers as Tree<NdArray>).forEach(({ value: { data } }, k) => {
    for (let i = 0; i < data.length; i++) {
      const before = data[i]!;
      const [above, below] = [1e-5, -1e-5].map((d) => {
        data[i] = before + d;
        return loss(numbers);
      });
      data[i] = before;
      expect(received[k]!.data[i]).toBeCloseTo((above! - below!) / 2e-5, 7);
    }
  });
}

describe("mlp's training pass", () => {
  test("through deterministic units has the gradient of central differences", () => {
    const hidden = [
      { units: 4, estimator: "sigmoid" },
      { units: 2, estimator: "tanh" },
    ] as const;
    const { model } = made(hidden);
    compareGradients(hidden, (numbers) =>
      total(value(crossEntropy(model.output(tensors(numbers as Tree<NdArray>), x, "deterministic", key(0)), labels))),
    );
  });

  test("through two layers of exact units has the gradient of the expected loss, pattern by pattern", () => {
    compareGradients(
      [
        { units: 3, estimator: "exact" },
        { units: 2, estimator: "exact" },
      ],
      expectedLoss,
    );
  });

  test("has the loss of the scores that it gives where there is one primary sample", () => {
    const { model, numbers, states } = made([
      { units: 5, estimator: "straight-through" },
      { units: 4, estimator: "score-function" },
    ]);
    const pass = model.train(tensors(numbers as Tree<NdArray>), { x, label: labels }, key(3), states);
    expect(value(pass.loss)).toEqual(value(crossEntropy(pass.output, labels)));
  });

  test.each(["exact", "categorical-exact"] as const)(
    "gives the scores of one sample of the units where an estimator enumerates: %s",
    (estimator) => {
      const { model, numbers, states } = made([{ units: 4, estimator }]);
      const params = tensors(numbers as Tree<NdArray>);
      const pass = model.train(params, { x, label: labels }, key(3), states);
      expect(value(pass.output)).toEqual(value(model.output(params, x, "stochastic", key(3))));
    },
  );

  test("costs L + 1 plain passes with L layers of antithetic pairs, whose detached calls carry no gradient", () => {
    for (const layers of [1, 2, 4]) {
      const { model, numbers, states } = made(Array.from({ length: layers }, () => ({ units: 3, estimator: pair })));
      const params = tensors(numbers as Tree<NdArray>);
      estimates = 0;
      const { loss, states: next } = model.train(params, { x, label: labels }, key(3), states);
      expect(estimates, "a detached call samples, it doesn't estimate").toBe(layers);
      const output = params[layers]!.weight!;
      const wrt = leaves(params as Tree<Tensor>).map((leaf) => leaf.value);
      const grads = gradients(loss.sum(), wrt);
      const forward = needed([loss, ...grads]).filter(
        (n) => n.op.name === "matmul" && dependencies(n).includes(output),
      );
      expect(forward.length).toBe(layers + 1);
      // Only the live pass's scores appear in the gradient of the weights that make them: one outer product.
      const outer = ancestors([grads[wrt.indexOf(output)]!]).filter(
        (n) => n.op.name === "matmul" && n.shape.join() === output.shape.join(),
      );
      expect(outer.length).toBe(1);
      expect(next.slice(0, layers).map((state) => value(state.calls!))).toEqual(new Array(layers).fill([1]));
    }
  });

  test("gives a detached call the value of a live one, and no gradient", () => {
    const withDetached = (share: number): Estimator => ({
      ...pair,
      estimate(a, _key, downstream, state) {
        const live = downstream(a.sigmoid());
        return { loss: live.add(downstream(a.sigmoid(), "detached").mul(share)), state };
      },
    });
    const [alone, both] = [0, 1].map((share) => {
      const { model, numbers, states } = made([
        { units: 4, estimator: withDetached(share) },
        { units: 2, estimator: "sigmoid" },
      ]);
      const params = tensors(numbers as Tree<NdArray>);
      const { loss } = model.train(params, { x, label: labels }, key(3), states);
      const wrt = leaves(params as Tree<Tensor>).map((leaf) => leaf.value);
      return { loss: value(loss), grads: gradients(loss.sum(), wrt).map(value) };
    });
    expect(both!.loss).toEqual(alone!.loss.map((l) => 2 * l));
    expect(both!.grads).toEqual(alone!.grads);
  });

  test("flattens images", () => {
    const flat = mlp({ input: 6, hidden: [{ units: 4, estimator: "straight-through" }], classes: 2 });
    const image = mlp({ input: [2, 3], hidden: [{ units: 4, estimator: "straight-through" }], classes: 2 });
    const params = tensors(flat.init(1).params as Tree<NdArray>);
    const data = Float32Array.from({ length: 12 }, (_, i) => i / 12);
    const [a, b] = [
      flat.output(params, constant(new NdArray(data, [2, 6])), "stochastic", key(1)),
      image.output(params, constant(new NdArray(data, [2, 2, 3])), "stochastic", key(1)),
    ].map(value);
    expect(a).toEqual(b);
  });
});

let estimates = 0;

/** Two passes: the live one with units at ½, the other with units at 1. Counts its calls in its state. */
const pair: Estimator = {
  card: { name: "pair" } as Estimator["card"],
  unit: { sample: (a) => a.mul(0).add(1), readout: (a) => a.sigmoid(), stochastic: true },
  init: () => ({ calls: new NdArray(new Float64Array(1), []) }),
  estimate(a, _key, downstream, { calls }) {
    estimates++;
    const live = downstream(a.mul(0).add(0.5));
    const other = downstream(a.mul(0).add(1), "detached");
    const g = live.sub(other).expandDims(1).broadcastTo(a.shape);
    return { loss: attachGradient(live, a, g), state: { calls: calls!.add(1) } };
  },
};

/** Σ over all patterns of both hidden layers (3 and 2 units), in plain numbers, summed over the examples. */
function expectedLoss(numbers: Params<NdArray>): number {
  const sigmoid = (a: number): number => 1 / (1 + Math.exp(-a));
  const affine = (h: readonly number[], i: number): number[] => {
    const { weight, bias } = numbers[i]!;
    return Array.from(bias!.data, (b, j) => b + total(h.map((v, k) => v * weight!.data[k * bias!.data.length + j]!)));
  };
  const expectation = (a: readonly number[], f: (b: number[]) => number): number =>
    total(
      Array.from({ length: 2 ** a.length }, (_, k) => {
        const b = a.map((_, i) => (k >> i) & 1);
        return f(b) * b.reduce((p, bit, i) => p * (bit ? sigmoid(a[i]!) : 1 - sigmoid(a[i]!)), 1);
      }),
    );
  const target = [2, 0];
  return total(
    [0, 1].map((row) =>
      expectation(affine(Array.from(inputs.data.subarray(3 * row, 3 * row + 3)), 0), (b1) =>
        expectation(affine(b1, 1), (b2) => {
          const y = affine(b2, 2);
          return Math.log(total(y.map(Math.exp))) - y[target[row]!]!;
        }),
      ),
    ),
  );
}

describe("mlp", () => {
  test("begins with weights uniform on ±gain·√(6/(in + out)) and biases 0, by the seed", () => {
    const options: MlpOptions = { input: 300, hidden: [{ units: 100, estimator: "sigmoid", gain: 4 }], classes: 10 };
    const { params } = mlp(options).init(1);
    const bound = 4 * Math.sqrt(6 / 400);
    const weights = Array.from(params[0]!.weight!.data);
    expect(params[0]!.weight!.shape).toEqual([300, 100]);
    expect(Math.max(...weights)).toBeLessThanOrEqual(bound);
    expect(Math.max(...weights)).toBeGreaterThan(0.999 * bound);
    expect(Math.min(...weights)).toBeLessThan(-0.999 * bound);
    expect(params[0]!.bias!.data.every((b) => b === 0)).toBe(true);
    expect(mlp(options).init(1).params).toEqual(params);
    expect(mlp(options).init(2).params[0]!.weight!.data[0]).not.toBe(weights[0]);
    expect(params[1]!.weight!.data[0]! / Math.sqrt(6 / 110)).not.toBeCloseTo(weights[0]! / bound, 5);
  });

  test("lists its layers with shapes, parameters and multiply-adds", () => {
    const { layers, config } = mlp({
      input: [2, 3],
      hidden: [{ units: 4, estimator: "straight-through" }],
      classes: 5,
    });
    expect(layers).toMatchObject([
      { name: "hidden1", kind: "dense + straight-through", input: [6], output: [4], multiplyAdds: 24 },
      { name: "output", kind: "dense", input: [4], output: [5], multiplyAdds: 20, activation: "softmax" },
    ]);
    expect(layers[0]!.parameters).toEqual([
      { name: "weight", shape: [6, 4] },
      { name: "bias", shape: [4] },
    ]);
    expect(JSON.parse(JSON.stringify(config))).toEqual({
      name: "mlp",
      input: [2, 3],
      stages: [
        { kind: "dense", units: 4, estimator: { name: "straight-through" }, name: "hidden1" },
        { kind: "dense", units: 5, name: "output" },
      ],
      head: { kind: "classes", classes: 5 },
    });
  });

  test("gives hidden outputs and firing rates", () => {
    const { model, numbers } = made([
      { units: 4, estimator: "straight-through" },
      { units: 2, estimator: "tanh" },
    ]);
    const params = tensors(numbers as Tree<NdArray>);
    const [first, second] = model.hidden(params, x, "stochastic", key(1));
    expect(value(first!.output).every((h) => h === 0 || h === 1)).toBe(true);
    const [readout] = model.hidden(params, x, "deterministic", key(1));
    const p = value(readout!.output);
    value(first!.rate).forEach((rate, i) => expect(rate).toBeCloseTo((p[i]! + p[i + 4]!) / 2, 12));
    expect(value(second!.rate)).toEqual([1, 1]);
  });

  test.each([
    [{ input: 0 }, "mlp: input must be a whole number at least 1, received 0"],
    [{ input: [] }, "mlp: input must be a number of values or a shape, received []"],
    [{ classes: 1 }, "mlp: classes must be a whole number at least 2, received 1"],
    [{ hidden: { units: 3 } }, "mlp: hidden must be a list of layers"],
    [
      { hidden: [{ units: 2.5, estimator: "sigmoid" }] },
      "mlp: hidden[0].units must be a whole number at least 1, received 2.5",
    ],
    [
      { hidden: [{ units: 2, estimator: "sigmiod" }] },
      'mlp: hidden[0].estimator: there is no estimator "sigmiod", did you mean "sigmoid"?',
    ],
    [
      { hidden: [5] },
      'mlp: hidden[0] must be a layer, such as { units: 5, estimator: "straight-through-slope" }, received 5',
    ],
    [
      { hidden: [{ units: 5 }] },
      "mlp: hidden[0].estimator must be the name of an estimator (npx heaviside estimators lists all 45), received undefined",
    ],
    [
      { hidden: [{ units: 2, estimator: "sigmoid", gain: 0 }] },
      "mlp: hidden[0].gain must be a finite number above 0 and at most 1e+37",
    ],
    [{ hidden: [{ units: 2, estimator: "sigmoid", gain: 1e39 }] }, "received 1e+39"],
    [{ hidden: [{ unit: 2, estimator: "sigmoid" }] }, "received unit"],
    [{ layers: [] }, "mlp: the options are input, hidden, classes, trainingSamples, recompute, received layers"],
  ])("refuses %o", (options, message) => {
    expect(() => mlp({ input: 4, hidden: [], classes: 2, ...options } as never)).toThrow(message);
  });
});
