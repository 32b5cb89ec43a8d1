import { expect, test } from "vitest";
import { readSafetensors } from "../formats/safetensors-any.ts";
import { mlp } from "../models/mlp.ts";
import type { Model } from "../models/model.ts";
import { paramsFrom } from "./params-from.ts";
import { save } from "./save.ts";
import { models } from "./testing.ts";

const model = mlp({ input: 4, hidden: [{ units: 3, estimator: "tanh" }], classes: 2 }) as Model;
const own = () => new Map(readSafetensors(save({ model, params: model.init(1).params }), "own"));

test.each([...Object.entries(models)])("of %s, a model file's arrays are its parameters", (_, make) => {
  const network = make();
  const { params } = network.init(5);
  expect(paramsFrom(network, readSafetensors(save({ model: network, params }), "own"))).toEqual(params);
});

test("a weight that is held by unit comes as a matrix", () => {
  const gated = models["rectifying gates"]!();
  const { params } = gated.init(2);
  const arrays = readSafetensors(save({ model: gated, params }), "own");
  const [[row, name, held]] = params.flatMap((layer, i) =>
    Object.entries(layer).flatMap(([own, { shape }]) =>
      shape.length === 3 && shape[1] === 1 ? [[i, own, shape] as const] : [],
    ),
  ) as [[number, string, readonly number[]]];
  expect(arrays.get(`${gated.layers[row]!.name}.${name}`)!.shape).toEqual([held[2], held[0]]);
  expect(paramsFrom(gated, arrays)).toEqual(params);
});

test("whole numbers and doubles become float32", () => {
  const arrays = own().set("output.bias", { type: "float64", shape: [2], data: Float64Array.of(0.1, -3) });
  expect(paramsFrom(model, arrays)[1]!.bias!.data).toEqual(Float32Array.of(0.1, -3));
});

test.each<[string, () => unknown, string]>([
  ["no network", () => paramsFrom(5 as never, own()), "paramsFrom: needs a network, received 5"],
  ["an object", () => paramsFrom(model, {} as never), "paramsFrom: arrays must be a Map by name, as readSafetensors gives it, received {}"], // biome-ignore format: one line
  [
    "another name",
    () => {
      const arrays = own();
      arrays.set("hidden1.weights", arrays.get("hidden1.weight")!);
      arrays.delete("hidden1.weight");
      return paramsFrom(model, arrays);
    },
    "paramsFrom: the arrays lack hidden1.weight and have hidden1.weights, which the network hasn't (did you mean hidden1.weight?); it has hidden1.weight, hidden1.bias, output.weight, output.bias",
  ],
  [
    "one array more",
    () => paramsFrom(model, own().set("extra", { type: "float32", shape: [0], data: new Float32Array(0) })),
    "paramsFrom: the arrays have extra, which the network hasn't; it has hidden1.weight",
  ],
  [
    "PyTorch's order",
    () =>
      paramsFrom(model, own().set("hidden1.weight", { type: "float32", shape: [3, 4], data: new Float32Array(12) })),
    "paramsFrom: hidden1.weight must have the shape [4, 3], received [3, 4]: transpose it, matrices are [in, out]",
  ],
  [
    "another shape",
    () => paramsFrom(model, own().set("hidden1.bias", { type: "float32", shape: [4], data: new Float32Array(4) })),
    "paramsFrom: hidden1.bias must have the shape [3], received [4]",
  ],
  [
    "fewer numbers than its shape says",
    () => paramsFrom(model, own().set("hidden1.bias", { type: "float32", shape: [3], data: new Float32Array(2) })),
    "paramsFrom: hidden1.bias must have a shape and as many numbers as it says, received",
  ],
  [
    "NaN",
    () => paramsFrom(model, own().set("output.bias", { type: "float32", shape: [2], data: Float32Array.of(0, Number.NaN) })), // biome-ignore format: one line
    "paramsFrom: output.bias must be finite numbers, element 1 is NaN",
  ],
])("refuses %s", (_, act, message) => {
  expect(act).toThrow(message);
});
