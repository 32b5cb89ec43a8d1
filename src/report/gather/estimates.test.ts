/** What a network of numbers says, against predictions of the network itself. */
import { expect, test } from "vitest";
import { backend } from "../../backends/select.ts";
import { datasetFromArrays } from "../../data/index.ts";
import { classes } from "../../models/heads/classes.ts";
import { values } from "../../models/heads/values.ts";
import type { Model } from "../../models/model.ts";
import { network } from "../../models/network.ts";
import { dense } from "../../models/stages/dense.ts";
import { predictor } from "../../predict/predictor.ts";
import { save } from "../../predict/save.ts";
import { estimatesOf } from "./estimates.ts";

const x = Array.from({ length: 40 }, (_, i) => [Math.sin(i), Math.cos(i)]);
const data = datasetFromArrays({ x, y: x.map(([a, b]) => [a! + b!, a! - b!]) });

test("each target has its true and its predicted numbers, as predict gives them", async () => {
  const model = network({ input: 2, stages: [dense({ units: 3, estimator: "straight-through-slope" }), dense({})], head: values(2) }) as Model; // biome-ignore format: one line
  const { params } = model.init(3);
  const found = estimatesOf(model, params, data, { backend: await backend("reference") })!;
  const { y, x: inputs } = data.test.fields;
  expect(found.map(({ name }) => name)).toEqual(["y[0]", "y[1]"]);
  const predict = await predictor<{ value: Float32Array }>(save({ model, params }), { backend: "reference" });
  for (let row = 0; row < data.test.size; row++) {
    const { value } = predict([inputs.data[2 * row]!, inputs.data[2 * row + 1]!]);
    for (const [target, { truth, predicted }] of found.entries()) {
      expect(truth[row]).toBe(y.data[2 * row + target]);
      expect(predicted[row]).toBeCloseTo(value[target]!, 5);
    }
  }
  await predict.close();
});

test("a network of classes has none", async () => {
  const model = network({ input: 2, stages: [dense({})], head: classes(2) }) as Model;
  const { params } = model.init(1);
  expect(estimatesOf(model, params, data, { backend: await backend("reference") })).toBeUndefined();
});
