import { expect, test } from "vitest";
import { NdArray } from "../../../src/graph/ndarray.ts";
import type { Snapshot } from "../../../src/train/snapshot.ts";
import { History } from "./history.ts";

/** Snapshots of a training whose parameters take 4,000 bytes, and whose best epoch is the first. */
function training() {
  const best = { params: [{ weight: NdArray.zeros([1000]) }] };
  return (epoch: number) =>
    ({
      metrics: epoch === 0 ? [] : [{ epoch }],
      best: epoch === 0 ? undefined : best,
      state: { params: [{ weight: NdArray.zeros([1000]) }] },
    }) as unknown as Snapshot<never>;
}

test("keeps a snapshot for each epoch, and counts what they share once", () => {
  const [history, after] = [new History(24_000), training()];
  for (let epoch = 0; epoch <= 4; epoch++) history.add(after(epoch));
  expect(history.epochs).toEqual([0, 1, 2, 3, 4]);
  expect(history.at(3)?.metrics.at(-1)?.epoch).toBe(3);
  expect(history.at(7)).toBeUndefined();
});

test("keeps every second, then every fourth epoch where all take too much, and always the last", () => {
  const [history, after] = [new History(24_000), training()];
  const found = Array.from({ length: 13 }, (_, epoch) => {
    history.add(after(epoch));
    return history.epochs;
  });
  expect(found[5]).toEqual([0, 2, 4, 5]);
  expect(found[6]).toEqual([0, 2, 4, 6]);
  expect(found[10]).toEqual([0, 4, 8, 10]);
  expect(found[12]).toEqual([0, 4, 8, 12]);
});

test("keeps one snapshot where two don't fit", () => {
  const [history, after] = [new History(9_000), training()];
  for (let epoch = 0; epoch <= 3; epoch++) history.add(after(epoch));
  expect(history.epochs).toEqual([3]);
});

test("a training that goes on from an epoch takes the places of what came after it", () => {
  const [history, after] = [new History(), training()];
  for (let epoch = 0; epoch <= 4; epoch++) history.add(after(epoch));
  history.add(after(2));
  expect(history.epochs).toEqual([0, 1, 2]);
});
