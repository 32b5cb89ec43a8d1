import { expect, test } from "vitest";
import { classes, dense, gatedConv, network, residual } from "../models/index.ts";
import type { Model } from "../models/model.ts";
import { gateLayersOf } from "./gates.ts";

test("names the layers of gates, with how many there are and how the deterministic readout opens them", () => {
  const model = network({
    input: [4, 4, 2],
    stages: [
      gatedConv({ features: 8, blocks: 4, gate: { name: "top-k", k: 2 } }),
      residual({ stages: [gatedConv({ features: 8, blocks: 2, gate: "straight-through" })], gate: "straight-through" }),
      dense({}),
    ],
    head: classes(2),
  }) as Model;
  expect(gateLayersOf(model)).toEqual([
    { name: "gated-conv1", gates: 4, opens: "highest" },
    { name: "residual-gate1", gates: 1, opens: "threshold" },
    { name: "gated-conv2", gates: 2, opens: "threshold" },
  ]);
  expect(model.observations.map(({ name }) => name)).toEqual(["gates", "gates", "gates"]);
});
