/** Stages of a network that a program made, as its config says them, are stages of a config for `train`. */
import { expect, test } from "vitest";
import { datasetFromArrays } from "../data/index.ts";
import { classes, conv, dense, dropout, flatten, gated, gatedConv, globalPool, network, normalise, pool, residual } from "../models/index.ts"; // biome-ignore format: one line
import { resolveConfig } from "./config.ts";
import { modelFor } from "./make.ts";

const data = datasetFromArrays({
  x: Array.from({ length: 12 }, (_, i) => Array.from({ length: 6 }, (_, row) => [i, row, i + row, 1])),
  label: Array.from({ length: 12 }, (_, i) => i % 3),
});

test("a config of a program's network is read, and makes the same network", () => {
  const model = network({
    ...{ input: [6, 4], head: classes(3) },
    stages: [
      conv({ features: 4, padding: 1, stride: [1, 2], bias: false, name: "first" }),
      conv({ features: 4, padding: [[0, 1], [1, 0]], size: 2, groups: "depthwise" }), // biome-ignore format: as it is read
      conv({ features: 6, padding: [1, 2], groups: 2, estimator: "disarm" }),
      pool({ size: 2, stride: 1, padding: [0, 1] }),
      pool({ size: 2, stride: 1, padding: [[1, 0], [0, 1]], reduce: "mean" }), // biome-ignore format: as it is read
      gatedConv({ features: 6, blocks: 3, gate: "disarm", padding: [[1, 1], [1, 1]], normalise: true }), // biome-ignore format: as it is read
      residual({ stages: [gatedConv({ features: 6, blocks: 2, gate: "disarm" }), normalise()], keep: 0.5 }),
      residual({ stages: [conv({ features: 6 })], gate: { name: "disarm" }, name: "sometimes" }),
      dropout({ each: "channel" }),
      globalPool({ reduce: "max" }),
      residual({ stages: [gated({ blocks: 2, gate: "disarm", output: 6, name: "blocks" })] }),
      flatten(),
      dense({ name: "output" }),
    ],
  });
  const { stages } = JSON.parse(JSON.stringify(model.config)) as { stages: object[] };
  const { model: read } = resolveConfig({ model: { name: "network", stages } }, "train");
  const again = modelFor({ model: read }, data);
  expect(again.config).toEqual(model.config);
  expect(again.layers.map(({ name, output }) => [name, output])).toEqual(
    model.layers.map(({ name, output }) => [name, output]),
  );
});
