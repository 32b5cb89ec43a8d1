import { expect, test } from "vitest";
import { referenceBackend } from "../backends/reference/reference.ts";
import type { SplitName } from "../data/dataset.ts";
import { labelledDataset, labelledSplit } from "../data/testing.ts";
import { crossEntropy, greater, matmul, maximum, reshape, type Tensor } from "../graph/index.ts";
import { affineInit } from "../layers/affine.ts";
import { type GatedBlocksParams, gatedBlocks, gatedBlocksInit } from "../layers/gated-blocks.ts";
import { autoencoder, classes as classesHead, defineStage, dense, network } from "../models/index.ts";
import { mlp } from "../models/mlp.ts";
import type { Model, Params } from "../models/model.ts";
import { key } from "../random/index.ts";
import { resolveTraining } from "../train/index.ts";
import { accountsOf, freshState, timingOf } from "./timings.ts";

const [I, K, S, C] = [6, 10, 3, 4];

/** Blocks whose gates are open where a fixed map of the input is above 0: about half of them. */
function gatedModel(closed: "skip" | "evaluate"): Model {
  const scores = (params: Params<Tensor>, x: Tensor, how: typeof closed): Tensor => {
    const h = reshape(x, [x.shape[0]!, I]);
    const gates = greater(matmul(h, params[0]!.weight!), 0);
    return gatedBlocks(params[1] as unknown as GatedBlocksParams<Tensor>, h, gates, { closed: how });
  };
  return {
    ...mlp({ input: I, hidden: [], classes: C }),
    init: () => ({
      params: [
        { weight: affineInit(key(1), I, K).weight },
        gatedBlocksInit(key(2), { input: I, blocks: K, width: S, output: C }),
      ],
      states: [{}, {}],
    }),
    train: (params, { x, label }) => {
      const output = scores(params, x!, closed);
      return { loss: crossEntropy(output, label!), output, states: [{}, {}], moved: [{}, {}], observed: [] };
    },
    output: (params, x) => scores(params, x, "skip"),
  };
}

const split = (name: SplitName, size: number) =>
  labelledSplit(
    name,
    Float32Array.from({ length: size * I }, (_, i) => Math.sin(3 * i)),
    Int32Array.from({ length: size }, (_, i) => i % C),
  );
const classes = Array.from({ length: C }, (_, i) => `${i}`);
const splits = { train: split("train", 40), valid: split("valid", 20), test: split("test", 20) };
const data = labelledDataset("waves", classes, splits);

const subjectOf = <D extends Model | undefined>(model: Model, dense: D) => {
  const training = resolveTraining({ optimizer: { name: "sgd", rate: 0.1 }, batch: 8 });
  return { model, dense, state: freshState(model, training), training };
};

test("training counts what its step really does: with closed gates read, all blocks; skipped, the open ones", () => {
  const on = referenceBackend();
  const blocks = K * S;
  const [skips, reads] = (["skip", "evaluate"] as const).map((closed) => {
    const model = gatedModel(closed);
    return accountsOf(subjectOf(model, model), data, on);
  });
  // The gate's map learns nothing: its derivative is 0 and its product is made once.
  expect(skips!.training.dense).toBe(I * K + blocks * (2 * I + 3 * C));
  expect(skips!.training.open).toHaveLength(1);
  expect(skips!.training.done).toBeCloseTo(I * K + skips!.training.open[0]! * blocks * (2 * I + 3 * C), 6);
  expect(reads!.training.open).toEqual([]);
  expect(reads!.training.done).toBe(reads!.training.dense);
  expect(reads!.inference).toEqual(skips!.inference);
  expect(skips!.inference.dense).toBe(I * K + blocks * (I + C));
  expect(skips!.inference.open[0]).toBeGreaterThan(0.2);
  expect(skips!.inference.open[0]).toBeLessThan(0.8);
});

test("an autoencoder and a stage of the user's own cost the products that their steps and readings really make", () => {
  const on = referenceBackend();
  const H = 3;
  const bits = { ...data, fields: { x: data.fields.x } };
  const latents = autoencoder({
    ...{ mean: new Array<number>(I).fill(0.5), network: "linear", latents: H },
    estimator: "straight-through",
  });
  const ofLatents = accountsOf(subjectOf(latents as Model, undefined), bits, on);
  expect(ofLatents.inference).toEqual({ dense: 2 * I * H, done: 2 * I * H, open: [] });
  // Encoder: no derivative by the input. Decoder: forward, by its weight, by what it reads.
  expect(ofLatents.training.done).toBe(2 * I * H + 3 * I * H);

  const twice = defineStage("twice", ({ units }: { units: number }, { input }) => ({
    units,
    parameters: { one: [input[0]!, units], two: [input[0]!, units] },
    apply: ({ one, two }, x) => maximum(matmul(x, one!), matmul(x, two!)),
  }));
  const net = network({ input: I, stages: [twice({ units: H }), dense({})], head: classesHead(C) });
  const ofOwn = accountsOf(subjectOf(net as Model, undefined), data, on);
  expect(ofOwn.inference.done).toBe(2 * I * H + H * C);
  expect(ofOwn.training.done).toBe(2 * (2 * I * H) + 3 * H * C);
});

test("a network is timed alone where there is nothing to compare it with", async () => {
  const subject = subjectOf(mlp({ input: I, hidden: [], classes: C }) as Model, undefined);
  const how = { phase: "inference", batch: 3, backend: referenceBackend(), rounds: 3, seconds: 0 } as const;
  expect(Object.keys(await timingOf(subject, data, how)).sort()).toEqual(["batch", "gated", "others", "phase"]);
});

test("all nets are timed in both phases, and the timing leaves the trained weights as they were", async () => {
  const subject = {
    ...subjectOf(gatedModel("skip"), gatedModel("evaluate")),
    small: mlp({ input: I, hidden: [], classes: C }),
  };
  const before = subject.state.params[1]!.weight!.data.slice();
  const rounds: number[] = [];
  for (const phase of ["training", "inference"] as const) {
    const timing = await timingOf(subject, data, {
      ...{ phase, batch: 3, backend: referenceBackend(), rounds: 3, seconds: 0 },
      onRound: (done) => void rounds.push(done),
    });
    expect(timing).toMatchObject({ phase, batch: 3 });
    for (const time of [timing.gated, timing.dense, timing.small!]) {
      expect(time.p50).toBeGreaterThan(0);
      expect(time.p95).toBeGreaterThanOrEqual(time.p50);
    }
    expect(timing.againstDense.low).toBeLessThanOrEqual(timing.againstDense.high);
    expect(timing.againstSmall!.value).toBeGreaterThan(0);
  }
  expect(rounds).toEqual([0, 1, 2, 3, 0, 1, 2, 3]);
  expect(subject.state.params[1]!.weight!.data).toEqual(before);
});
