import { describe, expect, test } from "vitest";
import { denseAbove, type KernelKind } from "./dense-above.ts";

describe.each<KernelKind>(["native", "wasm"])("%s kernels: dense above", (kernels) => {
  test("is a number of pairs, at most all of them, and above 0", () => {
    for (const examples of [1, 7, 32, 100, 5000])
      for (const blocks of [1, 64, 2000])
        for (const units of [1, 3, 64, 300])
          for (const depth of [1, 10, 200, 4096]) {
            const above = denseAbove(examples, blocks, [{ units, depth }], kernels);
            expect(Number.isInteger(above)).toBe(true);
            expect(above).toBeLessThanOrEqual(examples * blocks);
            if (examples * blocks > 50) expect(above).toBeGreaterThan(0);
          }
  });

  test("without products nothing speaks for all pairs", () => {
    expect(denseAbove(8, 5, [], kernels)).toBe(40);
  });

  test("wide blocks are skipped while not nearly all are open, single units only while few of them are", () => {
    const wide = denseAbove(256, 64, [{ units: 64, depth: 1024 }], kernels) / (256 * 64);
    const single = denseAbove(256, 2000, [{ units: 1, depth: 784 }], kernels) / (256 * 2000);
    expect(wide).toBeGreaterThan(0.7);
    expect(wide).toBeLessThan(1);
    expect(single).toBeGreaterThan(0.2);
    expect(single).toBeLessThan(0.6);
  });

  test("several products decide by their sizes: between the shares of each, nearer to the larger one", () => {
    const products = [
      { units: 1, depth: 784 },
      { units: 1, depth: 16 },
    ];
    const [large, small, both] = [[products[0]!], [products[1]!], products].map((list) =>
      denseAbove(256, 1000, list, kernels),
    );
    expect(both).toBeLessThanOrEqual(Math.max(large!, small!));
    expect(both).toBeGreaterThanOrEqual(Math.min(large!, small!));
    expect(Math.abs(both! - large!)).toBeLessThan(Math.abs(both! - small!));
  });

  test("sizes between the measured ones lie between their shares, and those outside are held at the ends", () => {
    const share = (units: number, depth: number, examples: number) =>
      denseAbove(examples, 1_000_000, [{ units, depth }], kernels) / (examples * 1_000_000);
    for (const [low, at, high] of [
      [share(8, 784, 256), share(11, 784, 256), share(16, 784, 256)],
      [share(8, 16, 256), share(8, 100, 256), share(8, 784, 256)],
      [share(8, 16, 32), share(8, 16, 100), share(8, 16, 256)],
    ] as const) {
      expect(at).toBeGreaterThanOrEqual(Math.min(low, high) - 1e-5);
      expect(at).toBeLessThanOrEqual(Math.max(low, high) + 1e-5);
    }
    expect(share(1000, 9000, 9000)).toBe(share(64, 784, 256));
  });
});
