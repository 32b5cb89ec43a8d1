/** Mean and variance over the images that are open: those of a batch of these images alone. */
import { expect, test } from "vitest";
import {
  array,
  concat,
  constant,
  gradients,
  NdArray,
  notEqual,
  reshape,
  slice,
  square,
  sum,
  type Tensor,
  where,
} from "../../graph/index.ts";
import { inTraining } from "../stage.ts";
import { value } from "../testing.ts";
import { batchNormalised, movedMoments } from "./batch-normalisation.ts";

const given = constant(
  new NdArray(
    Float64Array.from({ length: 192 }, (_, i) => Math.sin(1.3 * i)),
    [8, 2, 3, 4],
  ),
);
const gates = (rows: readonly (readonly number[])[]): Tensor => constant(new NdArray(Float64Array.from(rows.flat()), [rows.length, rows[0]!.length])); // biome-ignore format: one line
const own = Object.fromEntries(["scale", "shift", "mean", "variance"].map((name, i) => [name, constant(array(Float64Array.of(1.5, 0.5 + i, 2, 1)))])); // biome-ignore format: one line
const epsilon = 1e-3;
const rowsOf = (of: readonly number[], x: Tensor = given): Tensor =>
  concat(
    of.map((i) => slice(x, [i], [i + 1])),
    0,
  );

test("are those of a batch of these images alone, in each of several copies, and nothing moves where none is open", () => {
  const isOpen = [1, 0, 1, 0, 0, 0.5, 1, 1];
  const normalised = batchNormalised(own, given, { ...inTraining, rows: 4, epsilon, gates: gates(isOpen.map((g) => [g])) }); // biome-ignore format: one line
  for (const open of [[0, 2], [5, 6, 7]]) // biome-ignore format: one line
    expect(value(rowsOf(open, normalised))).toEqual(
      value(batchNormalised(own, rowsOf(open), { ...inTraining, rows: open.length, epsilon })).map((v) => expect.closeTo(v, 12)), // biome-ignore format: one line
    );
  const moved = movedMoments(own, given, 0.25, gates(isOpen.map((g) => [g])));
  const alone = movedMoments(own, rowsOf([0, 2, 5, 6, 7]), 0.25);
  for (const name of ["mean", "variance"])
    expect(value(moved[name]!)).toEqual(value(alone[name]!).map((v) => expect.closeTo(v, 12)));
  const still = movedMoments(own, given, 0.25, gates(isOpen.map(() => [0])));
  for (const name of ["mean", "variance"]) expect(value(still[name]!)).toEqual(value(own[name]!));
});

test("are each channel's own where gates are", () => {
  const open = [[0, 1, 4], [2, 3], [6, 7, 1], [5]]; // biome-ignore format: one line
  const each = Array.from({ length: 8 }, (_, i) => open.map((images) => (images.includes(i) ? 0.7 : 0)));
  const normalised = batchNormalised(own, given, { ...inTraining, rows: 8, epsilon, gates: gates(each) });
  const moved = movedMoments(own, given, 0.25, gates(each));
  open.forEach((images, c) => {
    const alone = rowsOf(images);
    const ofChannel = (x: Tensor): number[] => value(x).filter((_, i) => i % 4 === c);
    expect(ofChannel(rowsOf(images, normalised))).toEqual(
      ofChannel(batchNormalised(own, alone, { ...inTraining, rows: images.length, epsilon })).map((v) => expect.closeTo(v, 12)), // biome-ignore format: one line
    );
    expect(value(moved.variance!)[c]).toBeCloseTo(value(movedMoments(own, alone, 0.25).variance!)[c]!, 12);
  });
});

test("a single value of a channel is normalised as at test, and moves nothing", () => {
  const test = { ...inTraining, training: false, rows: 1, epsilon };
  const vector = constant(new NdArray(Float64Array.of(3, -1, 0, 7), [1, 4]));
  expect(value(batchNormalised(own, vector, { ...test, ...inTraining }))).toEqual(
    value(batchNormalised(own, vector, test)),
  );
  const still = movedMoments(own, vector, 0.25);
  for (const name of ["mean", "variance"]) expect(value(still[name]!)).toEqual(value(own[name]!));
  // Channels 1 and 2 are open for one image of one place, the others for two.
  const four = constant(
    new NdArray(
      Float64Array.from({ length: 16 }, (_, i) => Math.cos(i)),
      [4, 1, 1, 4],
    ),
  );
  const open = gates([[1, 1, 0, 1], [1, 0, 0, 1], [0, 0, 1, 0], [0, 0, 0, 0]]); // biome-ignore format: rows
  const normalised = value(batchNormalised(own, four, { ...inTraining, rows: 4, epsilon, gates: open }));
  const asTested = value(batchNormalised(own, four, test));
  const moved = movedMoments(own, four, 0.25, open);
  for (const [c, isKnown] of [true, false, false, true].entries()) {
    const same = [0, 1, 2, 3].every((i) => normalised[4 * i + c] === asTested[4 * i + c]);
    expect([c, same, value(moved.variance!)[c] === value(own.variance!)[c]]).toEqual([c, !isKnown, !isKnown]);
  }
});

test("what a channel is that is open for nobody neither counts nor learns, whatever its numbers are", () => {
  const x = constant(new NdArray(Float64Array.from({ length: 24 }, (_, i) => (i % 2 === 0 ? Math.sin(i) : Number.NaN)), [3, 2, 2, 2])); // biome-ignore format: one line
  const spoilt = { scale: variable([1.5, Number.NaN]), shift: variable([0.5, Number.NaN]), mean: variable([0, 1]), variance: variable([1, 1]) }; // biome-ignore format: one line
  const open = gates([[1, 0], [1, 0], [0, 0]]); // biome-ignore format: rows
  const read = where(isOpenAt(open, x), x, 0);
  const h = batchNormalised(spoilt, read, { ...inTraining, rows: 3, epsilon, gates: open });
  const found = gradients(sum(where(isOpenAt(open, x), square(h), 0)), [spoilt.scale, spoilt.shift]).map(value);
  for (const g of found) expect([Number.isFinite(g[0]) && g[0] !== 0, g[1]]).toEqual([true, 0]);
});

const variable = (values: readonly number[]): Tensor => constant(array(Float64Array.from(values)));
const isOpenAt = (open: Tensor, x: Tensor): Tensor => notEqual(reshape(open, [x.shape[0]!, 1, 1, open.shape[1]!]), 0);
