import type { EstimatorState } from "../../estimators/index.ts";
import { mean, type NdArray, type Tensor, valueAndGrad } from "../../graph/index.ts";
import type { BinaryAutoencoder } from "../../models/autoencoder.ts";
import type { Params } from "../../models/model.ts";
import { updateFor } from "../../optimizers/index.ts";
import type { Key } from "../../random/index.ts";
import type { TrainOptions } from "../../train/options.ts";
import { initialState as firstState, type TrainingState } from "../../train/step.ts";
import type { Protocol } from "./protocol.ts";

type Rates = Pick<Protocol, "batch" | "rate" | "priorRate">;

/** Adam for encoder and decoder, plain descent for the prior's log-odds, and one validation at the end. */
export const trainingOf = (
  { batch, rate, priorRate }: Rates,
  { steps, seed }: { readonly steps: number; readonly seed: number },
) =>
  ({
    ...{ batch, steps, seed, validateEvery: steps },
    optimizer: { name: "adam", rate, parameters: { prior: { name: "sgd", rate: priorRate } } },
  }) as const satisfies TrainOptions;

export const initialState = (model: BinaryAutoencoder, rates: Rates, seed: number): TrainingState<NdArray> =>
  firstState(model, updateFor(trainingOf(rates, { steps: 1, seed })), seed);

/** The mean loss of a batch, its gradient as the estimator says, and the estimators' next states. */
export function estimatedGradient(
  model: BinaryAutoencoder,
  params: Params<Tensor>,
  x: Tensor,
  noise: Key,
  states: readonly EstimatorState[],
) {
  const [[loss, next], gradient] = valueAndGrad((own: Params<Tensor>): [Tensor, readonly EstimatorState[]] => {
    const pass = model.train(own, { x }, noise, states);
    return [mean(pass.loss), pass.states];
  })(params);
  return { loss, gradient, states: next };
}

/** The encoder's part of a tree of parameters: the rows that are named so. */
export const encoderOf = <T>({ layers }: Pick<BinaryAutoencoder, "layers">, params: Params<T>): Params<T> =>
  params.filter((_, row) => layers[row]!.name.startsWith("encoder"));
