import type { LabelledDataset } from "../../../src/data/dataset.ts";
import type { Backend } from "../../../src/index.ts";
import type { Draws } from "../draws.ts";
import { ofImages, ofNumbers } from "../networks.ts";
import type { Heaviside, Target } from "./target.ts";

/** Relative distance of losses in float32 after a few steps. */
const NEAR = 2e-3;

function data(
  { array }: Heaviside,
  draws: Draws,
  shape: readonly number[],
  classes: number,
  most: number,
): LabelledDataset {
  const features = shape.reduce((product, length) => product * length, 1);
  const split = (name: "train" | "valid" | "test", size: number) => ({
    name,
    size,
    fields: {
      x: array(
        Float32Array.from({ length: size * features }, () => draws.share()),
        { shape: [size, ...shape] },
      ),
      label: array(Int32Array.from({ length: size }, () => draws.below(classes))),
    },
  });
  const sizes = [1 + draws.below(most), 1 + draws.below(20), 1 + draws.below(20)] as const;
  return {
    name: "random",
    fields: {
      x: { shape, dtype: "float32" },
      label: { shape: [], dtype: "int32", classes: Array.from({ length: classes }, (_, i) => `${i}`) },
    },
    splitNote: "drawn",
    train: split("train", sizes[0]),
    valid: split("valid", sizes[1]),
    test: split("test", sizes[2]),
  };
}

const optimizers = [
  { name: "sgd", rate: 0.01 },
  { name: "momentum", rate: 0.01 },
  { name: "nesterov", rate: 0.01 },
  { name: "adam", rate: 0.001 },
] as const;

const bitsOf = (params: unknown): string =>
  JSON.stringify(params, (_, value) => (ArrayBuffer.isView(value) ? [...(value as Float32Array)] : value));

/**
 * Trainings of draws networks on draws data: on the native backend with one thread and with three the same to the bit, and near the
 * reference's. A bit sampled where u and p are a rounding apart may fall either way, so that being far off counts only if it happens
 * for two seeds of the noise.
 */
export const trainings: Target = async ({ heaviside }) => {
  const { backend, train } = heaviside;
  const reference = await backend("reference");
  const engines: Backend[] = [await backend("auto", { threads: 1 }), await backend("auto", { threads: 3 })];
  return async (draws) => {
    const isImages = draws.oneIn(3);
    const shape = isImages
      ? [...[1, 2].map(() => 4 + draws.below(9)), ...(draws.oneIn(2) ? [1 + draws.below(5)] : [])]
      : [1 + draws.below(60)];
    const classes = 2 + draws.below(12);
    const batch = 1 + draws.below(isImages ? 20 : 60);
    // Thousands of units that decide, and means over a batch, make of a rounding another network in twenty steps: these take four.
    const examples = data(heaviside, draws, shape, classes, isImages ? 4 * batch : 70);
    const optimizer = draws.of(optimizers);
    const seed = draws.below(1000);
    const network = isImages
      ? ofImages(heaviside, draws, shape, classes)
      : ofNumbers(heaviside, draws, shape[0]!, classes);
    const run = (on: Backend, seed: number) =>
      train(network, examples, { epochs: 1, batch, optimizer, seed, backend: on });
    const distance = async (seed: number): Promise<string | undefined> => {
      const [one, three] = [await run(engines[0]!, seed), await run(engines[1]!, seed)];
      if (bitsOf(one.params) !== bitsOf(three.params)) throw new Error("one thread and three give different weights");
      const [found, wanted] = [one.train.nll, (await run(reference, seed)).train.nll];
      return Math.abs(found - wanted) > NEAR * (1 + Math.abs(wanted))
        ? `a loss of ${found}, by the reference ${wanted}`
        : undefined;
    };
    const first = await distance(seed);
    const again = first && (await distance(seed + 1000));
    if (again) throw new Error(`${first}; ${again}`);
    return "agree";
  };
};
