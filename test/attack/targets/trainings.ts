import type { LabelledDataset } from "../../../src/data/dataset.ts";
import type { Backend } from "../../../src/index.ts";
import type { Draws } from "../draws.ts";
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

function model(
  { gatedMlp, mlp, estimatorNames, activationNames }: Heaviside,
  draws: Draws,
  input: number,
  classes: number,
) {
  const names = estimatorNames.filter((name) => !/categorical|^gumbel-softmax|exact|local|rodeo|vimco/.test(name));
  const hidden = Array.from({ length: draws.below(3) }, () => ({
    units: 1 + draws.below(40),
    estimator: draws.of(names),
  }));
  if (draws.oneIn(2)) return mlp({ input, hidden, classes } as never);
  const gater = draws.of([
    { name: "dense", hidden: [] },
    { name: "dense", hidden: [1 + draws.below(9)] },
    { name: "low-rank", rank: 1 },
    { name: "tree" },
  ]);
  const gated = {
    // A tree's leaves are a power of 2.
    blocks: gater.name === "tree" ? 2 ** (1 + draws.below(5)) : 2 + draws.below(40),
    width: 1 + draws.below(9),
    activation: draws.of(activationNames),
    gater,
    gate: draws.of(names),
  };
  return gatedMlp({ input, trunk: hidden.slice(0, 1), gated: [gated], classes } as never);
}

/** A network of stages for images, some of them around others. */
function ofImages(heaviside: Heaviside, draws: Draws, input: readonly number[], classes: number) {
  const { conv, gatedConv, pool, normalise, dropout, residual, globalPool, dense, network, estimatorNames } = heaviside;
  const names = estimatorNames.filter((name) => !/categorical|^gumbel-softmax|exact|local|rodeo|vimco/.test(name));
  const units = () => (draws.oneIn(3) ? {} : { estimator: draws.of(names) });
  const side = () => draws.of([1, 2, 3, 5]);
  const gated = () =>
    gatedConv({
      features: 4 * (1 + draws.below(8)),
      blocks: draws.of([1, 2, 4]),
      gate: draws.of(names),
      size: side(),
      normalise: draws.oneIn(2),
    });
  const one = () =>
    draws.of([
      () => conv({ features: 1 + draws.below(20), size: [side(), side()], stride: draws.of([1, 2]), ...units() }),
      () => conv({ features: 16, size: 3, dilation: draws.of([1, 2]), bias: false, ...units() }),
      () => gated(),
      () => pool({ size: 2, padding: "same", stride: draws.of([1, 2]), reduce: draws.of(["max", "mean"]), ...units() }),
      () => normalise({ over: draws.of(["batch", "layer"]), ...units() }),
      () => dropout({ rate: 0.3, each: draws.of(["value", "channel"]) }),
    ])();
  const gate = () => draws.of([() => ({}), () => ({ keep: 0.5 }), () => ({ gate: draws.of(names) })])();
  /** Two of which the second doesn't read what the first one closed, with or without a pooling between. */
  const twice = () => [gated(), ...(draws.oneIn(2) ? [pool({ size: 2, padding: "same" })] : []), gated()];
  const around = (within: number): ReturnType<typeof residual> =>
    residual({
      stages: Array.from({ length: 1 + draws.below(3) }, () =>
        within < 2 && draws.oneIn(5) ? around(within + 1) : one(),
      ),
      ...{ ...gate(), ...units() },
    });
  const drawn = () => (draws.oneIn(3) ? [around(0)] : draws.oneIn(3) ? twice() : [one()]);
  const stages = Array.from({ length: 1 + draws.below(3) }, drawn).flat();
  const last = draws.oneIn(3) ? [globalPool()] : [];
  return network({
    ...{ input, stages: [...stages, ...last, dense({})] },
    head: heaviside.classes(classes),
  });
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
    const network = isImages ? ofImages(heaviside, draws, shape, classes) : model(heaviside, draws, shape[0]!, classes);
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
