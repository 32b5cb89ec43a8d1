import { describe, expect, test } from "vitest";
import { UserError } from "../errors.ts";
import type { Estimator } from "../estimators/estimator.ts";
import { estimatorFor } from "../estimators/index.ts";
import { autoencoder } from "./autoencoder.ts";
import { modelFrom, type Own } from "./from-config.ts";
import { gatedMlp } from "./gated-mlp.ts";
import { bits } from "./heads/bits.ts";
import { gaussian } from "./heads/gaussian.ts";
import { values } from "./heads/values.ts";
import { mlp } from "./mlp.ts";
import type { Model } from "./model.ts";
import { network } from "./network.ts";
import { dense } from "./stages/dense.ts";
import { huber, maxout, residual } from "./testing.ts";

const mine: Estimator = { ...estimatorFor("disarm"), card: { ...estimatorFor("disarm").card, name: "mine" } };
const own: Own = { estimators: [mine], stages: { maxout, residual }, heads: { huber } };

const models: Record<string, Model> = {
  "an mlp": mlp({
    input: [2, 3],
    hidden: [{ units: 4, estimator: "straight-through" }],
    classes: 3,
    trainingSamples: 2,
    recompute: true,
  }),
  "an mlp without hidden layers": mlp({ input: 6, hidden: [], classes: 3 }),
  "gated blocks behind a trunk": gatedMlp({
    ...{ input: [2, 3], classes: 3, trunk: [{ units: 5, estimator: "rectifier", gain: 2 }] },
    gated: [
      { blocks: 4, width: 2, output: 6, gain: 3, gate: { name: "top-k", k: 2 } },
      { blocks: 8, gate: "straight-through", gaterRate: 0.5, sparsity: { name: "kl", target: 0.1, weight: 0.01 } },
    ],
  }),
  "an autoencoder": autoencoder({
    ...{ mean: Float32Array.of(0.5, 0.1, 0), network: "nonlinear", latents: 4, layers: 2 },
    estimator: { name: "leave-one-out", samples: 3 },
  }),
  "a regression with a learned variance": network({
    ...{ input: 3, field: "table", name: "house prices", head: gaussian([2], { field: "prices" }) },
    stages: [dense({ units: 4, estimator: "tanh", gain: 0.5 }), dense({ units: 3, name: "narrow" }), dense({})],
  }),
  "bits of its own input": network({
    ...{ input: [2, 2], head: bits([2, 2], { field: "x" }) },
    stages: [dense({ units: 3, estimator: "disarm" }), dense({})],
  }),
  "stages, a head and an estimator of the user's own": network({
    ...{ input: 3, head: huber({ shape: [2], delta: 0.25 }) },
    stages: [maxout({ units: 4 }), dense({ units: 3, estimator: mine }), residual({ estimator: "tanh" }), dense({})],
  }),
};

test.each(Object.entries(models))(
  "%s comes back from its config as JSON, the same to the first weights",
  (_, model) => {
    const again = modelFrom(JSON.parse(JSON.stringify(model.config)), own);
    expect(again.config).toEqual(model.config);
    expect([again.name, again.input, again.inputShape]).toEqual([model.name, model.input, model.inputShape]);
    expect(JSON.stringify(again.layers)).toEqual(JSON.stringify(model.layers));
    expect(JSON.stringify(again.head)).toEqual(JSON.stringify(model.head));
    expect(again.unitLayers.map(({ estimator }) => estimator.card)).toEqual(
      model.unitLayers.map(({ estimator }) => estimator.card),
    );
    expect(again.init(7)).toEqual(model.init(7));
  },
);

test("configs say what was chosen, in one form", () => {
  expect(models["a regression with a learned variance"]!.config).toEqual({
    ...{ name: "house prices", input: [3], field: "table" },
    stages: [
      { kind: "dense", units: 4, estimator: { name: "tanh" }, gain: 0.5 },
      { kind: "dense", units: 3, name: "narrow" },
      { kind: "dense", units: 2 },
    ],
    head: { kind: "gaussian", shape: [2], field: "prices" },
  });
  expect(models["stages, a head and an estimator of the user's own"]!.config).toEqual({
    ...{ name: "network", input: [3] },
    stages: [
      { kind: "maxout", units: 4 },
      { kind: "dense", units: 3, estimator: { name: "mine" } },
      { kind: "residual", estimator: "tanh" },
      { kind: "dense", units: 2 },
    ],
    head: { kind: "huber", shape: [2], delta: 0.25 },
  });
});

describe("what is no network's config is refused:", () => {
  const whole = { input: 3, stages: [{ kind: "dense", units: 1 }], head: { kind: "values", shape: [1] } };
  test.each<[string, unknown, string]>([
    ["nothing", null, "network must be an object, received null"],
    ["a list", [1], "network must be an object, received [1]"],
    ["no stages", { name: "mlpp", input: 3 }, "network: stages must be a list, received undefined"],
    ["another key", { ...whole, hidden: [] }, "network: the options are name, input, inputSpikes, preprocess, field, stages, head, trainingSamples, recompute, received hidden"], // biome-ignore format: one line
    ["a stage of null", { ...whole, stages: [null] }, "network: stages[0] must be an object, received null"],
    ["a stage without a kind", { ...whole, stages: [{ units: 3 }] }, "network: stages[0]: kind must be one of dense, conv, pool, global-pool, normalise, dropout, flatten, residual, gated, gated-conv, latent, recurrent, per-step, encode, over-time, received undefined"], // biome-ignore format: one line
    ["a misspelt stage", { ...whole, stages: [{ kind: "densee" }] }, "(did you mean dense?)"],
    ["a stage that nobody passed", { ...whole, stages: [{ kind: "maxout", units: 2 }] }, "pass one of your own as { stages: { maxout: … } }"], // biome-ignore format: one line
    ["what every object has", { ...whole, stages: [{ kind: "toString" }] }, 'received "toString"'],
    ["an option that the stage hasn't", { ...whole, stages: [{ kind: "dense", unit: 2 }] }, "received unit"],
    ["no head", { ...whole, head: undefined }, "network: head must be an object, received undefined"],
    ["a head that nobody passed", { ...whole, head: { kind: "huber" } }, "network: head: kind must be one of classes, values, gaussian, bits, step-classes, mixture, evidence"], // biome-ignore format: one line
    ["a head of other outputs", { ...whole, head: { kind: "classes", classes: 4 } }, "the head classes reads [4], the last stage outputs [1]"], // biome-ignore format: one line
    ["no input", { ...whole, input: undefined }, "network: input must be a number of values or a shape"],
    ["samples that are none", { ...whole, trainingSamples: 0 }, "network: trainingSamples must be a whole number"],
    ["an estimator that nobody passed", { ...whole, stages: [{ kind: "dense", units: 1, estimator: { name: "mine" } }] }, "network: stages[0].estimator must be the name of an estimator"], // biome-ignore format: one line
  ])("%s", (_, config, message) => {
    expect(() => modelFrom(config)).toThrow(message);
    expect(() => modelFrom(config)).toThrow(UserError);
  });
});

test("a config of values alone has one of them", () => {
  const model = modelFrom({ input: 3, stages: [{ kind: "dense" }], head: { kind: "values" } });
  expect(model.config).toMatchObject({ stages: [{ kind: "dense", units: 1 }], head: { kind: "values", shape: [1] } });
  expect(model.head).toMatchObject({ config: values(1).config });
});

test("a gated layer's gain is the factor on what its blocks output through first, and on nothing else", () => {
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
