import { expect, test } from "vitest";
import {
  classes,
  dense,
  encode,
  gatedMlp,
  mlp,
  network,
  overTime,
  perStep,
  recurrent,
  recurrentNetwork,
  stepClasses,
  values,
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
