import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { full } from "../../../test/support/full.ts";
import { referenceBackend } from "../../backends/reference/reference.ts";
import { resident } from "../../compile/resident.ts";
import { shuffled } from "../../data/batches.ts";
import { binarised, featureMeans } from "../../data/binarize.ts";
import { labelledSplit } from "../../data/testing.ts";
import { UserError } from "../../errors.ts";
import { leaves, type NdArray, type Tensor, type Tree } from "../../graph/index.ts";
import { autoencoder } from "../../models/autoencoder.ts";
import type { Params } from "../../models/model.ts";
import { checkpointIn } from "../../runs/index.ts";
import { decodeCheckpoint } from "../../train/checkpoint.ts";
import { Diverged, Interrupted } from "../../train/events.ts";
import { abortAt, toyData } from "../../train/testing.ts";
import { train } from "../../train/train.ts";
import { boundMeter } from "./evaluate.ts";
import { protocol } from "./protocol.ts";
import { type Place, type RunOptions, runAutoencoder } from "./run.ts";
import { initialState } from "./step.ts";
import { adaptation, placedAt, varianceMeter } from "./variance.ts";

const backend = referenceBackend();
const data = binarised(toyData(), 1);
const mean = featureMeans(data.train);
// Its baseline is state, which a resumed run must have too.
const model = autoencoder({ mean, network: "nonlinear", latents: 3, estimator: "score-function-minimum-variance" });
const options: RunOptions = {
  protocol: { ...protocol, batch: 20, rate: 0.02 },
  steps: 11, // five steps an epoch, the last with ten examples
  seed: 5,
  pairs: 4,
  points: 3,
  keep: true,
  identity: { test: 1 },
};

let home: string;
let folders = 0;
const newFolder = (): string => join(home, String(folders++));
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "autoencoder-"));
});
afterAll(() => rm(home, { recursive: true, force: true }));

/** All that a file of a run says, but its times. */
async function untimed(...path: string[]) {
  const times = new Set(["seconds", "stepSeconds", "examplesPerSecond"]);
  const { header, arrays } = decodeCheckpoint(await readFile(join(...path)), "x");
  return { header: JSON.parse(JSON.stringify(header, (key, v) => (times.has(key) ? undefined : v))), arrays };
}
const checkpointOf = (folder: string) => untimed(folder, "training", "checkpoint.safetensors");
const remains = async (folder: string) => [await checkpointOf(folder), await untimed(folder, "looks.safetensors")];
/** Keeps what is seen in a file, and trains in a folder beside it. */
function placeIn(folder: string, signal?: AbortSignal): Place {
  const name = join(folder, "looks.safetensors");
  return {
    looks: {
      name,
      load: () => readFile(name).catch(() => undefined),
      async save(bytes) {
        await mkdir(folder, { recursive: true });
        await writeFile(name, bytes);
      },
    },
    async train(model, data, options) {
      const runFolder = join(folder, "training");
      const resume = await checkpointIn(runFolder);
      return train(model, data, { ...options, backend, signal, runFolder, resume });
    },
  };
}
const run = (folder: string, given: Partial<RunOptions> = {}, signal?: AbortSignal) =>
  runAutoencoder(model, data, backend, placeIn(folder, signal), { ...options, ...given }, signal && { signal });
const fresh = (seed: number) => initialState(model, options.protocol, seed);

