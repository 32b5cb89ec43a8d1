import { expect, test } from "vitest";
import { modelFrom } from "./from-config.ts";
import { gatedMlp } from "./gated-mlp.ts";
import { mlp } from "./mlp.ts";
import type { Model } from "./model.ts";

const models: Record<string, Model> = {
  "an mlp": mlp({
    input: [2, 3],
    hidden: [{ units: 4, estimator: "straight-through" }],
    classes: 3,
    trainingSamples: 2,
  }),
  "an mlp without hidden layers": mlp({ input: 6, hidden: [], classes: 3 }),
  "gated blocks behind a trunk": gatedMlp({
    ...{ input: [2, 3], classes: 3, trunk: [{ units: 5, estimator: "rectifier", gain: 2 }] },
    gated: [
      { blocks: 4, width: 2, output: 6, gain: 3, gate: { name: "top-k", k: 2 } },
      { blocks: 8, gate: "straight-through", gaterRate: 0.5, sparsity: { name: "kl", target: 0.1, weight: 0.01 } },
    ],
  }),
};

test.each(Object.entries(models))(
  "%s comes back from its config as JSON, the same to the first weights",
  (_, model) => {
    const again = modelFrom(JSON.parse(JSON.stringify(model.config)));
    expect(again.config).toEqual(model.config);
    expect(again.layers.map(({ kind, parameters }) => ({ kind, parameters }))).toEqual(
      model.layers.map(({ kind, parameters }) => ({ kind, parameters })),
    );
    expect(again.init(7)).toEqual(model.init(7));
  },
);

test("what is no model's config is refused with the names there are", () => {
  expect(() => modelFrom({ name: "mlpp", input: 3 })).toThrow(
    'model: name must be one of mlp, gated-mlp, received "mlpp"',
  );
  expect(() => modelFrom({ name: "toString" })).toThrow('received "toString"');
  expect(() => modelFrom(null)).toThrow("received undefined");
});

test("a gated layer's gain is the factor on what its blocks send through first, and on nothing else", () => {
  const fresh = (gain: number) =>
    gatedMlp({
      input: 5,
      classes: 3,
      gated: [{ blocks: 4, gain, gate: "straight-through", gater: { name: "dense", hidden: [] } }],
    }).init(1).params[1]!;
  const [one, three] = [fresh(1), fresh(3)];
  expect([...three.out!.data]).toEqual([...one.out!.data].map((w) => expect.closeTo(3 * w, 5)));
  expect([three.weight, three.bias]).toEqual([one.weight, one.bias]);
});
