/** Recurrent networks in training: sequences of several lengths, estimators in time that keep something, and resumed runs. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { datasetFromArrays } from "../data/from-arrays.ts";
import { UserError } from "../errors.ts";
import { NdArray } from "../graph/index.ts";
import { recurrentNetwork } from "../models/recurrent.ts";
import { loadModel } from "../predict/load-model.ts";
import { Interrupted } from "./events.ts";
import { abortAt } from "./testing.ts";
import { train } from "./train.ts";

const STEPS = 3;
/** The class is the sign of the first number; what stands behind a sequence's end is anything. */
const examples = Array.from({ length: 60 }, (_, i) => ({
  x: Array.from({ length: STEPS }, (_, t) => [Math.sin(3 * i + 11 * t), t === 0 ? 1 : 0]),
  label: Math.sin(3 * i) > 0 ? 1 : 0,
  length: 1 + (i % STEPS),
}));
const dataOf = (lengths: readonly number[]) =>
  datasetFromArrays(
    {
      x: examples.map(({ x }) => x),
      label: Int32Array.from(examples, ({ label }) => label),
      lengths: Int32Array.from(lengths),
    },
    { classes: { label: 2 } },
  );
const data = dataOf(examples.map(({ length }) => length));
const model = recurrentNetwork({
  ...{ input: [STEPS, 2], classes: 2, units: 4, lengths: "lengths" },
  cell: { name: "lstm", inputEstimator: "score-function-moving-average" },
});
const options = {
  ...{ epochs: 10, batch: 10, seed: 3, backend: "reference" as const },
  optimizer: { name: "adam", rate: 0.05 } as const,
};

describe("a recurrent network with a gate that decides", () => {
  test("learns, comes back from its checkpoint, and resumes bit for bit with what its estimators keep", async () => {
    const folder = join(await mkdtemp(join(tmpdir(), "heaviside-recurrent-")), "run");
    const whole = await train(model, data, options);
    expect(whole.history.at(-1)!.train.nll).toBeLessThan(0.85 * whole.history[0]!.train.nll);
    await expect(train(model, data, { ...options, runFolder: folder, signal: abortAt(17) })).rejects.toThrow(
      Interrupted,
    );
    const resumed = await train(model, data, { ...options, runFolder: folder, resume: true });
    const loaded = loadModel(await readFile(join(folder, "checkpoint.safetensors")));
    await rm(folder, { recursive: true });
    expect(resumed.params).toEqual(whole.params);
    expect(loaded.model.config).toEqual(model.config);
    expect(loaded.params).toEqual(whole.params);
  });

  test("refuses lengths beyond its steps, and data without them", async () => {
    const { fields } = data.train;
    const beyond = new NdArray(
      fields.lengths.data.map(() => STEPS + 1),
      fields.lengths.shape,
    );
    const long = { ...data, train: { ...data.train, fields: { ...fields, lengths: beyond } } };
    await expect(train(model, long, options)).rejects.toThrow(
      new RegExp(`lengths must be within \\[[01], ${STEPS}\\]`),
    );
    const { x, label } = fields;
    const lacking = { ...data, train: { ...data.train, fields: { x, label } } } as never;
    await expect(train(model, lacking, options)).rejects.toThrow(UserError);
  });
});
