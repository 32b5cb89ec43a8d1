import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inputAndClasses } from "../data/dataset.ts";
import { predictor as inference } from "../inference/index.ts";
import { gatedMlp } from "../models/gated-mlp.ts";
import { Interrupted } from "../train/events.ts";
import { abortAt, toyData } from "../train/testing.ts";
import { train } from "../train/train.ts";
import { loadModel } from "./load-model.ts";
import { predictor } from "./predictor.ts";

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
  expect(() => loadModel(bytes.subarray(0, 20), { name: "my file" })).toThrow(/my file ends after 20 bytes/);
});

test.each([
  ["", "is not a saved model: it is empty"],
  ["a,b\n1", "is not a saved model: it doesn't begin as one"],
  ["length,weight,price\n1,2,3\n4,5,6\n", "is not a saved model: it doesn't begin as one"],
])(
  "a file of another kind is no saved model, in predictor and heaviside/inference alike: %j",
  async (text, message) => {
    const bytes = new TextEncoder().encode(text);
    for (const read of [predictor, inference])
      await expect(read(bytes)).rejects.toThrow(`model file: the model ${message}`);
  },
);

test("predictor says where the option wasm belongs", async () => {
  await expect(predictor(new Uint8Array(), { wasm: "/wasm/" } as object)).rejects.toThrow('await backend("wasm", { wasm })'); // biome-ignore format: one line
});
