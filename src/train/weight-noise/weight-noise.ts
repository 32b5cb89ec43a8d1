import { UserError } from "../../errors.ts";
import { abs, add, exp, less, mul, NdArray, sum, type Tensor, type Tree } from "../../graph/index.ts";
import type { Batch } from "../../models/head.ts";
import type { Model, Params, TrainingPass } from "../../models/model.ts";
import { type Optimizer, updateFor } from "../../optimizers/index.ts";
import { resolveSpec } from "../../options/index.ts";
import { type Key, key } from "../../random/index.ts";
import type { TrainingConfig } from "../config.ts";
import { type WeightNoiseConfig, weightNoises } from "./config.ts";
import { eachExample } from "./each-example.ts";
import { countOf, divergence, type Posterior } from "./posterior.ts";
import { eachNoisy, noisyParameters, sampled } from "./samples.ts";

/** What a training keeps for noise that is learned; empty where none is. T is NdArray outside of a graph and Tensor within. */
export type WeightNoiseState<T> = {
  /** log σ of each noisy weight, in the form of the parameters. */
  readonly logDeviation: Params<T>;
  /** What the optimizer keeps for them. */
  readonly optimizer: Tree<T>;
};

export const nothingLearned = { logDeviation: [], optimizer: [] } as const satisfies WeightNoiseState<never>;

/** What a step differentiates: the parameters, and the log deviations, which are empty where no noise is learned. */
export interface Trainable {
  readonly params: Params<Tensor>;
  readonly logDeviation: Params<Tensor>;
}

/** What is known of learned noise where a training stands. */
export interface WeightNoiseReport<T = number> {
  /** The divergence of the weights from their prior, in nats. */
  readonly kl: T;
  /** The same for each weight, in bits. */
  readonly bitsPerWeight: T;
  /** The share of weights whose mean is less than one deviation from 0. */
  readonly prunable: T;
}

/** The noise in the weights of a training's steps. Each function but `init` is called while a graph is traced. */
export interface WeightNoise {
  /** What a training begins with. */
  init(params: Params<NdArray>): WeightNoiseState<NdArray>;
  /** A pass in training at noisy weights: one for the batch, or one for each example, whose number `pass` is given. */
  train(
    at: Trainable,
    batch: Batch<Tensor>,
    step: Tensor,
    pass: (params: Params<Tensor>, batch: Batch<Tensor>, example: Tensor | undefined) => TrainingPass,
  ): TrainingPass;
  /** []: what learned noise adds to the mean loss, KL / N. */
  cost(at: Trainable): Tensor | undefined;
  /** A step of the log deviations. */
  update(state: WeightNoiseState<Tensor>, grads: Params<Tensor>, rate: Tensor): WeightNoiseState<Tensor>;
  /** Absent where nothing is learned. */
  readonly report?: (at: Trainable) => WeightNoiseReport<Tensor>;
}

/** Keeps the weights' noise apart from that of units and inputs. */
const WEIGHT_NOISE = 0x57474e;

/**
 * The weight noise of a training; undefined where its config has none. Throws UserError for noise that is learned where the number of training
 * examples isn't known.
 */
export function weightNoiseFor(
  config: TrainingConfig,
  model: Pick<Model, "layers" | "thresholds">,
  examples: number | undefined,
): WeightNoise | undefined {
  if (config.weightNoise === undefined) return undefined;
  const given = resolveSpec("weightNoise", weightNoises, config.weightNoise, { fill: true });
  if (given.name === "learned" && examples === undefined)
    throw new UserError(
      "train: weightNoise learned divides its cost by the number of training examples: give the stream a size",
    );
  return noiseOf(given, config, model, examples ?? 1);
}

function noiseOf(
  given: WeightNoiseConfig,
  { seed, optimizer, schedule, clip }: TrainingConfig,
  model: Pick<Model, "layers" | "thresholds">,
  examples: number,
): WeightNoise {
  const noisy = noisyParameters(model, given.parameters ?? "all");
  const draw = ({ params, logDeviation }: Trainable, noise: Key): Params<Tensor> =>
    sampled(params, noisy, noise, ({ row, name }) =>
      logDeviation ? exp(logDeviation[row]![name]!) : given.deviation!,
    );
  const weightsOf = ({ params, logDeviation }: Trainable): Posterior[] =>
    noisy.map(({ row, name }) => ({ mean: params[row]![name]!, logDeviation: logDeviation[row]![name]! }));
  // Groups of parameters, decay and max-norm are about weights, and a deviation is none.
  const { parameters: _, ...own } = optimizer as typeof optimizer & { readonly parameters?: unknown };
  const mover: Optimizer = updateFor({ optimizer: own, schedule, clip });
  const prior = given.name === "learned" ? (given.prior ?? ({ name: "fitted" } as const)) : undefined;
  return {
    init(params) {
      if (given.name !== "learned") return nothingLearned;
      const logDeviation = eachNoisy(params.length, noisy, ({ shape }) => {
        const array = NdArray.zeros(shape);
        array.data.fill(Math.log(given.deviation!));
        return array;
      });
      return { logDeviation, optimizer: mover.init(logDeviation) };
    },
    train(at, batch, step, pass) {
      const noise = key(seed).fold(WEIGHT_NOISE).fold(step);
      const rows = Object.values(batch)[0]!.shape[0]!;
      const found =
        given.per === "example" && rows > 1
          ? eachExample(batch, (example, i) => pass(draw(at, noise.fold(i)), example, i))
          : pass(draw(at, noise.fold(0)), batch, undefined);
      for (const { row, name } of noisy)
        if (found.moved[row]?.[name])
          throw new UserError(
            `train: weightNoise: ${name} of row ${row} moves by rule: its stage must say byRule of it`,
          );
      return found;
    },
    cost: (at) => prior && mul(divergence(weightsOf(at), prior), 1 / examples),
    update({ logDeviation, optimizer: before }, grads, rate) {
      if (given.name !== "learned") return nothingLearned;
      const factor = given.rate!;
      const next = mover.update(logDeviation, grads, before, factor === 1 ? rate : mul(rate, factor));
      return { logDeviation: next.params, optimizer: next.state };
    },
    report(at) {
      const weights = weightsOf(at);
      const kl = divergence(weights, prior!);
      const below = weights.map(({ mean, logDeviation }) => sum(less(abs(mean), exp(logDeviation))));
      const share = 1 / countOf(weights);
      return {
        kl,
        bitsPerWeight: mul(kl, share / Math.LN2),
        prunable: mul(below.reduce((x, y) => add(x, y)), share), // biome-ignore format: one line
      };
    },
  };
}
