/** A recurrent network that is trained along a stream whose batches continue each other. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { startBackend } from "../backends/select.ts";
import { inMemory } from "../data/in-memory.ts";
import { charactersOf } from "../data/sequences/characters.ts";
import type { NdArray } from "../graph/index.ts";
import { stepClasses } from "../models/heads/step-classes.ts";
import { network } from "../models/network.ts";
import { perStep } from "../models/stages/per-step.ts";
import { type RecurrentOptions, recurrent } from "../models/stages/recurrent.ts";
import { loadModel } from "../predict/load-model.ts";
import { Interrupted } from "./events.ts";
import type { TrainOptions } from "./options.ts";
import { abortAt, remains } from "./testing.ts";
import { train } from "./train.ts";

const on = await startBackend("auto", { threads: 1 });
const [T, C, BATCH] = [4, 3, 3];
const text = Array.from({ length: 200 }, (_, i) => "abc"[(i * i + (i >> 2)) % 3]).join("");
const data = charactersOf(text, "a.txt", { length: T, valid: 0.1, test: 0.1 });
const net = (options: Partial<RecurrentOptions> = {}, more = {}) =>
  network({
    input: [T, C],
    stages: [
      recurrent({ cell: { name: "lstm" }, units: 4, output: "sequence", carryState: true, ...options }),
      perStep({ units: C }),
    ],
    head: stepClasses(T, { classes: C }),
    ...more,
  });
const settings = { epochs: 2, batch: BATCH, seed: 2, backend: on, optimizer: { name: "adam", rate: 0.03 } } as const;
/** Weights that stay as they are: what differs is the state alone. */
const still = { ...settings, optimizer: { name: "sgd", rate: 1e-30 } } as const;

/** The carried state after each of these steps. */
async function states(steps: readonly number[], options: TrainOptions = still, model = net()) {
  const found: (readonly number[])[] = [];
  await train(model, data, {
    ...options,
    lookAt: steps,
    onLook: ({ read }) => {
      const [row] = read().carried as readonly { readonly [name: string]: NdArray }[];
      found.push([...row!.c!.data]);
    },
  });
  return found;
}
const steps = Math.ceil(data.train.size! / BATCH);

describe("a state that is carried from batch to batch", () => {
  test("is that of the whole stretch of text, and begins anew with each epoch", async () => {
    const [none, one, two, , again] = await states([0, 1, 2, steps, steps + 1]);
    expect(none!.every((v) => v === 0)).toBe(true);
    expect(two).not.toEqual(one);
    expect(new Set(again).size).toBeGreaterThan(1);
    // The epoch's first batch from zeros: the same as of a training that carries nothing else.
    const model = net();
    const first = [...(data.train.batches(2, BATCH, settings.seed) as Iterable<{ x: NdArray; label: NdArray }>)][0]!;
    const single = {
      ...data,
      train: { ...data.train, size: BATCH, batches: () => [first] },
    };
    const alone: number[][] = [];
    await train(model, single, {
      ...{ ...still, epochs: 1, lookAt: [1] },
      onLook: ({ read }) => void alone.push([...(read().carried[0] as { c: NdArray }).c.data]),
    });
    expect(again).toEqual(alone[0]);
  });

  test("changes training and nothing at validation; without it each example begins at zeros", async () => {
    const [carried, plain] = [await train(net(), data, still), await train(net({ carryState: false }), data, still)];
    expect(carried.history[0]!.valid).toEqual(plain.history[0]!.valid);
    expect(carried.history[0]!.train).not.toEqual(plain.history[0]!.train);
  });

  test("comes out of the checkpoint as it went in: a resumed training is bit-identical", async () => {
    const root = await mkdtemp(join(tmpdir(), "heaviside-carry-"));
    try {
      const [whole, stopped] = [join(root, "whole"), join(root, "stopped")];
      const options = { ...settings, weightNoise: { name: "fixed", deviation: 0.05, per: "example" } } as const;
      const model = net({ cell: { name: "lstm", gates: "straight-through" } }, { trainingSamples: 2 });
      const one = await train(model, data, { ...options, runFolder: whole });
      await expect(train(model, data, { ...options, runFolder: stopped, signal: abortAt(3) })).rejects.toThrow(
        Interrupted,
      );
      const two = await train(model, data, { ...options, runFolder: stopped, resume: true });
      expect(await remains(stopped, two)).toEqual(await remains(whole, one));
      expect(loadModel(await readFile(join(whole, "checkpoint.safetensors"))).params).toEqual(one.params);
    } finally {
      await rm(root, { recursive: true });
    }
  });

  test("is refused where batches don't continue each other", async () => {
    const message =
      "train: carryState of recurrent1 needs a stream whose batches continue each other, as the data set characters does, received characters: omit carryState (--carry-state)";
    await expect(train(net(), await inMemory(data), settings)).rejects.toThrow(message);
  });
});
