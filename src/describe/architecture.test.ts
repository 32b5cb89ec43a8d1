import { expect, test } from "vitest";
import {
  classes,
  conv,
  dense,
  dropout,
  encode,
  gatedConv,
  gatedMlp,
  globalPool,
  lenet,
  mlp,
  network,
  normalise,
  overTime,
  perStep,
  pool,
  recurrent,
  recurrentNetwork,
  residual,
  resnet,
  stepClasses,
  values,
  vgg,
} from "../models/index.ts";
import { architecture, modelTitle } from "./architecture.ts";

test("a network in a few characters", () => {
  const hidden = [{ units: 400, estimator: "rectifier" } as const];
  expect(architecture(mlp({ input: [28, 28], hidden, classes: 10 }))).toBe("784-400-10");
  const blocks = { blocks: 2000, gate: "straight-through" } as const;
  expect(architecture(gatedMlp({ input: [28, 28], gated: [blocks], classes: 10 }))).toBe(
    "784-2000-10, gater 784-400-2000",
  );
  const wide = { blocks: 128, width: 64, output: 30, gate: "rectifier", gater: { name: "dense", hidden: 0 } } as const;
  expect(architecture(gatedMlp({ input: 784, trunk: hidden, gated: [wide, blocks], classes: 10 }))).toBe(
    "784-400-128×64-30-2000-10, gater 400-128, gater 30-400-2000",
  );
});

test("a network of sequences in its steps", () => {
  const lstm = { cell: "lstm", units: 128, classes: 10 } as const;
  expect(modelTitle(mlp({ input: 4, hidden: [], classes: 3 }))).toBe("mlp 4-3");
  expect(modelTitle(recurrentNetwork({ ...lstm, input: 784 }))).toBe(
    "recurrent, 784 steps of 1, 128 lstm units, 10 classes",
  );
  expect(modelTitle(recurrentNetwork({ ...lstm, input: [28, 28], layers: 2, direction: "both", pool: "max" }))).toBe(
    "recurrent, 28 steps of 28, 2 × 128 lstm units, 2 × 128 lstm units, max over steps, 10 classes",
  );
  const gru = recurrent({ cell: "gru", units: 5, output: "sequence" });
  const each = network({
    input: [6, 2],
    stages: [gru, perStep({ units: 3 }), perStep({})],
    head: stepClasses(6, { classes: 4 }),
  });
  expect(modelTitle(each)).toBe("network, 6 steps of 2, 5 gru units, 3 units at each step, 4 classes at each step");
  const coded = network({
    input: 9,
    stages: [
      dense({ units: 7, estimator: "tanh" }),
      encode({ steps: 12, coding: "rate" }),
      recurrent({ cell: "lif", units: 3, output: "sequence" }),
      overTime({ reduce: "sum" }),
    ],
    head: values(3),
  });
  expect(modelTitle(coded)).toBe(
    "network, 9 inputs, 7 units, rate coding in 12 steps of 7, 3 lif units, sum over steps",
  );
  const behind = [dense({ units: 8, estimator: "tanh" }), recurrent({ cell: "gru", units: 3 }), dense({})];
  expect(modelTitle(network({ input: [2, 2], stages: behind, head: classes(3) }))).toBe(
    "network, 4 inputs, 8 units, 8 steps of 1, 3 gru units, 3 classes",
  );
});

test("a network of images in its stages", () => {
  const of = { input: [28, 28], classes: 10, estimator: "disarm" } as const;
  expect(modelTitle(lenet(of))).toBe(
    "lenet, 28 × 28 images, conv 5×5 of 6, max pool 2×2 normalised, conv 5×5 of 16, max pool 2×2 normalised, 120 units normalised, 84 units normalised, 10 classes",
  );
  expect(modelTitle(vgg({ ...of, depth: 2 }))).toBe(
    "vgg, 28 × 28 images, 2 × conv 3×3 of 32 normalised, max pool 2×2 dropout 0.25, 2 × conv 3×3 of 64 normalised, max pool 2×2 dropout 0.25, 256 units normalised dropout 0.5, 10 classes",
  );
  expect(modelTitle(resnet({ ...of, features: 4, depth: 2 }))).toBe(
    "resnet, 28 × 28 images, conv 3×3 of 4 normalised, 2 × residual (2 × conv 3×3 of 4 normalised), residual (conv 3×3 /2 of 8 normalised, conv 3×3 of 8 normalised), residual (2 × conv 3×3 of 8 normalised), residual (conv 3×3 /2 of 16 normalised, conv 3×3 of 16 normalised), residual (2 × conv 3×3 of 16 normalised), global mean pool, 10 classes",
  );
  expect(modelTitle(resnet({ ...of, features: 4, keep: 0.5 }))).toContain(
    "residual (2 × conv 3×3 of 4 normalised) keep 0.833, residual (conv 3×3 /2 of 8 normalised, conv 3×3 of 8 normalised) keep 0.667",
  );
  expect(modelTitle(resnet({ ...of, features: 4, depth: 2, keep: 0.4 }))).toContain(
    "2 × residual (2 × conv 3×3 of 4 normalised) keep 0.9 to 0.8, ",
  );
  const odd = network({
    input: [32, 32, 3],
    stages: [
      residual({
        stages: [conv({ features: 3, groups: "depthwise", dilation: 2 }), residual({ stages: [normalise()] })],
      }),
      pool({ size: [2, 1], stride: 1, reduce: "mean" }),
      dense({ units: 6 }),
      normalise(),
    ],
    head: values(6),
  });
  expect(modelTitle(odd)).toBe(
    "network, 32 × 32 × 3 images, residual (depthwise conv 3×3, dilated of 3, residual (normalised)), mean pool 2×1 /1, 6 outputs normalised",
  );
  const plain = [dropout(), dense({ units: 8, estimator: "tanh" }), normalise(), dense({})];
  expect(modelTitle(network({ input: 4, stages: plain, head: classes(3) }))).toBe(
    "network, 4 inputs, dropout 0.5, 8 units normalised, 3 classes",
  );
  const chance = [
    normalise({ over: "layer" }),
    residual({ stages: [conv({ features: 1 }), dropout({ rate: 0.1, each: "channel" })], keep: 0.5 }),
    residual({ stages: [conv({ features: 1 })], gate: "straight-through" }),
    gatedConv({ features: 4, blocks: 2, gate: "straight-through", normalise: true }),
    dense({}),
  ];
  expect(modelTitle(network({ input: [4, 4], stages: chance, head: classes(3) }))).toBe(
    "network, 4 × 4 images, layer-normalised, residual (conv 3×3 of 1 dropout 0.1 of channels) keep 0.5, gated residual (conv 3×3 of 1), gated conv of 4 normalised, 3 classes",
  );
  const ends = [dense({ units: 16 }), globalPool()];
  expect(() => modelTitle(network({ input: [2, 2], stages: ends, head: classes(3) }))).toThrow("global-pool");
});
