import { expect, test } from "vitest";
import { gatedMlp, mlp } from "../models/index.ts";

import { architecture } from "./architecture.ts";

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
