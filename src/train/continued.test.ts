/** A training that goes on from a snapshot in memory. */
import { expect, test } from "vitest";
import { howMany } from "../../test/support/full.ts";
import { referenceBackend } from "../backends/reference/reference.ts";
import { UserError } from "../errors.ts";
import { gatedMlp } from "../models/gated-mlp.ts";
import { mlp } from "../models/mlp.ts";
import type { ClassMetric } from "./events.ts";
import type { TrainOptions } from "./options.ts";
import type { Trained } from "./result.ts";
import type { Snapshot } from "./snapshot.ts";
import { toyData } from "./testing.ts";
import { train } from "./train.ts";

const data = toyData();
const model = gatedMlp({
  input: [2, 2],
  gated: [{ blocks: 5, gate: "straight-through", sparsity: { name: "adaptive-l1", target: 0.5 } }],
  classes: 3,
});
const options: TrainOptions = {
  epochs: 4,
  batch: 20,
  optimizer: { name: "adam", rate: 0.02 },
  seed: 5,
  backend: referenceBackend(),
};
/** What a training comes to, without its speed. */
const numbersOf = ({ params, selectedEpoch, history, ...trained }: Trained) => {
  const { seconds: _, examplesPerSecond: __, ...numbers } = trained.toJSON();
  const epochs = history.map(({ seconds: _, examplesPerSecond: __, ...metrics }) => metrics);
  return { ...numbers, selectedEpoch, epochs, params };
};
/** A training's numbers, and the snapshots of it. */
async function trainedWith(own: TrainOptions) {
  const snapshots: Snapshot<ClassMetric>[] = [];
  const result = await train(model, data, { ...options, ...own, onSnapshot: (snapshot) => snapshots.push(snapshot) });
  return { numbers: numbersOf(result), snapshots };
}

test("a training goes on from each of its snapshots as if it had not stopped, more than once", async () => {
  const { numbers, snapshots } = await trainedWith({});
  expect(snapshots.map(({ metrics, position }) => [metrics.length, position.step])).toEqual([
    [0, 0],
    [1, 5],
    [2, 10],
    [3, 15],
    [4, 20],
  ]);
  for (const from of snapshots.slice(0, howMany(5, 3)))
    for (let time = 0; time < 2; time++) expect((await trainedWith({ from })).numbers).toEqual(numbers);
});

test("snapshots of a training that goes on are those of one that didn't stop", async () => {
  const { snapshots } = await trainedWith({});
  const after = (await trainedWith({ from: snapshots[2]! })).snapshots;
  expect(after.map(({ state }) => state)).toEqual(snapshots.slice(3).map(({ state }) => state));
});

test("with more epochs than before it goes on where it ended", async () => {
  const short = await trainedWith({ epochs: 2 });
  expect((await trainedWith({ from: short.snapshots.at(-1)! })).numbers).toEqual((await trainedWith({})).numbers);
});

test("what can't go on is refused", async () => {
  const from = (await trainedWith({ epochs: 1 })).snapshots[1]!;
  const refusal = async (own: TrainOptions, other: Parameters<typeof train>[0] = model) => {
    const error = await train(other, data, { ...options, from, ...own }).catch((e) => e);
    expect(error).toBeInstanceOf(UserError);
    return error.message;
  };
  expect(await refusal({ batch: 10 })).toBe(
    "resume: training.batch must stay as it was in the snapshot, 20, received 10",
  );
  expect(await refusal({}, mlp({ input: [2, 2], hidden: [], classes: 3 }))).toMatch(/^resume: model\.\S+ must stay/);
  expect(await refusal({ runFolder: "somewhere" })).toBe(
    'train: from continues a training in memory: omit runFolder, received "somewhere"',
  );
  expect(await refusal({ from: {} as Snapshot<never> })).toMatch(/^train: from must be a snapshot/);
  expect(await refusal({ onSnapshot: 1 as never })).toBe("train: onSnapshot must be a function, received 1");
});
