import { expect, test } from "vitest";
import { startBackend } from "../backends/select.ts";
import { remember } from "../backends/testing/remember.ts";
import { type LabelledDataset, partOf } from "../data/dataset.ts";
import { loadDataset } from "../data/index.ts";
import { gatedMlp } from "../models/gated-mlp.ts";
import { mlp } from "../models/mlp.ts";
import type { Gated } from "../models/stages/gated/config.ts";
import { train } from "./train.ts";

test("a small network of binary units learns the first digits of MNIST", async () => {
  const all = await loadDataset("mnist", { limit: 600 });
  const data = { ...all, valid: partOf(all.valid, 0, 200), test: partOf(all.test, 0, 200) };
  const model = mlp({ input: [28, 28], hidden: [{ units: 30, estimator: "straight-through-slope" }], classes: 10 });
  const backend = await startBackend("auto", { threads: 1 });
  const result = await train(model, data, {
    epochs: 4,
    batch: 30,
    optimizer: { name: "adam", rate: 0.01 },
    backend,
  });
  await backend.close();
  // Guessing makes 90% errors.
  expect(result.test.deterministic.error).toBeLessThan(30);
  expect(result.train.error).toBeLessThan(result.history[0]!.train.error);
});

const thousand = remember<Promise<LabelledDataset>>();

test.each<[string, Gated]>([
  ["KL", { blocks: 150, gate: "straight-through", sparsity: { name: "kl", target: 0.1, weight: 0.003 } }],
  ["adaptive L1", { blocks: 150, gate: "noisy-rectifier", sparsity: { name: "adaptive-l1", target: 0.1 } }],
  ["beta noise", { blocks: 150, gate: "smooth-times-stochastic", sparsity: { name: "beta-noise", target: 0.1 } }],
  ["balance", { blocks: 150, gate: "score-function", sparsity: { name: "balance", target: 0.1, step: 0.05 } }],
  ["nothing", { blocks: 50, width: 3, activation: "rectifier", gate: "straight-through-open", open: 0.1 }],
])("gates under control of %s are open for a tenth of MNIST's test set, to one point", async (_, gated) => {
  const data = await thousand("mnist", () => loadDataset("mnist", { limit: 1000 }));
  const model = gatedMlp({
    input: [28, 28],
    gated: [{ ...gated, gater: { name: "dense", hidden: 30 } }],
    classes: 10,
  });
  const backend = await startBackend("auto", { threads: 1 });
  const { valid, test: held } = await train(model, data, {
    epochs: 1,
    batch: 32,
    optimizer: { name: "sgd", rate: 0.1 },
    backend,
  });
  await backend.close();
  for (const { gates } of [valid, held.deterministic]) expect(Math.abs(gates![0]!.open - 0.1)).toBeLessThan(0.01);
  expect(held.deterministic.error).toBeLessThan(60);
});