describe("runAutoencoder", () => {
  test("gives a curve, variances at even places, and the parameters there", async () => {
    const { curve, variance, kept, state } = await run(newFolder());
    expect(curve.map(({ step }) => step)).toEqual(Array.from({ length: 11 }, (_, i) => i + 1));
    expect(variance.map(({ step }) => step)).toEqual([0, 4, 7, 11]);
    for (const { variance: v, error } of variance) expect(v).toBeGreaterThan(error);
    expect(kept).toHaveLength(4);
    expect(kept[0]).toEqual(fresh(5).params);
    expect(kept[3]).toEqual(state.params);
    expect(state.step.item()).toBe(11);
  });

  test("stopped anywhere and resumed, it ends with the same bits", async () => {
    const straight = newFolder();
    const history = await run(straight);
    const expected = await remains(straight);
    for (const looks of [2, 9, 15, 22, 30]) {
      const folder = newFolder();
      let stops = 0;
      for (;;) {
        // From the third time on it may go to the end.
        const ended = await run(folder, {}, stops < 2 ? abortAt(looks) : undefined).catch((error: unknown) => error);
        if (!(ended instanceof Error)) {
          expect(ended).toEqual({ ...history, seconds: expect.any(Number) });
          break;
        }
        expect(ended).toBeInstanceOf(Interrupted);
        stops++;
      }
      expect(stops, `stopped at look ${looks}`).toBeGreaterThan(0);
      expect(await remains(folder)).toEqual(expected);
    }
  });

  // Without noise, and with rates that move nothing, a step's loss says which examples it had.
  const still = (steps: number) => {
    const exact = autoencoder({ mean, network: "linear", latents: 2, estimator: "exact" });
    const at = { ...options, steps, points: 1, protocol: { ...options.protocol, rate: 1e-30, priorRate: 1e-30 } };
    return runAutoencoder(exact, data, backend, placeIn(newFolder()), at);
  };

  test("every epoch has an order of its own", async () => {
    const { curve } = await still(15);
    const epochs = [0, 5, 10].map((from) => curve.slice(from, from + 5).map(({ running }) => running));
    expect(new Set(epochs.flat()).size).toBe(15);
  });

  test("an entry of the curve is the mean of the steps since the one before", async () => {
    const [each, pairs] = [(await still(50)).curve, (await still(100)).curve];
    expect(pairs.map(({ step }) => step)).toEqual(each.map(({ step }) => 2 * step));
    for (let i = 0; i < 25; i++)
      expect(pairs[i]!.running).toBeCloseTo((each[2 * i]!.running + each[2 * i + 1]!.running) / 2, 10);
  });

  test("the prior's logits descend plainly, at their own rate", async () => {
    const exact = autoencoder({ mean, network: "linear", latents: 1, estimator: "exact" });
    const at = { ...options, steps: 1, points: 1, protocol: { ...options.protocol, rate: 1e-30, priorRate: 0.5 } };
    const { state } = await runAutoencoder(exact, data, backend, placeIn(newFolder()), at);
    const weight = state.params[0]!.weight!;
    const used = shuffled(data.train.size, options.seed, 1).subarray(0, 20);
    const rates = Array.from(used, (example) => {
      const a = mean.reduce((sum, m, j) => sum + (data.train.fields.x.data[4 * example + j]! - m) * weight.data[j]!, 0);
      return 1 / (1 + Math.exp(-a));
    });
    const gradient = 0.5 - rates.reduce((sum, p) => sum + p, 0) / 20;
    expect(state.params.at(-1)!.prior!.item()).toBeCloseTo(-0.5 * gradient, 6);
  });

  test("goes down: the ELBO after training is above that before", async () => {
    const { state } = await run(newFolder(), { steps: 300, points: 1 });
    const elbo = boundMeter(model, backend, 1, 1);
    const of = ({ params }: { params: Params<NdArray> }) =>
      elbo(resident<Params<Tensor>>(params as never, { backend }), data.train);
    expect(await of(state)).toBeGreaterThan((await of(fresh(5))) + 0.1);
  });

  test("the folder of another run is refused, and stays as it is", async () => {
    const folder = newFolder();
    await run(folder);
    const before = await remains(folder);
    await expect(run(folder, { identity: { test: 2 } })).rejects.toThrow(UserError);
    await expect(run(folder, { identity: { test: 2 } })).rejects.toThrow(
      'must be of the same run, {"test":2,"steps":11,"pairs":4,"points":3,"keep":true}, it is of {"test":1,',
    );
    expect(await remains(folder)).toEqual(before);
  });

  test("a training that is no longer finite is Diverged, also where bits hide it, and keeps its last good checkpoint", async () => {
    await expect(run(newFolder(), { protocol: { ...options.protocol, rate: 1e30 } })).rejects.toThrow(
      /^(autoencoder: the ELBO|train: the loss) is (NaN|Infinity) (at|in epoch 1 at) step \d+(: this estimator doesn't train it$|, with a learning rate)/,
    );
    // Adam's step is as large as its rate: of the encoder alone it would leave bits that are 0, and losses that are numbers.
    const wild = { protocol: { ...options.protocol, rate: 3.4e38 } };
    const folder = newFolder();
    await expect(run(folder, wild, AbortSignal.abort())).rejects.toThrow(Interrupted);
    const good = await checkpointOf(folder);
    const error = await run(folder, wild).catch((e) => e);
    expect(error).toBeInstanceOf(Diverged);
    expect(await checkpointOf(folder)).toEqual(good);
  });
});

describe("varianceMeter", () => {
  const small = (estimator: "exact" | "score-function") =>
    autoencoder({ mean: Float32Array.of(0.5, 0.5), network: "linear", latents: 1, estimator });
  const image = [1, 0];
  const train = labelledSplit(
    "train",
    new Float32Array(200).map((_, i) => image[i % 2]!),
    new Int32Array(100),
  );

  test("is 0 for an estimator without noise, whose gradient is all signal", async () => {
    const measure = varianceMeter(small("exact"), backend, train, { batch: 5, pairs: 3, seed: 1 });
    expect(await measure(initialState(small("exact"), protocol, 2))).toMatchObject({
      step: 0,
      variance: 0,
      error: 0,
      signalToNoise: Number.POSITIVE_INFINITY,
    });
  });

  test.skipIf(!full)("is that of the estimate, computed by hand for one unit", async () => {
    const state = initialState(small("score-function"), protocol, 2);
    const [encoder, decoder] = state.params;
    const [w, v] = [encoder!.weight!.data, { weight: decoder!.weight!, bias: decoder!.bias! }] as const;
    const a = 0.5 * w[0]! - 0.5 * w[1]!;
    const p = 1 / (1 + Math.exp(-a));
    const cost = (b: number) => {
      const logits = image.map((_, j) => v.bias.data[j]! + (2 * b - 1) * v.weight.data[j]!);
      const likelihood = image.reduce((sum, bit, j) => sum - Math.log(1 + Math.exp(bit ? -logits[j]! : logits[j]!)), 0);
      return Math.log(b ? p : 1 - p) - Math.log(0.5) - likelihood;
    };
    const [off, on] = [-p * cost(0), (1 - p) * cost(1)];
    const variance = p * (1 - p) * (on - off) ** 2;
    // ∂a/∂(weights, bias) = (½, −½, 1); a mean of fifty; over three parameters.
    const expected = (variance * 1.5) / 50 / 3;
    const measure = varianceMeter(small("score-function"), backend, train, { batch: 50, pairs: 4000, seed: 1 });
    const found = await measure(state);
    // Five standard errors: a right meter fails for one seed in a million, and the seed is fixed.
    expect(Math.abs(found.variance - expected)).toBeLessThan(5 * found.error);
    expect(found.error / found.variance).toBeLessThan(0.04);
    const signal = ((p * on + (1 - p) * off) ** 2 * 1.5) / (3 * expected);
    // A pair's g·g′ deviates by √(2s + 1) from its mean s, in units of the variance: five standard errors again.
    expect(Math.abs(found.signalToNoise - signal)).toBeLessThan(5 * Math.sqrt((2 * signal + 1) / 4000));
    expect(signal).toBeGreaterThan(0.3);
  });
});

test("adaptation moves the estimator's state, and nothing else", async () => {
  const [first, other] = [fresh(1), fresh(2)];
  const at = placedAt(other.params, first, 7);
  const settled = await adaptation(model, backend, data.train, 20, 1)(at, 5);
  expect(settled.params).toEqual(other.params);
  expect(settled.step.item()).toBe(7);
  const [before, after] = [first, settled].map(({ estimators }) => leaves(estimators as never as Tree<NdArray>));
  expect(after!.map(({ path }) => path)).toEqual(before!.map(({ path }) => path));
  for (const [i, { value }] of after!.entries()) expect(value).not.toEqual(before![i]!.value);
});
