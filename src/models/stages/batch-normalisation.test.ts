/** Mean and variance over the images that are open: those of a batch of these images alone. */
import { expect, test } from "vitest";
import { array, concat, constant, NdArray, slice, type Tensor } from "../../graph/index.ts";
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
  const normalised = batchNormalised(own, given, { training: true, rows: 4, epsilon, gates: gates(isOpen.map((g) => [g])) }); // biome-ignore format: one line
  for (const open of [[0, 2], [5, 6, 7]]) // biome-ignore format: one line
    expect(value(rowsOf(open, normalised))).toEqual(
      value(batchNormalised(own, rowsOf(open), { training: true, rows: open.length, epsilon })).map((v) => expect.closeTo(v, 12)), // biome-ignore format: one line
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
  const normalised = batchNormalised(own, given, { training: true, rows: 8, epsilon, gates: gates(each) });
  const moved = movedMoments(own, given, 0.25, gates(each));
  open.forEach((images, c) => {
    const alone = rowsOf(images);
    const ofChannel = (x: Tensor): number[] => value(x).filter((_, i) => i % 4 === c);
    expect(ofChannel(rowsOf(images, normalised))).toEqual(
      ofChannel(batchNormalised(own, alone, { training: true, rows: images.length, epsilon })).map((v) => expect.closeTo(v, 12)), // biome-ignore format: one line
    );
    expect(value(moved.variance!)[c]).toBeCloseTo(value(movedMoments(own, alone, 0.25).variance!)[c]!, 12);
  });
});
