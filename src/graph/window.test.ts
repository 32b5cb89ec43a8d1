/** Taps of windows, counted in closed form, against those that a walk over all of them meets. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { checkPlaces, forEachTap, type Pair, tapsAlong, tapsIn, type Window, windowOver } from "./window.ts";

const pair = (least: number, most: number) =>
  fc.tuple(fc.integer({ min: least, max: most }), fc.integer({ min: least, max: most }));

const windows = fc
  .record({ input: pair(1, 6), size: pair(1, 5), stride: pair(1, 4), dilation: pair(1, 9), padding: pair(0, 12) })
  .map(({ input, size, ...sliding }): Window | undefined => {
    try {
      return windowOver("conv2d", input, size, sliding);
    } catch {
      return undefined;
    }
  })
  .filter((window) => window !== undefined);

/** At how many taps each place along an axis reads the image. */
const walked = ({ input, output, size, stride, dilation, before }: Window, axis: 0 | 1): number[] =>
  Array.from(
    { length: output[axis] },
    (_, place) =>
      Array.from({ length: size[axis] }, (_, tap) => place * stride[axis] + tap * dilation[axis] - before[axis]).filter(
        (at) => at >= 0 && at < input[axis],
      ).length,
  );

test("taps are counted as a walk over places and taps meets them", () => {
  let [met, missed] = [0, 0];
  fc.assert(
    fc.property(windows, (window) => {
      const along = [walked(window, 0), walked(window, 1)] as const;
      expect([tapsAlong(window, 0), tapsAlong(window, 1)]).toEqual(along);
      let pairs = 0;
      forEachTap(window, () => pairs++);
      expect(tapsIn(window)).toBe(pairs);
      const misses = along.some((taps) => taps.includes(0));
      if (misses) {
        missed++;
        expect(() => checkPlaces("conv2d", window)).toThrow("each place of the window must meet the image");
      } else {
        met++;
        checkPlaces("conv2d", window);
      }
    }),
    { numRuns: 1000 },
  );
  expect(Math.min(met, missed)).toBeGreaterThan(50);
});

/** Each place of a window and each tap that reads the image there, by looking at all. */
function visited({ input, output, size, stride, dilation, before }: Window): string[] {
  const found: string[] = [];
  for (let row = 0; row < output[0]; row++)
    for (let i = 0; i < size[0]; i++)
      for (let column = 0; column < output[1]; column++)
        for (let j = 0; j < size[1]; j++) {
          const y = row * stride[0] + i * dilation[0] - before[0];
          const x = column * stride[1] + j * dilation[1] - before[1];
          if (y >= 0 && y < input[0] && x >= 0 && x < input[1])
            found.push(`${row * output[1] + column} ${y * input[1] + x} ${i * size[1] + j}`);
        }
  return found;
}

test("the taps that read the image are visited place by place, as a look at all of them finds them", () => {
  fc.assert(
    fc.property(windows, (window) => {
      const found: string[] = [];
      forEachTap(window, (place, at, tap) => void found.push(`${place} ${at} ${tap}`));
      expect(found).toEqual(visited(window));
    }),
  );
});

test("of billions of taps, those beside the image cost nothing", () => {
  const most = 2 ** 31 - 1;
  const window = windowOver("maxPool", [6, 5], [2, most], { padding: "same" });
  const found: number[] = [];
  forEachTap(window, (_, at) => void found.push(at % 5));
  // Each place reads all five columns, those of the last row in one row and of the others in two.
  expect(found).toHaveLength((5 * 2 + 1) * 5 * 5);
  expect(found.slice(0, 5)).toEqual([0, 1, 2, 3, 4]);
});

test("many taps over few places, and few over many, are counted at once", () => {
  const over = (input: Pair, size: Pair) => tapsIn(windowOver("conv2d", input, size, { padding: "same" }));
  expect(over([5, 4], [2_000_000_001, 2_000_000_001])).toBe(25 * 16);
  expect(over([2_000_000_000, 1], [3, 1])).toBe(3 * 2_000_000_000 - 2);
});
