/** Saved networks of every kind predict what the network itself gives, in the library and in heaviside/inference. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { wasmBackend } from "../backends/wasm/wasm.ts";
import { UserError } from "../errors.ts";
import { constant, evaluate, mapTree, NdArray, type Tensor, type Tree } from "../graph/index.ts";
import { predictor as inference } from "../inference/index.ts";
import { remembered } from "../models/feed.ts";
import type { Params } from "../models/model.ts";
import { key } from "../random/index.ts";
import { loadModel } from "./load-model.ts";
import { predictor } from "./predictor.ts";
import { save } from "./save.ts";
import { maxout, models, wave } from "./testing.ts";

const simd = readFileSync(new URL("../backends/wasm/simd-single.wasm", import.meta.url));
const own = { stages: { maxout } };

/** Parameters other than the first ones: thresholds and biases that aren't 0. */
const perturbed = (params: Params<NdArray>): Params<NdArray> =>
  mapTree(params as Tree<NdArray>, ({ data, shape }) => {
    const noise = wave(data.length, 5);
    return new NdArray(
      Float32Array.from(data, (value, i) => value + noise[i]! / 8),
      shape,
    );
  }) as Params<NdArray>;

const examplesOf = (shape: readonly number[], count: number): number[][] => {
  const size = shape.reduce((a, b) => a * b, 1);
  return Array.from({ length: count }, (_, i) => [...wave(size, 3 * i)]);
};

describe.each(Object.entries(models))("a network of %s", (_, make) => {
  const model = make();
  const params = perturbed(model.init(3).params);
  const bytes = save({ model, params });
  const count = 11;
  const x = examplesOf(model.inputShape, count);
  const lengths = Object.hasOwn(model.fields, "lengths")
    ? Array.from({ length: count }, (_, i) => 1 + (i % 5))
    : undefined;
  const given = lengths ? { x, lengths } : x;
  const deterministic = model.head.readouts === undefined;

  test("comes back from its file", () => {
    const loaded = loadModel(bytes, own);
    expect(loaded.model.config).toEqual(model.config);
    expect(loaded.params).toEqual(params);
  });

  const only = deterministic ? test : () => {};
  only("predicts what the network gives", async () => {
    const predict = await predictor(bytes, { ...own, backend: "reference" });
    const tensors = mapTree(params as Tree<NdArray>, (p) => constant(p)) as Params<Tensor>;
    const input = constant(new NdArray(Float32Array.from(x.flat()), [count, ...model.inputShape]));
    const fields = lengths ? { lengths: constant(new NdArray(Int32Array.from(lengths), [count])) } : {};
    const { predicted } = model.predict(tensors, input, "deterministic", key(0), fields);
    const wanted = evaluate(Object.values(predicted));
    const predictions = predict.batch(given) as unknown as Record<string, unknown>[];
    expect(predictions).toHaveLength(count);
    Object.keys(predicted).forEach((name, k) => {
      const found = predictions.flatMap((prediction) => {
        const value = prediction[name]!;
        if (typeof value === "number") return [value];
        return [...(value instanceof NdArray ? value.data : (value as Float32Array))];
      });
      expect(found).toEqual([...wanted[k]!.data]);
    });
    await predict.close();
  });

  test("predicts the same bits by its stored programs, one by one and many at once, with noise and without", async () => {
    const backend = await wasmBackend({ threads: 1, relaxed: false });
    const [here, there] = [await predictor(bytes, { ...own, backend }), await inference(bytes, { wasm: simd })];
    expect(there.batch(given)).toEqual(here.batch(given));
    const one = lengths ? { x: x[3]!, lengths: lengths[3]! } : x[3]!;
    expect(there(one)).toEqual(here(one));
    const options = { passes: 70, seed: 5 };
    expect(there(one, options)).toEqual(here(one, options));
    await Promise.all([here.close(), there.close(), backend.close()]);
  });
});

describe("what can't be read is named", () => {
  const model = models.classes!();
  const bytes = save({ model, params: model.init(1).params, fields: remembered(model, {}) });
  const steps = models.steps!();
  const lengthened = save({ model: steps, params: steps.init(1).params });

  test.each<[string, unknown]>([
    ["predict: x must be an example [6], or a list of examples, received [5]", [1, 2, 3, 4, 5]],
    ["predict: x must be an example [6], or a list of examples, received [2, 7]", [wave(7), wave(7)]],
    ["predict: x must be an example [6], or a list of examples, received [0]", []],
    ['predict: x must be an example [6], or a list of examples, received "six"', "six"],
    ["predict: x is missing: give { x } with a value for each", undefined],
    ["predict: x, value 2 must be a finite number, received NaN (counted from 0)", [0, 0, Number.NaN, 0, 0, 0]],
    [
      "predict: x, example 1, value 5 must be a finite number, received null (counted from 0)",
      [
        [0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, null],
      ],
    ],
    [
      "predict: x must be of examples of one shape: number 0 is [6], number 1 is [5]",
      [
        [0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0],
      ],
    ],
    ["predict: pixels is no field of this network, which reads x", { pixels: [1] }],
  ])("%s", async (message, given) => {
    const predict = await inference(bytes, { wasm: simd });
    expect(() => predict(given as never)).toThrow(new UserError(message));
  });

  test.each<[string, unknown]>([
    ["predict: lengths is missing: give { x, lengths } with a value for each", wave(15)],
    ["predict: lengths must be of as many examples as x, one, received a list of 2", { x: wave(15), lengths: [1, 2] }],
    ["predict: lengths must be a whole number, received 1.5 (counted from 0)", { x: wave(15), lengths: 1.5 }],
  ])("%s", async (message, given) => {
    const predict = await inference(lengthened, { wasm: simd });
    expect(() => predict(given as never)).toThrow(new UserError(message));
  });
});
