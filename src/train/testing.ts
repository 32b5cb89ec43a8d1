import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Dataset, LabelledDataset, LabelledSplit, Split, SplitName } from "../data/dataset.ts";
import { leaves, NdArray, type Tree } from "../graph/index.ts";
import { philoxWords } from "../random/index.ts";
import { decodeCheckpoint } from "./checkpoint.ts";
import type { Trained } from "./result.ts";

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

/** Three numbers x of [−1, 1] and two targets y = (x₀ + x₁x₂, |x₂|) with a little noise. */
export function toyTable(sizes: { train?: number; valid?: number; test?: number } = {}): Dataset<"x" | "y"> {
  const { train = 90, valid = 40, test = 40 } = sizes;
  const split = (name: SplitName, size: number, domain: number): Split<"x" | "y"> => {
    const word = philoxWords([56, 78], domain);
    const uniform = (): number => (2 * word()) / 2 ** 32 - 1;
    const x = Float32Array.from({ length: size * 3 }, uniform);
    const y = new Float32Array(2 * size);
    for (let i = 0; i < size; i++) {
      const [a, b, c] = [x[3 * i]!, x[3 * i + 1]!, x[3 * i + 2]!];
      y.set([a + b * c + 0.05 * uniform(), Math.abs(c) + 0.05 * uniform()], 2 * i);
    }
    return { name, size, fields: { x: new NdArray(x, [size, 3]), y: new NdArray(y, [size, 2]) } };
  };
  return {
    name: "table",
    fields: { x: { shape: [3], dtype: "float32" }, y: { shape: [2], dtype: "float32" } },
    splitNote: "made for tests",
    train: split("train", train, 1),
    valid: split("valid", valid, 2),
    test: split("test", test, 3),
  };
}

const times = new Set(["seconds", "stepSeconds", "examplesPerSecond", "run"]);
const untimed = (value: unknown) =>
  JSON.parse(JSON.stringify(value, (key, inner) => (times.has(key) ? undefined : inner)));
const bits = ({ data }: NdArray): string => Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("hex");

/** Everything that a run left, without its times: the result, the metrics, and every bit of the last checkpoint. */
export async function remains<M extends string>(
  runFolder: string,
  { toJSON: _, params, history, ...result }: Trained<M>,
) {
  const { header, arrays } = decodeCheckpoint(await readFile(join(runFolder, "checkpoint.safetensors")), "x");
  const lines = (await readFile(join(runFolder, "metrics.jsonl"), "utf8")).trimEnd().split("\n");
  return {
    result: untimed({ ...result, history }),
    params: leaves(params as Tree<NdArray>).map(({ path, value }) => `${path} ${bits(value)}`),
    header: untimed(header),
    arrays: [...arrays].map(([name, array]) => `${name} ${bits(array)}`),
    metrics: lines.map((line) => untimed(JSON.parse(line))),
  };
}
