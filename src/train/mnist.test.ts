import { expect, test } from "vitest";
import { referenceBackend } from "../backends/reference/reference.ts";
import { loadDataset } from "../data/index.ts";
import { mlp } from "../models/mlp.ts";
import { train } from "./train.ts";

test("a small network of binary units learns the first digits of MNIST", async () => {
  const all = await loadDataset("mnist", { limit: 600 });
  const first = (split: typeof all.valid, size: number) => ({
    ...split,
    size,
    inputs: split.inputs.subarray(0, size * 784),
    labels: split.labels.subarray(0, size),
  });
  const data = { ...all, valid: first(all.valid, 200), test: first(all.test, 200) };
  const model = mlp({ input: [28, 28], hidden: [{ units: 30, estimator: "straight-through-slope" }], classes: 10 });
  const result = await train(model, data, {
    epochs: 6,
    batch: 30,
    optimizer: { name: "adam", rate: 0.01 },
    backend: referenceBackend(),
  });
  // Guessing makes 90% errors.
  expect(result.test.deterministic.error).toBeLessThan(30);
  expect(result.train.error).toBeLessThan(result.history[0]!.train.error);
}, 60_000);
