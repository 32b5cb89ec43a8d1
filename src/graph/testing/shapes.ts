import fc from "fast-check";
import { type Shape, sizeOf } from "../ndarray.ts";

interface Limits {
  readonly minRank?: number;
  readonly maxRank?: number;
  readonly minLength?: number;
}

/** Lengths that break things: none, one, odd. */
const length = (min: number): fc.Arbitrary<number> =>
  fc.oneof(
    { weight: 1, arbitrary: fc.constant(Math.max(min, 0)) },
    { weight: 2, arbitrary: fc.constant(Math.max(min, 1)) },
    { weight: 6, arbitrary: fc.integer({ min: Math.max(min, 2), max: Math.max(min, 5) }) },
  );

/** Small shapes, empty and one-element ones among them. */
export const shapes = ({ minRank = 0, maxRank = 3, minLength = 0 }: Limits = {}): fc.Arbitrary<Shape> =>
  fc.array(length(minLength), { minLength: minRank, maxLength: maxRank }).filter((shape) => sizeOf(shape) <= 40);

/** `count` shapes that broadcast together: leading axes left out, and lengths replaced by 1. */
export const broadcasting = (count: number, limits: Limits = {}): fc.Arbitrary<Shape[]> =>
  shapes(limits).chain((full) =>
    fc.array(
      fc
        .tuple(fc.nat(full.length), fc.array(fc.boolean(), { minLength: full.length, maxLength: full.length }))
        .map(([drop, ones]) => full.map((n, axis) => (ones[axis] ? 1 : n)).slice(drop)),
      { minLength: count, maxLength: count },
    ),
  );

/** A shape and some of its axes, perhaps counted from the end, perhaps none or all of them. */
export const withAxes = (limits: Limits = {}): fc.Arbitrary<{ shape: Shape; axes: number[] | undefined }> =>
  shapes(limits).chain((shape) =>
    fc.record({
      shape: fc.constant(shape),
      axes: fc.option(
        fc.subarray(shape.map((_, axis) => axis)).chain((axes) =>
          fc.constantFrom(
            axes,
            axes.map((a) => a - shape.length),
          ),
        ),
        { nil: undefined },
      ),
    }),
  );

/** A shape of at least one axis, and one of its axes, counted from either end. */
export const withAxis = (limits: Limits = {}): fc.Arbitrary<{ shape: Shape; axis: number }> =>
  shapes({ minRank: 1, ...limits }).chain((shape) =>
    fc.record({ shape: fc.constant(shape), axis: fc.integer({ min: -shape.length, max: shape.length - 1 }) }),
  );
