import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inputAndClasses } from "../data/dataset.ts";
import { gatedMlp } from "../models/gated-mlp.ts";
import { Interrupted } from "../train/events.ts";
import { abortAt, toyData } from "../train/testing.ts";
import { train } from "../train/train.ts";
import { loadModel } from "./load-model.ts";

const data = toyData();
const model = gatedMlp({
  ...inputAndClasses(data),
  gated: [{ blocks: 6, width: 2, activation: "rectifier", gate: "straight-through", open: 0.5 }],
});

test("the network that was trained comes back from its checkpoint's bytes: its model, and the parameters that were chosen", async () => {
  const folder = join(await mkdtemp(join(tmpdir(), "heaviside-load-")), "run");
  const trained = await train(model, data, { epochs: 3, batch: 10, backend: "reference", runFolder: folder });
  const loaded = loadModel(await readFile(join(folder, "checkpoint.safetensors")));
  await rm(folder, { recursive: true });
  expect(loaded.model.config).toEqual(model.config);
  expect(loaded.params).toEqual(trained.params);
  expect([loaded.epoch, loaded.valid]).toEqual([trained.selectedEpoch, trained.valid]);
});

test("a run that was stopped before its first epoch has nothing to read yet", async () => {
  const folder = join(await mkdtemp(join(tmpdir(), "heaviside-load-")), "run");
  const stopped = train(model, data, { batch: 10, backend: "reference", runFolder: folder, signal: abortAt(3) });
  await expect(stopped).rejects.toThrow(Interrupted);
  const bytes = await readFile(join(folder, "checkpoint.safetensors"));
  await rm(folder, { recursive: true });
  expect(() => loadModel(bytes, { name: "my file" })).toThrow(
    "checkpoint: my file contains no completed epoch: train it further",
  );
  expect(() => loadModel(bytes.subarray(0, 100), { name: "my file" })).toThrow(/my file ends after 100 bytes/);
});
