import type { LabelledDataset, LabelledSplit, SplitName } from "../data/dataset.ts";
import { NdArray } from "../graph/index.ts";
import { philoxWords } from "../random/index.ts";

/** Points of [0, 1]⁴ in three classes by two of their coordinates, with a few labels changed: small, learnable, not perfectly. */
export function toyData(sizes: { train?: number; valid?: number; test?: number } = {}): LabelledDataset {
  const { train = 90, valid = 40, test = 40 } = sizes;
  const split = (name: SplitName, size: number, domain: number): LabelledSplit => {
    const word = philoxWords([12, 34], domain);
    const uniform = (): number => word() / 2 ** 32;
    const x = Float32Array.from({ length: size * 4 }, uniform);
    const label = Int32Array.from({ length: size }, (_, i) => {
      const [a, b] = [x[4 * i]!, x[4 * i + 1]!];
      return uniform() < 0.05 ? 2 : a > 0.5 ? 0 : b > 0.5 ? 1 : 2;
    });
    return { name, size, fields: { x: new NdArray(x, [size, 2, 2]), label: new NdArray(label, [size]) } };
  };
  return {
    name: "toy",
    fields: {
      x: { shape: [2, 2], dtype: "float32" },
      label: { shape: [], dtype: "int32", classes: ["right", "upper left", "lower left"] },
    },
    splitNote: "made for tests",
    train: split("train", train, 1),
    valid: split("valid", valid, 2),
    test: split("test", test, 3),
  };
}

/** A signal that is aborted from the `count`th time on that it is looked at: it stops a training at any place. */
export function abortAt(count: number): AbortSignal {
  let looks = 0;
  const signal = {
    get aborted() {
      return ++looks >= count;
    },
    throwIfAborted() {
      if (++looks >= count) throw new DOMException("stopped", "AbortError");
    },
  };
  return signal as unknown as AbortSignal;
}
