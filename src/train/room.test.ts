import { describe, expect, test } from "vitest";
import { resolveConfig } from "../config/config.ts";
import { modelFor } from "../config/make.ts";
import { datasetFromArrays } from "../data/index.ts";
import { MOST_ELEMENTS } from "../graph/size.ts";
import { checkBatch } from "./room.ts";

const image = Array.from({ length: 4 }, () => [1, 2, 3, 4]);
const data = datasetFromArrays({
  x: Array.from({ length: 12 }, () => image),
  label: Array.from({ length: 12 }, (_, i) => i % 2),
});
/** The same with as many examples to train on as are wanted. */
const sized = (size: number) => ({ train: { ...data.train, size } });

const checked = (model: object, batch: number, size: number) => {
  const job = resolveConfig({ data: { name: "mnist" }, model, training: { batch } }, "test");
  checkBatch(job.training, modelFor(job, data), sized(size));
};
const wide = { name: "mlp", hidden: [{ units: 1000, estimator: "straight-through" }] };
/** The most examples with 1,000 units. */
const most = Math.floor(MOST_ELEMENTS / 1000);

describe("a mini-batch gives no more values than an array holds", () => {
  test("of units of a layer", () => {
    expect(() => checked(wide, most, 1e9)).not.toThrow();
    expect(() => checked(wide, most + 1, 1e9)).toThrow(
      "train: a mini-batch of 2,147,419 examples must give at most 2,147,418,112 values in a layer, hidden1 would have 2,147,419,000: take a smaller batch, fewer noise samples or fewer units",
    );
  });

  test("of the examples that there are, each with its noise samples", () => {
    expect(() => checked(wide, 1e9, most)).not.toThrow();
    expect(() => checked({ ...wide, trainingSamples: 2 }, 1e9, most)).toThrow(
      "examples, each with 2 noise samples, must",
    );
  });

  test("of all steps of a cell, and of filters at all places", () => {
    const cell = { name: "recurrent", cell: { name: "rnn" }, units: 1000 };
    expect(() => checked(cell, Math.floor(most / 4), 1e9)).not.toThrow();
    expect(() => checked(cell, Math.floor(most / 4) + 1, 1e9)).toThrow("recurrent1 would have");
    const conv = {
      name: "conv",
      stages: [
        { kind: "conv", features: 100, size: 3 },
        { kind: "dense", units: 2 },
      ],
    };
    expect(() => checked(conv, most, 1e9)).toThrow("conv1 would have 3,435,868,800");
  });
});
